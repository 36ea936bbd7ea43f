"""Another tool's log as rows of a table: what was logged together is a row."""

from __future__ import annotations

from collections.abc import Iterator

from seqsetvae.logs.block import Block
from seqsetvae.logs.log_discovery import ForeignLog
from seqsetvae.logs.merged_lines import LineMerger
from tui.export.log_rows import LogRows
from tui.follow.whole_log import WholeLog


class ForeignRows:
    """The rows of one log as they are now, read from the beginning as often as asked.

    Attributes:
        bad_lines, superseded: Counts of the last reading, in points.
    """

    def __init__(self, log: ForeignLog) -> None:
        self._log = WholeLog(log)
        self.bad_lines = 0
        self.superseded = 0

    def rows(self) -> Iterator[LogRows]:
        """The rows, as many at a time as a look at the log gives.

        Raises:
            InputError: the log is not there or cannot be read.
        """
        self.bad_lines = self.superseded = 0
        merger = LineMerger()
        for part in self._log.parts():
            self.bad_lines += sum(part.block.damaged.values())
            self.superseded += part.void
            yield LogRows(records=list(enumerate(merger.lines(Block(columns=part.columns)))))
        yield LogRows(records=list(enumerate(merger.rest())))
