"""How far a run has been read, and how well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from seqsetvae.logs.block import Block


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What the data line says of the reading of one run.

    Attributes:
        tool: whose log it is; None for one of this package.
        lines: lines that were read, or points of another tool's log.
        bad_lines: those of any kind that were not understood.
        damaged: the same of another tool's log, by kind.
        skipped: what in another tool's log is no curve, by kind.
        ignored_values: non-numeric values.
        superseded: lines or points that resumptions superseded.
        dropped_metrics: metrics for which there is no room.
        resets: how often the log was replaced.
        pending: bytes at its end that are not yet a whole record.
        missing: there is no such log.
        progress: share of the log that has been read, 0 to 1.
        problem: what stands in the way of reading, or None.
    """

    tool: str | None = None
    lines: int = 0
    bad_lines: int = 0
    damaged: tuple[tuple[str, int], ...] = ()
    skipped: tuple[tuple[str, int], ...] = ()
    ignored_values: int = 0
    superseded: int = 0
    dropped_metrics: int = 0
    resets: int = 0
    pending: int = 0
    missing: bool = False
    progress: float = 1.0
    problem: str | None = None

    def with_block(self, block: Block) -> Facts:
        """The facts after one more block."""
        lines = block.lines.count if block.lines is not None else block.points + block.superseded
        return replace(
            self,
            lines=self.lines + lines,
            bad_lines=self.bad_lines + sum(block.damaged.values()),
            damaged=_counted(self.damaged, {} if block.lines is not None else block.damaged),
            skipped=_counted(self.skipped, block.skipped),
            ignored_values=self.ignored_values + block.ignored,
            superseded=self.superseded + block.superseded,
        )


def _counted(before: tuple[tuple[str, int], ...], more: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((Counter(dict(before)) + Counter(more)).items())) if more else before


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """The newest record of a run, and how it writes: typical and longest gap between records, in seconds."""

    t: float | None = None
    step: int | None = None
    epoch: float | None = None
    typical_gap: float | None = None
    longest_gap: float | None = None
    first_t: float | None = None
