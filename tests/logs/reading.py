"""Reading a log to its end, and putting columns back into points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from seqsetvae.logs.block import MAX_BYTES, Block, LogReader
from seqsetvae.logs.log import Log, LogFormat
from seqsetvae.logs.metrics_lines import LineDecoder
from seqsetvae.logs.superseded import without_superseded
from seqsetvae.stream.records import EventRecord
from seqsetvae.stream.resume import Resume

_MANY = 100_000
"""Looks after which a reader that does not come to an end is given up."""


def our_log(run: Path) -> Log:
    """The log of a run of this package, whether it has been written or not."""
    return Log(format=LogFormat.JSONL, path=run, directory=run, name=run.name)


def block_of(
    data: bytes, *, offset: int = 0, resumes: Sequence[Resume] = (), decoder: LineDecoder | None = None
) -> Block:
    """What a reader of `metrics.jsonl` gives of these lines."""
    block = (decoder or LineDecoder()).decode(data, offset)
    return without_superseded(replace(block, start=offset, read=offset + len(data)), resumes)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(kw_only=True, slots=True)
class Read:
    """Everything that a reader gave."""

    points: list[tuple[str, float, int, float]] = field(default_factory=list)
    epochs: list[float] = field(default_factory=list)
    events: list[EventRecord] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    damaged: Counter[str] = field(default_factory=Counter)
    resets: int = 0
    last: Block = field(default_factory=Block)

    def values(self, name: str) -> list[float]:
        return [value for tag, _, _, value in self.points if tag == name]

    def steps(self, name: str) -> list[int]:
        return [step for tag, _, step, _ in self.points if tag == name]

    def take(self, block: Block) -> None:
        """Add a block's points in the order of the log."""
        found = sorted(
            (int(order), place, name, float(t), int(step), float(value), float(epoch))
            for place, (name, column) in enumerate(block.columns.items())
            for order, t, step, value, epoch in zip(
                column.order, column.t, column.step, column.values, column.epoch, strict=True
            )
        )
        self.points += [(name, t, step, value) for _, _, name, t, step, value, _ in found]
        self.epochs += [row[-1] for row in found]
        self.events += block.events
        self.skipped.update(block.skipped)
        self.damaged.update(block.damaged)
        self.last = block
        if block.reset:
            self.resets += 1


def read_all(reader: LogReader, into: Read | None = None, *, max_bytes: int = MAX_BYTES) -> Read:
    """Poll until there is no more."""
    out = Read() if into is None else into
    for _ in range(_MANY):
        block = reader.poll(max_bytes)
        if block.reset:
            out = Read(resets=out.resets)
        out.take(block)
        if block.at_end:
            return out
    raise AssertionError("the reader does not come to an end")


def by_name(points: Iterable[tuple[str, float, int, float]]) -> list[tuple[str, str]]:
    """Points in an order that does not depend on how they lay beside each other; NaN equals itself as text."""
    return sorted((name, repr((t, step, value))) for name, t, step, value in points)
