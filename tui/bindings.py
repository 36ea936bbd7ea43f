"""The keys that hold everywhere, and how all keys are listed; what they do is in the app."""

from __future__ import annotations

from textual.binding import Binding

from tui.panes.events_pane import EventsPane
from tui.panes.list_pane import ListPane
from tui.panes.metrics_pane import MetricsPane
from tui.panes.path_pane import PathPane
from tui.panes.verdict_pane import VerdictPane

APP_KEYS: tuple[Binding, ...] = (
    Binding("q", "quit", "Quit", tooltip="Quit the viewer; training goes on", id="app.quit"),
    Binding("question_mark", "help", "Help", key_display="?", tooltip="This help", id="app.help"),
    Binding("slash", "filter", "Filter", key_display="/", tooltip="Filter metrics by words or a glob", id="app.filter"),
    Binding(
        "escape",
        "close",
        "Back",
        show=False,
        tooltip="Close the filter, the enlarged chart, the verdict",
        id="app.back",
    ),
)
"""Keys of the app."""

RUN_KEYS: tuple[Binding, ...] = (
    Binding(
        "left_square_bracket",
        "run(-1)",
        "Run",
        key_display="[",
        show=False,
        tooltip="Previous run",
        id="run.previous",
    ),
    Binding(
        "right_square_bracket", "run(1)", "Next run", key_display="]", show=False, tooltip="Next run", id="run.next"
    ),
    Binding("n", "metric(1)", "Next", tooltip="Next metric", id="metric.next"),
    Binding("p,N", "metric(-1)", "Previous", show=False, tooltip="Previous metric", id="metric.previous"),
    *(
        Binding(f"{place}", f"nth_run({place})", f"Run {place}", show=False, tooltip=f"Run {place}", id=f"run.{place}")
        for place in range(1, 10)
    ),
)
"""Keys that turn to runs and metrics."""

CHART_KEYS: tuple[Binding, ...] = (
    Binding("l", "log", "Log", tooltip="Logarithmic or linear values", id="chart.log"),
    Binding("x", "axis", "X axis", tooltip="X axis: step, epoch, wall clock, relative time", id="chart.axis"),
    Binding("s", "smooth", "Smooth", tooltip="Smoothing: off, 0.6, 0.9, 0.97", id="chart.smooth"),
    Binding("plus,equals_sign", "zoom(0.5)", "Zoom", key_display="+", tooltip="Zoom in", id="chart.zoom_in"),
    Binding("minus", "zoom(2)", "Zoom out", key_display="-", show=False, tooltip="Zoom out", id="chart.zoom_out"),
    Binding("left", "along(-1)", "Left", show=False, tooltip="Earlier, or the crosshair there", id="chart.left"),
    Binding("right", "along(1)", "Right", show=False, tooltip="Later, or the crosshair there", id="chart.right"),
    Binding("shift+left", "along(-1, True)", "Far left", show=False, tooltip="Much earlier", id="chart.far_left"),
    Binding("shift+right", "along(1, True)", "Far right", show=False, tooltip="Much later", id="chart.far_right"),
    Binding("0", "reset", "All", show=False, tooltip="Show the whole run", id="chart.reset"),
    Binding("c", "crosshair", "Crosshair", show=False, tooltip="Values at a place; ← → move it", id="chart.crosshair"),
    Binding("o", "overlay", "Overlay", show=False, tooltip="Keep this run's curve beside others", id="chart.overlay"),
    Binding("O", "overlays_off", "No overlays", show=False, tooltip="This run's curve alone", id="chart.alone"),
)
"""Keys of the chart."""

