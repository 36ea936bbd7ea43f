"""Following the system streams of one run: the last readings of every rank, however long the files are."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from seqsetvae.logs.tailer import Chunk, Tailer
from seqsetvae.stream.codec import BadLine, decode_system
from seqsetvae.stream.records import SystemRecord
from seqsetvae.stream.run_directory import rank_of
from tui.store.machine import gauge_values, machine_of
from tui.store.run_data import RunData

LOOK_SECONDS = 1.0
"""Time between polls: a rank writes every ten seconds."""

READINGS = 60
"""Readings kept of a rank, ten minutes at the usual cadence; more have no room in the panel."""

MAX_RANKS = 64
"""Ranks that are followed, the lowest first; a file each is opened at every poll."""

_TAIL = 32 * 1024
"""Bytes read of a file at first: some hundred lines; a later reading that finds more than twice as much starts over."""

_MAX_LINE = 256 * 1024
"""Longest line in bytes; a machine of sixteen GPUs needs 2 KB."""


@dataclass(kw_only=True, slots=True)
class _Rank:
    tailer: Tailer
    records: deque[SystemRecord] = field(default_factory=lambda: deque(maxlen=READINGS))


class MachineFollower:
    """Keeps what a run's ranks say of their machines up to date.

    Args:
        path: the run's directory; ranks are found there as they appear.
        data: where the readings go.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, path: Path, data: RunData, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._data = data
        self._clock = clock
        self._ranks: dict[int, _Rank] = {}
        self._next_look = -float("inf")

    def poll(self) -> int:
        """Read on when it is time; returns the number of bad lines found."""
        now = self._clock()
        if now < self._next_look:
            return 0
        self._next_look = now + LOOK_SECONDS
        self._find_ranks()
        chunks = [(rank, self._look(rank)) for rank in self._ranks.values()]
        bad = sum(_take_in(rank, chunk) for rank, chunk in chunks)
        if any(chunk.data or chunk.reset for _, chunk in chunks):
            self._data.set_machine(machine_of({number: rank.records for number, rank in self._ranks.items()}))
        return bad

    def _find_ranks(self) -> None:
        try:
            names = [entry.name for entry in self._path.iterdir()]
        except OSError:  # gone or out of reach; the metrics' tailer tells which
            return
        found = sorted((rank, name) for name in names if (rank := rank_of(name)) is not None)
        for rank, name in found[:MAX_RANKS]:
            if rank not in self._ranks:
                self._ranks[rank] = _Rank(tailer=self._tailer(self._path / name))

    def _look(self, rank: _Rank) -> Chunk:
        chunk = rank.tailer.poll(2 * _TAIL)
        if chunk.at_end:
            return chunk
        # Far behind, after a very long line or a night's sleep: only the last readings have room in the panel.
        rank.records.clear()
        rank.tailer = self._tailer(rank.tailer.path)
        return rank.tailer.poll(2 * _TAIL)

    def _tailer(self, path: Path) -> Tailer:
        return Tailer(path, start=-_TAIL, max_line=_MAX_LINE, clock=self._clock)


def _take_in(rank: _Rank, chunk: Chunk) -> int:
    """Keep a chunk's readings; returns the number of bad lines."""
    if chunk.reset:
        rank.records.clear()
    bad = chunk.long_lines
    for line in chunk.lines:
        try:
            record = decode_system(line)
        except BadLine:
            bad += 1
            continue
        rank.records.append(replace(record, values=gauge_values(record.values), ignored=()))
    return bad
