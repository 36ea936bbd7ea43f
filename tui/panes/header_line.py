"""The top line: which run, is it alive, how far, how fast, and what the latest verdict is."""

from __future__ import annotations

from dataclasses import dataclass

from seqsetvae.i18n.language import tr, translated
from seqsetvae.stream.records import Level
from tui.follow.liveness import Liveness, State
from tui.panes.badges import STATE_SIGNS
from tui.panes.cell_pane import CellPane, Line, line_width
from tui.views.format import clean, duration, fit_text, number, percent, whole
from tui.views.run_state import Pace

_BAR_WIDTH = 16
_NAME_WIDTH = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class RunHeading:
    """What the header shows."""

    run: str
    liveness: Liveness
    pace: Pace
    level: Level | None


class HeaderLine(CellPane):
    """One line over the whole screen."""

    GROUND = "panel"

    def __init__(self) -> None:
        super().__init__(id="header")
        self._heading: RunHeading | None = None

    def show(self, heading: RunHeading | None) -> None:
        """Show another moment; None while there is no run."""
        if heading != self._heading or not self._strips:
            self._heading = heading
            self.redraw()

    def lines(self) -> list[Line]:
        """The header for a width; what matters less is left out first."""
        width = self.content_size.width
        line: Line = [(" SeqSetVAE ", "accent")]
        if self._heading is None:
            return [[*line, (f" {tr('no run yet')}", "soft")]]
        heading = self._heading
        badge = _badge(heading.level)
        room = width - 11 - line_width(badge)
        parts = _parts(heading, _NAME_WIDTH if width >= 110 else 18)
        kept: set[int] = set()
        for rank, part in sorted(parts, key=lambda entry: entry[0]):
            if line_width(part) + 3 <= room:
                kept.add(rank)
                room -= line_width(part) + 3
        for rank, part in parts:
            if rank in kept:
                line += [("  ", "text"), *part, (" ", "text")]
        gap = width - line_width(line) - line_width(badge)
        return [[*line, (" " * max(gap, 0), "text"), *badge]]


def _parts(heading: RunHeading, name_width: int) -> list[tuple[int, Line]]:
    """The header's parts from left to right, each with its rank: low ranks stay longest."""
    pace, state = heading.pace, heading.liveness.state
    sign, colour = STATE_SIGNS[state]
    life: Line = [(f"{sign} {translated(state.value)}", colour)]
    if state in (State.STALLED, State.QUIET):
        life.append((f" {tr('{time} silent', time=duration(heading.liveness.silence))}", colour))
    elif pace.elapsed is not None:
        life.append((f" {duration(pace.elapsed)}", "soft"))
    parts: list[tuple[int, Line]] = [(0, [(fit_text(clean(heading.run), name_width), "strong")]), (1, life)]
    if pace.step is not None:
        total = f"/{whole(pace.total)}" if pace.total else ""
        parts.append((2, [(f"{tr('step')} ", "soft"), (whole(pace.step), "strong"), (total, "soft")]))
    if pace.share is not None:
        filled = round(pace.share * _BAR_WIDTH)
        bar: Line = [("━" * filled, "line"), ("━" * (_BAR_WIDTH - filled), "axis")]
        parts.append((6, bar))
        parts.append((3, [(percent(pace.share), "text")]))
    if pace.epoch is not None:
        parts.append((7, [(f"{tr('epoch')} ", "soft"), (f"{pace.epoch:.2f}", "text")]))
    if pace.left is not None and state is State.RUNNING:
        parts.append((4, [(f"{tr('ETA')} ", "soft"), (duration(pace.left), "text")]))
    if pace.patients_per_second is not None:
        parts.append((5, [(number(pace.patients_per_second, 3), "text"), (f" {tr('patients/s')}", "soft")]))
    elif pace.steps_per_second is not None:
        parts.append((5, [(number(pace.steps_per_second, 3), "text"), (f" {tr('steps/s')}", "soft")]))
    return parts


def _badge(level: Level | None) -> Line:
    if level is None or level is Level.INFO:
        return []
    return [(f" {translated(level.value).upper()} ", f"badge-{level.value}")]
