"""A part of a log, from one byte to another, without what some resumptions superseded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.logs.block import MAX_BYTES, Block, Column, VectorColumn
from seqsetvae.logs.log import Log
from seqsetvae.logs.metric_names import Names
from seqsetvae.logs.opening import open_log
from seqsetvae.logs.read_problem import without_retry
from seqsetvae.logs.superseded import without_superseded
from seqsetvae.logs.trail import Flags
from seqsetvae.stream.resume import Resume


def read_range(
    log: Log,
    start: int,
    end: int,
    *,
    resumes: Sequence[Resume] = (),
    names: Names | None = None,
    prefix: str = "",
    points: bool = True,
    epoch: tuple[float, float] | None = None,
    max_bytes: int = MAX_BYTES,
) -> Iterator[Block]:
    """The points between two bytes of a log, as the blocks of a reader of the whole log had them.

    Args:
        log: what to read.
        start: where a block begins, or something that `order` counts ends.
        end: where a block, or something that `order` counts, ends.
        resumes: the resumptions that supersede points.
        names: what another tool's metrics are called; those of the reader that learnt the bytes.
        prefix: only metrics whose names begin so are asked for; see `open_log`.
        points: False leaves out what is not needed to know where records lie; see `open_log`.
        epoch: the newest step before `start` whose epoch is known, and that epoch.
        max_bytes: bytes of one block, about.

    Raises:
        InputError: it cannot be read, or holds something else by now.
    """
    reader = open_log(log, names=names, start=start, prefix=prefix, events=False, points=points, epoch=epoch)
    reached, stands = start, False
    while reached < end:
        # Behind a poll that gave nothing is a record longer than what was asked for, or damage that reaches to the end.
        block = reader.poll(max_bytes if stands else min(max_bytes, end - reached))
        stood, stands = stands, block.read <= reached
        if block.reset or block.missing or block.problem or (stands and (stood or block.at_end)):
            changed = Message("{path} has changed while it was read; try again", path=log.path)
            raise InputError(without_retry(block.problem) if block.problem else changed)
        reached = max(reached, block.read)
        yield without_superseded(_within(block, start, end), resumes)


def _within(block: Block, start: int, end: int) -> Block:
    """The block without what ends elsewhere: some readers can begin or end at certain bytes only."""
    if block.ends is None:
        return block
    inside: Flags = (block.ends > start) & (block.ends <= end)
    if inside.all():
        return block
    columns = {name: _kept(column, inside) for name, column in block.columns.items()}
    vectors = {name: _kept_rows(column, inside) for name, column in block.vectors.items()}
    lines = block.lines
    if lines is not None:
        good = inside[lines.order]
        lines = replace(lines, count=int(inside.sum()), trail=lines.trail.take(good), order=lines.order[good])
    return replace(
        block,
        columns={name: column for name, column in columns.items() if len(column.values)},
        vectors={name: column for name, column in vectors.items() if column.rows},
        lines=lines,
        start=max(block.start, start),
        read=min(block.read, end),
    )


def _kept(column: Column, inside: Flags) -> Column:
    kept = inside[column.order]
    return Column(trail=column.trail.take(kept), values=column.values[kept], order=column.order[kept])


def _kept_rows(column: VectorColumn, inside: Flags) -> VectorColumn:
    kept = inside[column.order]
    rows = tuple(row for row, stays in zip(column.rows, kept.tolist(), strict=True) if stays)
    return VectorColumn(trail=column.trail.take(kept), rows=rows, order=column.order[kept])
