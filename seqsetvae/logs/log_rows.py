"""A log's rows: the lines that count, or what was logged together."""

from __future__ import annotations

from collections.abc import Iterator

from seqsetvae.logs.block import BAD_EVENTS, Block
from seqsetvae.logs.log import Log
from seqsetvae.logs.merged_lines import LineMerger
from seqsetvae.logs.whole_log import WholeLog


class LogRows:
    """The rows of one log as they are now, read from the beginning as often as asked.

    Attributes:
        bad_lines, superseded: Counts of the last reading, in points for a log that has no lines.
    """

    def __init__(self, log: Log) -> None:
        self._log = WholeLog(log)
        self.bad_lines = 0
        self.superseded = 0

    def sizes(self) -> dict[str, int | None]:
        """Every metric that a row holds: how long its longest list is, or None for a number.

        Raises:
            InputError: the log cannot be read.
        """
        sizes: dict[str, int | None] = {}
        for block in self.blocks():
            for name in block.columns:
                sizes.setdefault(name, None)
            for name, column in block.vectors.items():
                longest = max(len(row) for row in column.rows)
                if name not in sizes or longest > (sizes[name] or 0):
                    sizes[name] = longest
        return sizes

    def blocks(self) -> Iterator[Block]:
        """The rows, in bounded memory: each line of a block is one.

        Raises:
            InputError: the log cannot be read.
        """
        self.bad_lines = self.superseded = 0
        merger = LineMerger()
        for block in self._log.blocks():
            self.bad_lines += sum(count for kind, count in block.damaged.items() if kind != BAD_EVENTS)
            self.superseded += block.superseded
            yield merger.feed(block)
        yield merger.rest()
