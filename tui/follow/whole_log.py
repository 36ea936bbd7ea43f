"""Another tool's log as it is now, read from its beginning as often as asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.logs.block import Block, Column
from seqsetvae.logs.log_discovery import ForeignLog
from seqsetvae.logs.opening import open_log
from seqsetvae.logs.read_problem import without_retry
from seqsetvae.stream.resume import Resume, resumes_of
from tui.follow.foreign_batch import counting


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What a look gave: the block, those of its columns' points that count, and how many do not."""

    block: Block
    columns: Mapping[str, Column]
    void: int


class WholeLog:
    """Reads a log twice where that is needed: what makes points void stands behind them.

    Args:
        log: where it lies.
    """

    def __init__(self, log: ForeignLog) -> None:
        self._log = log
        self._resumes: tuple[Resume, ...] | None = None

    def parts(self) -> Iterator[Part]:
        """The log's points, a bounded piece at a time.

        Raises:
            InputError: it is gone, cannot be read, or was replaced meanwhile.
        """
        if self._resumes is None:
            self._resumes = tuple(resume for block in self._blocks() for resume in resumes_of(block.events))
        for block in self._blocks():
            columns, void = counting(block.columns, self._resumes)
            yield Part(block=block, columns=columns, void=void)

    def _blocks(self) -> Iterator[Block]:
        reader = open_log(self._log)
        while True:
            block = reader.poll()
            if block.missing or block.problem:
                gone = Message("{path} is not there any more", path=self._log.path)
                raise InputError(without_retry(block.problem) if block.problem else gone)
            if block.reset:
                raise InputError("{path} was replaced while it was read; try again", path=self._log.path)
            yield block
            if block.at_end:
                return
