"""All keys, in the order in which help and palette list them; who owns a key carries it out."""

from __future__ import annotations

from dataclasses import replace

from textual.binding import Binding

from tui.alerts.alarm import Alarm
from tui.dialogs.export_dialog import ExportDialog
from tui.dialogs.help_dialog import Groups, HelpDialog
from tui.dialogs.panes_dialog import PanesDialog
from tui.dialogs.thresholds_dialog import WhatIfDialog
from tui.key_owner import KeyOwner
from tui.panes.chart_pane import ChartPane
from tui.panes.clipboard import Clipboard
from tui.panes.events_pane import EventsPane
from tui.panes.filter_field import FilterField
from tui.panes.list_pane import ListPane
from tui.panes.metrics_pane import MetricsPane
from tui.panes.pane_layout import PaneLayout
from tui.panes.path_pane import PathPane
from tui.panes.replay_bar import ReplayBar
from tui.panes.runs_pane import RunsPane
from tui.panes.verdict_pane import VerdictPane

OWNERS: dict[str, type[KeyOwner]] = {
    "alarm": Alarm,
    "chart": ChartPane,
    "clipboard": Clipboard,
    "export": ExportDialog,
    "filter": FilterField,
    "help": HelpDialog,
    "layout": PaneLayout,
    "metrics": MetricsPane,
    "panes": PanesDialog,
    "path": PathPane,
    "replay": ReplayBar,
    "runs": RunsPane,
    "verdict": VerdictPane,
    "what_if": WhatIfDialog,
}
"""Who owns keys that hold wherever the focus is, by name; that of a pane is its id."""

_OF_THE_APP = (
    Binding("q", "quit", "Quit", tooltip="Quit the viewer; training goes on", id="app.quit"),
    Binding("T", "theme", "Theme", show=False, tooltip="Dark or light", id="app.theme"),
)


def _owned(owner: str, binding: Binding) -> Binding:
    """A key as the app has it, which sends it to its owner."""
    return replace(binding, action=f"send({owner!r}, {binding.action!r})")


_ALL = {
    binding.id: binding
    for binding in (
        *_OF_THE_APP,
        *(_owned(name, binding) for name, owner in OWNERS.items() for binding in owner.KEYS),
    )
}

_GROUPS: dict[str, tuple[str, ...]] = {
    "Watcher": ("app.quit", "app.help", "app.filter", "app.back"),
    "Runs and metrics": (
        "run.previous",
        "run.next",
        "metric.next",
        "metric.previous",
        *(f"run.{place}" for place in range(1, 10)),
    ),
    "Chart": tuple(str(binding.id) for binding in ChartPane.KEYS),
    "Panes": (
        "app.verdict",
        "app.path",
        "app.what_if",
        "app.panes",
        "app.zoom_pane",
        "app.copy",
        "app.export",
        "app.export_as",
        "app.theme",
    ),
    "Alerts": tuple(str(binding.id) for binding in Alarm.KEYS),
    "Replay": tuple(str(binding.id) for binding in ReplayBar.KEYS),
}

KEYS: tuple[Binding, ...] = tuple(_ALL[name] for names in _GROUPS.values() for name in names)
"""Every key that holds whichever pane has the focus."""

_BESIDE: dict[str, tuple[Binding, ...]] = {
    "Watcher": (Binding("ctrl+p", "", tooltip="All commands by name"),),
    "Runs and metrics": (Binding("1,…,9", "", tooltip="Run by its number"),),
}
_NINE_RUNS = frozenset(f"run.{place}" for place in range(1, 10))


def _declared(owner: type) -> list[Binding]:
    """The bindings that a class declares itself."""
    found = owner.__dict__.get("BINDINGS", [])
    return [binding for binding in found if isinstance(binding, Binding)]


def key_groups() -> Groups:
    """All bindings by subject, for the help; the nine keys of runs are one line."""
    groups = [
        (title, [*(_ALL[name] for name in names if name not in _NINE_RUNS), *_BESIDE.get(title, ())])
        for title, names in _GROUPS.items()
    ]
    panes = next(bindings for title, bindings in groups if title == "Panes")
    panes.insert(0, Binding("tab,shift+tab", "", tooltip="Next, previous pane"))
    return [
        *groups,
        ("In a list", _declared(ListPane)),
        ("Metrics", _declared(MetricsPane)),
        ("Events", _declared(EventsPane)),
        ("Verdict", _declared(VerdictPane)),
        ("Rate–distortion", _declared(PathPane)),
    ]
