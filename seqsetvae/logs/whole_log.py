"""A log as it is now, read from its beginning as often as asked."""

from __future__ import annotations

from collections.abc import Iterator

from seqsetvae.errors import InputError
from seqsetvae.logs.block import Block, RunFacts
from seqsetvae.logs.current_reader import CurrentReader
from seqsetvae.logs.log import Log, LogFormat
from seqsetvae.logs.metric_names import Names
from seqsetvae.logs.opening import open_log
from seqsetvae.logs.read_problem import without_retry
from seqsetvae.stream.resume import Resume, resumes_of

_RESUMED = (LogFormat.JSONL, LogFormat.TENSORBOARD)
"""Formats in which a run says that it was resumed."""


class WholeLog:
    """Reads a log without the points that resumptions superseded; a log that is not there is empty.

    Args:
        log: what to read.
        names: what another tool's metrics are called.
        prefix: only metrics whose names begin so are asked for; see `open_log`.
    """

    def __init__(self, log: Log, *, names: Names | None = None, prefix: str = "") -> None:
        self._log = log
        self._names = Names() if names is None else names
        self._prefix = prefix
        self._resumes: tuple[Resume, ...] | None = None
        self._reader: CurrentReader | None = None

    @property
    def facts(self) -> RunFacts:
        """What the log has said of its run as far as it was read."""
        return RunFacts() if self._reader is None else self._reader.facts

    def blocks(self) -> Iterator[Block]:
        """The log, a bounded piece at a time, up to its present end.

        Raises:
            InputError: it cannot be read, or was replaced or resumed meanwhile.
        """
        if self._resumes is None:
            self._resumes = self._find_resumes()
        reader = self._reader = CurrentReader(self._log, names=self._names, prefix=self._prefix, resumes=self._resumes)
        while True:
            block = reader.poll()
            self._check(block)
            yield block
            if block.at_end:
                return

    def _find_resumes(self) -> tuple[Resume, ...]:
        """The resumptions that the log tells of: what they supersede stands before them in most logs."""
        found: tuple[Resume, ...] = ()
        if self._log.format not in _RESUMED:
            return found
        reader = open_log(self._log, names=self._names)
        while True:
            block = reader.poll()
            self._check(block)
            found = (*found, *resumes_of(block.events))
            if block.at_end or (self._log.format.is_ours and block.read > 0):  # of ours, all events have come
                return found

    def _check(self, block: Block) -> None:
        if block.problem:
            raise InputError(without_retry(block.problem))
        if block.reset:
            raise InputError("{path} was replaced while it was read; try again", path=self._log.path)
