"""The verdict: how bad, why, what to do next, since when, and what was done."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType

from seqsetvae.i18n.language import tr, translated
from seqsetvae.i18n.wrapping import wrapped
from seqsetvae.stream.records import Level
from tui.panes.badges import LEVEL_COLOURS
from tui.panes.cell_pane import CellPane, Line
from tui.panes.pane_layout import PaneLayout
from tui.views.format import duration, whole
from tui.views.verdict_view import VerdictView

_INDENT = 2
"""Cells that entries stand behind their heading."""


class VerdictPane(CellPane, can_focus=True):
    """The verdict in words; scrolls where it has more lines than room."""

    BORDER_TITLE = "Verdict"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_lines(-1)", "Up", show=False, tooltip="One line up", id="verdict.up"),
        Binding("down,j", "scroll_lines(1)", "Down", show=False, tooltip="One line down", id="verdict.down"),
    ]

    KEYS: ClassVar[tuple[Binding, ...]] = (
        Binding("v", "verdict", "Verdict", tooltip="Show or hide the verdict and the machine", id="app.verdict"),
    )

    def __init__(self, layout: PaneLayout) -> None:
        super().__init__(id="verdict")
        self._panes = layout
        self._view = VerdictView()
        self._top = 0

    def show(self, view: VerdictView) -> None:
        """Show another moment; another verdict is read from its beginning."""
        if view == self._view and self._strips:
            return
        if (view.level, view.condition, view.since) != (self._view.level, self._view.condition, self._view.since):
            self._top = 0
        self._view = view
        for level in (Level.YELLOW, Level.ORANGE, Level.RED):
            self.set_class(view.level is level, f"-{level.value}")
        self.redraw()

    def lines(self) -> list[Line]:
        """The lines in sight; the blank ones go first where room is short."""
        width, height = self.content_size
        everything = verdict_lines(self._view, width)
        if len(everything) > height:
            everything = [line for line in everything if line]
        self._top = max(0, min(self._top, len(everything) - height))
        below = len(everything) - height - self._top
        above = tr("{count} above ↑", count=self._top) if self._top else ""
        subtitle = tr("{count} more ↓", count=below) if below > 0 else above
        self.write_border(subtitle=subtitle)
        return everything[self._top : self._top + height]

    def action_verdict(self) -> None:
        """Show or hide the verdict."""
        self._panes.toggle_verdict()

    def action_scroll_lines(self, by: int) -> None:
        """Move the text by lines."""
        self._top += by
        self.redraw()

    def on_mouse_scroll_down(self) -> None:
        """Move on with the wheel."""
        self.action_scroll_lines(1)

    def on_mouse_scroll_up(self) -> None:
        """Move back with the wheel."""
        self.action_scroll_lines(-1)


def verdict_lines(view: VerdictView, width: int) -> list[Line]:
    """All lines of a verdict for a width in cells; an empty line stands between its parts."""
    if view.level is None:
        return [*_without_verdict(view, width), *_what_if(view, width)]
    lines = [*_headline(view, view.level, width), *([(line, "soft")] for line in _lasting(view, width))]
    lines += _what_if(view, width)
    kept = [(tr("{file} is kept", file=view.healthy), "good")] if view.healthy else []
    for heading, entries in (
        (tr("why"), [(reason, "text") for reason in view.reasons]),
        (tr("next"), [*((advice, "strong") for advice in view.advice), *kept]),
        (tr("done"), [(action, "text") for action in view.done]),
    ):
        if entries:
            lines += [[], [(heading, "soft")]]
            for entry, colour in entries:
                lines += _entry(entry, colour, width)
    return lines


def _what_if(view: VerdictView, width: int) -> list[Line]:
    """What other thresholds would have said, and when."""
    found = view.what_if
    if found is None:
        return []
    lines: list[Line] = [[], *_paragraph(tr("what if {settings}", settings=found.settings), "soft", width)]
    if found.level is not None:
        badge = f" {translated(found.level.value).upper()} "
        lines.append([(badge, f"badge-{found.level.value}"), (f" {tr('by these')}", "soft")])
    for sentence in (*((found.state,) if found.state else ()), *found.sentences):
        lines += _entry(sentence, "text", width)
    return lines


def _headline(view: VerdictView, level: Level, width: int) -> list[Line]:
    badge = f" {translated(level.value).upper()} "
    first, *rest = wrapped(view.condition, width - cell_len(badge) - 1)
    lines: list[Line] = [[(badge, f"badge-{level.value}"), (f" {first}", LEVEL_COLOURS[level])]]
    blank = " " * (cell_len(badge) + 1)
    return [*lines, *([(f"{blank}{line}", LEVEL_COLOURS[level])] for line in rest)]


def _lasting(view: VerdictView, width: int) -> list[str]:
    """How long the verdict has stood, in words: on one line, or on two where one is too short."""
    parts = [tr("since step {step}", step=whole(view.since))]
    if view.checks is not None:
        count = tr("1 check") if view.checks == 1 else tr("{count:,} checks", count=view.checks)
        parts.append(count if view.checks_exact else tr("about {count}", count=count))
    if view.seconds is not None:
        parts.append(duration(view.seconds))
    whole_line = " · ".join(parts)
    return [whole_line] if cell_len(whole_line) <= width else [parts[0], " · ".join(parts[1:])]


def _without_verdict(view: VerdictView, width: int) -> list[Line]:
    if view.measured:
        lines = _paragraph(tr("No verdict was written to this log."), "text", width)
        why = tr("It has metrics of the posterior, but no detector judged them. The chart draws the usual limits.")
        lines += [[], *_paragraph(why, "soft", width)]
    else:
        lines = _paragraph(tr("No verdict yet: the posterior has not been measured."), "soft", width)
    if view.healthy:
        lines += [[], [(tr("from before a collapse"), "soft")], *_entry(view.healthy, "good", width)]
    return lines


def _paragraph(text: str, colour: str, width: int) -> list[Line]:
    return [[(line, colour)] for line in wrapped(text, width)]


def _entry(entry: str, colour: str, width: int) -> list[Line]:
    """An entry behind a dot, its further lines below its first."""
    return [
        [("· " if place == 0 else " " * _INDENT, "faint"), (line, colour)]
        for place, line in enumerate(wrapped(entry, width - _INDENT))
    ]