PANE_KEYS: tuple[Binding, ...] = (
    Binding("v", "verdict", "Verdict", tooltip="Show or hide the verdict and the machine", id="app.verdict"),
    Binding("d", "path", "Path", show=False, tooltip="Rate–distortion path for the chart", id="app.path"),
    Binding("t", "what_if", "What if", show=False, tooltip="Try other thresholds on this run", id="app.what_if"),
    Binding("w", "panes", "Panes", show=False, tooltip="Show or hide panes", id="app.panes"),
    Binding("z", "zoom_pane", "Full", show=False, tooltip="Focused pane over the whole screen", id="app.zoom_pane"),
    Binding("y", "copy", "Copy", show=False, tooltip="Copy the focused pane's text", id="app.copy"),
    Binding("e", "export", "Export", show=False, tooltip="Chart to a CSV file, screen to SVG", id="app.export"),
    Binding(
        "E", "export_menu", "Export…", show=False, tooltip="Choose what to export, and as what", id="app.export_as"
    ),
    Binding("T", "theme", "Theme", show=False, tooltip="Dark or light", id="app.theme"),
)
"""Keys of the panes, and of what is on the screen as a whole."""

ALERT_KEYS: tuple[Binding, ...] = (
    Binding("a", "acknowledge", "Acknowledge", show=False, tooltip="Quieten until it gets worse", id="alert.ok"),
    Binding("m", "mute", "Mute", show=False, tooltip="No bell, notification or toast; and again", id="alert.mute"),
)
"""Keys of alerts."""


def _replay_key(key: str, action: str, label: str, tooltip: str, name: str, shown: str | None = None) -> Binding:
    """A key that holds while a moment of the past is on the screen, whatever it means to the focused pane."""
    does, name = f"replay_{action}", f"replay.{name}"
    return Binding(key, does, label, key_display=shown, show=False, priority=True, tooltip=tooltip, id=name)


REPLAY_KEYS: tuple[Binding, ...] = (
    Binding("r", "replay", "Replay", show=False, tooltip="Replay: back in the run on the screen", id="replay.enter"),
    _replay_key("r", "leave", "Live", "Back to the present", "leave"),
    _replay_key("space", "play", "Play", "Play or pause", "play", "Space"),
    _replay_key("comma", "record(-1)", "Back", "One record back", "back", ","),
    _replay_key("full_stop", "record(1)", "On", "One record on", "on", "."),
    _replay_key("left_curly_bracket", "event(-1)", "Verdict before", "The verdict before", "before", "{"),
    _replay_key("right_curly_bracket", "event(1)", "Next verdict", "The next verdict", "next", "}"),
    _replay_key("less_than_sign", "speed(-1)", "Slower", "Play slower", "slower", "<"),
    _replay_key("greater_than_sign", "speed(1)", "Faster", "Play faster", "faster", ">"),
    _replay_key("g", "step", "Step", "Go to a step", "step"),
    _replay_key("home", "start", "Start", "The first record", "start", "Home"),
    _replay_key("end", "end", "End", "The end, and from there the present", "end", "End"),
)
"""Keys of the replay; those but the first hold only in one."""

KEYS: tuple[Binding, ...] = (*APP_KEYS, *RUN_KEYS, *CHART_KEYS, *PANE_KEYS, *ALERT_KEYS, *REPLAY_KEYS)
"""Every key that holds whichever pane has the focus; each has a name for settings and a sentence for the help."""


def declared(owner: type) -> list[Binding]:
    """The bindings that a class declares itself."""
    found = owner.__dict__.get("BINDINGS", [])
    return [binding for binding in found if isinstance(binding, Binding)]


def key_groups() -> list[tuple[str, list[Binding]]]:
    """All bindings by subject, for the help; the nine keys of runs are one line."""
    by_number = Binding("1,…,9", "", tooltip="Run by its number")
    runs = [binding for binding in RUN_KEYS if not binding.action.startswith("nth_run")]
    return [
        ("Watcher", [*APP_KEYS, Binding("ctrl+p", "", tooltip="All commands by name")]),
        ("Runs and metrics", [*runs, by_number]),
        ("Chart", list(CHART_KEYS)),
        ("Panes", [Binding("tab,shift+tab", "", tooltip="Next, previous pane"), *PANE_KEYS]),
        ("Alerts", list(ALERT_KEYS)),
        ("Replay", list(REPLAY_KEYS)),
        ("In a list", declared(ListPane)),
        ("Metrics", declared(MetricsPane)),
        ("Events", declared(EventsPane)),
        ("Verdict", declared(VerdictPane)),
        ("Rate–distortion", declared(PathPane)),
    ]
