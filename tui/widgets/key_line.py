"""The bottom line: the few keys that matter where the focus is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey


@dataclass(frozen=True, kw_only=True, slots=True)
class Hint:
    """A binding by its id, and how the line says it: keys that belong together share a hint."""

    id: str
    keys: str
    label: str

    @property
    def width(self) -> int:
        """Cells that it takes: blanks around the keys and after the label."""
        return len(self.keys) + len(self.label) + 3


PALETTE = Hint(id="app.palette", keys="^p", label="Palette")
"""At the right end, always."""

_QUIT = Hint(id="app.quit", keys="q", label="Quit")
_HELP = Hint(id="app.help", keys="?", label="Help")
_FILTER = Hint(id="app.filter", keys="/", label="Filter")
_RUN = Hint(id="run.next", keys="[ ]", label="Run")
_METRIC = Hint(id="metric.next", keys="n p", label="Metric")
_ZOOM = Hint(id="chart.zoom_in", keys="+ -", label="Zoom")
_PAN = Hint(id="chart.left", keys="← →", label="Pan")
_LOG = Hint(id="chart.log", keys="l", label="Log")
_AXIS = Hint(id="chart.axis", keys="x", label="X axis")
_SMOOTH = Hint(id="chart.smooth", keys="s", label="Smooth")
_VERDICT = Hint(id="app.verdict", keys="v", label="Verdict")
_PANES = Hint(id="app.panes", keys="w", label="Panes")
_FULL = Hint(id="app.zoom_pane", keys="z", label="Full")
_OPEN = Hint(id="metrics.open", keys="Enter", label="Open")
_PATH = Hint(id="app.path", keys="d", label="Path")
_JUMP = Hint(id="events.open", keys="Enter", label="Show in chart")
_ALL = Hint(id="chart.reset", keys="0", label="All")

_REPLAY = Hint(id="replay.enter", keys="r", label="Replay")
_LIVE = Hint(id="replay.leave", keys="r", label="Live")
_PLAY = Hint(id="replay.play", keys="Space", label="Play")
_RECORD = Hint(id="replay.on", keys=", .", label="Record")
_EVENT = Hint(id="replay.next", keys="{ }", label="Verdict")
_SPEED = Hint(id="replay.faster", keys="< >", label="Speed")
_STEP = Hint(id="replay.step", keys="g", label="Step")
_ENDS = Hint(id="replay.start", keys="Home End", label="Ends")

_REST = (_LOG, _AXIS, _SMOOTH, _VERDICT, _METRIC, _PANES, _FULL, _REPLAY)

_HINTS: dict[str | None, tuple[Hint, ...]] = {
    "replay": (_PLAY, _QUIT, _HELP, _LIVE, _EVENT, _RECORD, _SPEED, _STEP, _ENDS, _RUN, _ZOOM, *_REST),
    "metrics": (_QUIT, _HELP, _FILTER, _OPEN, _RUN, _ZOOM, *_REST),
    "runs": (_QUIT, _HELP, _RUN, _FILTER, _METRIC, _ZOOM, *_REST),
    "chart": (_QUIT, _HELP, _ZOOM, _PAN, _ALL, _LOG, _AXIS, _SMOOTH, _RUN, _FILTER, *_REST),
    "events": (_QUIT, _HELP, _JUMP, _FULL, _RUN, _ZOOM, *_REST),
    "verdict": (_QUIT, _HELP, _VERDICT, _FULL, _RUN, _ZOOM, *_REST),
    "path": (_QUIT, _HELP, _PATH, _RUN, _ZOOM, *_REST),
}
_ELSEWHERE = (_QUIT, _HELP, _FILTER, _RUN, _ZOOM, *_REST)


def hints_at(focus: str | None, width: int) -> tuple[Hint, ...]:
    """What fits beside the palette into ``width`` cells while the pane of that id has the focus.

    The most important ones come first; one that is too long leaves its place to shorter ones.
    """
    room = width - PALETTE.width - 2
    out: list[Hint] = []
    for hint in dict.fromkeys(_HINTS.get(focus, _ELSEWHERE)):
        if hint.width <= room:
            out.append(hint)
            room -= hint.width
    return tuple(out)


class KeyLine(Footer):
    """Keys that can be clicked; which ones, follows the focus and the width."""

    def compose(self) -> ComposeResult:
        """The keys of this moment."""
        if not self._bindings_ready:
            return
        active = {
            active.binding.id: active.binding.key for active in self.screen.active_bindings.values() if active.enabled
        }
        focused = self.screen.focused
        place = "replay" if _PLAY.id in active else focused.id if focused is not None else None
        for hint in _known(hints_at(place, self.app.size.width), active):
            yield FooterKey(active[hint.id], hint.keys, hint.label, "").data_bind(compact=KeyLine.compact)
        palette = FooterKey("ctrl+p", PALETTE.keys, PALETTE.label, "", classes="-command-palette")
        yield palette.data_bind(compact=KeyLine.compact)

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 - textual's call
        """Another width has room for other keys."""
        self.call_after_refresh(self.recompose)


def _known(hints: Sequence[Hint], active: Iterable[str | None]) -> list[Hint]:
    return [hint for hint in hints if hint.id in set(active)]
