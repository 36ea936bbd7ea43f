"""A colour, a dash and a marker for each run, distinct in grey too; and what all panels of a report share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from seqsetvae.analysis.run_curves import RunCurves

#: Runs with a style of their own; nobody could tell more apart.
STYLES = 12
#: More runs than these crowd a panel: ranges behind their curves would hide each other.
CROWD = 2

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
class RunStyle:
    """How one run is drawn.

    Attributes:
        colour: On light paper.
        dash: As matplotlib writes it.
        marker: As matplotlib writes it.
        sign: The marker as a character.
        place: Which style it is, from 0; marks of neighbours are shifted by it.
    """

    colour: str
    dash: DashStyle
    marker: str
    sign: str
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StyledRun:
    """A run and its style; None for one of the many behind the others."""

    run: RunCurves
    style: RunStyle | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What all panels of a report share.

    Attributes:
        runs: In the order of the report.
        smooth: Weight of the past in the smoothing of training curves, 0 to below 1.
    """

    runs: tuple[StyledRun, ...]
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
    def shown(self) -> tuple[StyledRun, ...]:
        """The runs with a style of their own."""
        return tuple(styled for styled in self.runs if styled.style is not None)

    @property
    def back_to_front(self) -> list[StyledRun]:
        """The runs in the order in which they are drawn: those without a style first."""
        return sorted(self.runs, key=lambda styled: styled.style is not None)


def comparison_of(runs: Sequence[RunCurves], *, smooth: float = 0.0) -> Comparison:
    """Give runs their styles, in order; when they are too many, the best by validation AUROC have one."""
    places = range(len(runs))
    # Sorting is stable: without an AUROC, it is the first runs.
    chosen = places if len(runs) <= STYLES else sorted(places, key=lambda i: -_auroc(runs[i]))[:STYLES]
    styles = {place: run_style(number) for number, place in enumerate(sorted(chosen))}
    return Comparison(runs=tuple(StyledRun(run=run, style=styles.get(i)) for i, run in enumerate(runs)), smooth=smooth)


def run_style(place: int) -> RunStyle:
    """Return the style of a place among `STYLES`."""
    marker, sign = _MARKERS[place]
    return RunStyle(
        colour=_COLOURS[place % len(_COLOURS)],
        dash=_DASHES[place % len(_DASHES)],
        marker=marker,
        sign=sign,
        place=place,
    )


def _auroc(run: RunCurves) -> float:
    curve = run.curves.get("val/auroc")
    return 0.0 if curve is None or curve.highest is None else curve.highest.value
