"""A part of a log, from one byte to another, without what some resumptions superseded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.logs.block import MAX_BYTES, Block, Column, Lines, VectorColumn
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
    max_bytes: int = MAX_BYTES,
) -> Iterator[Block]:
    """The points between two bytes of a log, as the blocks of a reader of the whole log had them.

    Args:
        log: what to read.
        start: the `start` of a block, or the beginning of a line.
        end: the `read` of a block, or the end of a line.
        resumes: the resumptions that supersede points.
        names: what another tool's metrics are called; those of the reader that learnt the bytes.
        prefix: only metrics whose names begin so are asked for; see `open_log`.
        max_bytes: bytes of one block, about.

    Raises:
        InputError: it cannot be read, or holds something else by now.
    """
    reader = open_log(log, names=names, start=start, prefix=prefix, events=False)
    reached = start
    while reached < end:
        block = reader.poll(min(max_bytes, end - reached))
        if block.reset or block.missing or block.problem or block.read <= reached:
            changed = Message("{path} has changed while it was read; try again", path=log.path)
            raise InputError(without_retry(block.problem) if block.problem else changed)
        reached = block.read
        yield without_superseded(_up_to(block, end), resumes)


def _up_to(block: Block, end: int) -> Block:
    """The block without lines beyond a byte: behind a line that is too long to read, it may hold some."""
    lines = block.lines
    if lines is None or lines.starts is None or block.read <= end:
        return block
    count = int((lines.starts[:-1] < end).sum())
    kept = lines.order < count
    return replace(
        block,
        columns={name: left for name, column in block.columns.items() if len((left := _first(column, count)).values)},
        vectors={name: rows for name, column in block.vectors.items() if (rows := _first_rows(column, count)).rows},
        lines=Lines(
            count=count, trail=lines.trail.take(kept), order=lines.order[kept], starts=lines.starts[: count + 1]
        ),
        read=end,
    )


def _first(column: Column, count: int) -> Column:
    kept: Flags = column.order < count
    return Column(trail=column.trail.take(kept), values=column.values[kept], order=column.order[kept])


def _first_rows(column: VectorColumn, count: int) -> VectorColumn:
    kept: Flags = column.order < count
    return VectorColumn(trail=column.trail.take(kept), rows=column.rows[: int(kept.sum())], order=column.order[kept])
