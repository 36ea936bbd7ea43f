"""A run in one line: its state, how far it came, how well it predicts, and how its posterior fared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seqsetvae.analysis.run_curves import RunCurves
from seqsetvae.logs.series_view import Point
from seqsetvae.stream.process import process_alive
from seqsetvae.stream.records import Level, Manifest, RunState

ALARMS = (Level.YELLOW, Level.ORANGE, Level.RED)
UNKNOWN = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What the table says of a run.

    Attributes:
        name: The run's.
        state: What it said of itself, or `interrupted` where its process is gone.
        step, total_steps: How far it came, and how far it meant to go; None where unknown.
        auroc, auprc: The best validation scores and their steps.
        level: The level at the last check; None without checks.
        condition: Its name.
        first: For each of `ALARMS`, the step of the first check at that level or above, or None.
    """

    name: str
    state: str
    step: int | None
    total_steps: int | None
    auroc: Point | None
    auprc: Point | None
    level: Level | None
    condition: str
    first: tuple[int | None, ...]

    def cells(self) -> tuple[str, ...]:
        """Return the columns of `HEADINGS` in words."""
        steps = _count(self.step) + (f" of {self.total_steps:,}" if self.total_steps else "")
        judged = UNKNOWN if self.level is None else f"{self.level}, {self.condition}"
        return (self.name, self.state, steps, _score(self.auroc), _score(self.auprc), judged, *map(_count, self.first))


HEADINGS = ("run", "state", "steps", "best AUROC", "best AUPRC", "verdict", *(f"first {level}" for level in ALARMS))


def summary_of(run: RunCurves, *, alive: Callable[[Manifest], bool | None] = process_alive) -> RunSummary:
    """Return a run's summary.

    Args:
        run: The run.
        alive: Returns whether a manifest's process runs; None where that cannot be known.
    """
    manifest, history = run.facts.manifest, run.history
    auroc, auprc = run.curves.get("val/auroc"), run.curves.get("val/auprc")
    return RunSummary(
        name=run.name,
        state=_state(manifest, alive),
        step=run.last_step,
        total_steps=run.facts.total_steps,
        auroc=None if auroc is None else auroc.highest,
        auprc=None if auprc is None else auprc.highest,
        level=None if history.latest is None else history.latest.level,
        condition="" if history.latest is None else str(history.latest.condition),
        first=tuple(history.first_at_least(level) for level in ALARMS),
    )


def text_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of equally many cells as aligned lines."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _state(manifest: Manifest | None, alive: Callable[[Manifest], bool | None]) -> str:
    if manifest is None:
        return UNKNOWN
    gone = manifest.state is RunState.RUNNING and alive(manifest) is False
    return str(RunState.INTERRUPTED if gone else manifest.state)


def _count(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def _score(best: Point | None) -> str:
    return UNKNOWN if best is None else f"{best.value:.3f} at {best.step:,}"
