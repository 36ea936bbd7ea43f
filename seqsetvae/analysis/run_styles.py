"""How figures look: the paper, and a colour, a dash and a marker for each run, which are told apart in grey too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from seqsetvae.analysis.run_curves import RunCurves

#: Runs that have a look of their own; more would be told apart by nobody.
LOOKS = 12
#: More runs than these crowd a panel: ranges behind their curves would hide each other.
CROWD = 2

#: Background, words, lesser words, lines of the grid, and thresholds with marks of what is no number.
PAPER, INK, MUTED, GRID, LIMIT = "#ffffff", "#222222", "#5a5a5a", "#e2e2e2", "#1a1a1a"
#: The parts of the objective, the first at the bottom; they differ in lightness.
PART_COLOURS = ("#12355b", "#5f9ea0", "#d9c58b")

DashStyle = Literal["solid"] | tuple[float, tuple[float, ...]]

#: Neighbours differ in hue and in lightness.
_COLOURS = ("#0b5fa5", "#c44e00", "#1b7f4d", "#9b2d86", "#6b5200", "#3c3c3c")
_DASHES: tuple[DashStyle, ...] = ("solid", (0, (6.0, 2.0)), (0, (1.5, 1.5)), (0, (7.0, 1.5, 1.5, 1.5)))
#: A marker as matplotlib names it, and as a page writes it.
_MARKERS = (
    ("o", "●"), ("s", "■"), ("^", "▲"), ("D", "◆"), ("v", "▼"), ("P", "✚"), ("X", "✖"), ("*", "★"), ("<", "◀"),
    (">", "▶"), ("p", "⬟"), ("h", "⬢"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one run is drawn.

    Attributes:
        colour: On light paper.
        dash: As matplotlib takes it.
        marker: As matplotlib takes it.
        sign: The marker as a character.
        place: Which look it is, from 0; marks of neighbours are shifted by it.
    """

    colour: str
    dash: DashStyle
    marker: str
    sign: str
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A run and its look; None for one of the many behind the others."""

    run: RunCurves
    look: Look | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What all panels of a report share.

    Attributes:
        runs: In the order of the report.
        smooth: Weight of the past in the smoothing of training curves, 0 to below 1.
    """

    runs: tuple[Drawn, ...]
    smooth: float = 0.0

    @property
    def single(self) -> bool:
        """Whether there is nothing to compare."""
        return len(self.runs) == 1

    @property
    def crowded(self) -> bool:
        """Whether curves are drawn more coarsely, and without the range of their values."""
        return len(self.runs) > CROWD

    @property
    def shown(self) -> tuple[Drawn, ...]:
        """The runs with a look of their own."""
        return tuple(drawn for drawn in self.runs if drawn.look is not None)


def drawn_runs(runs: Sequence[RunCurves]) -> tuple[Drawn, ...]:
    """Give runs their looks, in order; when they are too many, the best by validation AUROC have one."""
    places = range(len(runs))
    # Sorting is stable: without an AUROC, it is the first runs.
    chosen = places if len(runs) <= LOOKS else sorted(places, key=lambda i: -_auroc(runs[i]))[:LOOKS]
    looks = dict(zip(sorted(chosen), map(look, range(LOOKS)), strict=False))
    return tuple(Drawn(run=run, look=looks.get(i)) for i, run in enumerate(runs))


def look(place: int) -> Look:
    """Return the look of a place among `LOOKS`."""
    marker, sign = _MARKERS[place]
    return Look(
        colour=_COLOURS[place % len(_COLOURS)],
        dash=_DASHES[place % len(_DASHES)],
        marker=marker,
        sign=sign,
        place=place,
    )


def _auroc(run: RunCurves) -> float:
    curve = run.curves.get("val/auroc")
    return 0.0 if curve is None or curve.highest is None else curve.highest.value
