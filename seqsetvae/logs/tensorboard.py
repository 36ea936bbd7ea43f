"""The event files of one TensorBoard run, as one log: files in the order of their names' time stamps.

Every file is followed as long as the log is; new files join. A session that starts at a step (`SummaryWriter` with
`purge_step`, `tf.summary` after a restart) supersedes what was written before from that step on, as in TensorBoard:
that is an event of kind `resumed` here.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from seqsetvae.logs.block import MAX_BYTES, Block, RunFacts
from seqsetvae.logs.discovery import is_event_file
from seqsetvae.logs.growing_file import GrowingFile, Piece
from seqsetvae.logs.record_file import FOOTER, HEADER, frames_of
from seqsetvae.logs.tensorboard_columns import Decoded, EventDecoder
from seqsetvae.stream.records import EventRecord, Level
from seqsetvae.stream.resume import RESUMED

GAPS = "runs of broken bytes"
TOO_LONG = "records too long for numbers"

MAX_RECORD = 8 << 20
"""Longest record that is decoded. A number takes 50 bytes; a longer record than this holds videos or meshes."""

_LIST_INTERVAL = 1.0
"""Seconds between searches for new files, and for growth of any but the newest."""

_STAMP = re.compile(r"tfevents\.(\d+)")


def event_files(directory: Path) -> list[Path]:
    """The event files directly in a directory, the oldest first; none when it cannot be read."""
    try:
        names = [entry.name for entry in os.scandir(directory) if is_event_file(entry.name)]
    except OSError:
        return []
    return [directory / name for name in sorted(names, key=_age)]


def _age(name: str) -> tuple[int, str]:
    stamp = _STAMP.search(name)
    return (int(stamp[1]) if stamp else 0, name)


@dataclass(kw_only=True, slots=True)
class _Member:
    """One file of the log."""

    file: GrowingFile
    aligned: bool
    size: int = 0
    long: int = 0
    pending: int = 0

    @property
    def is_read(self) -> bool:
        return self.size == self.file.offset + self.pending


class TensorBoardReader:
    """Follows a run's event files.

    Args:
        path: the directory that holds them, or one event file.
        start: byte to begin at, the end of a record, counted over all files, the oldest first; negative counts from
            the end of the newest, and older files are passed over.
        clock: a monotonic clock, in seconds.
    """

    facts = RunFacts()

    def __init__(self, path: Path, *, start: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._start = start
        self._clock = clock
        self._listed: float | None = None
        self._members: dict[Path, _Member] = {}
        self._passed_over: frozenset[Path] = frozenset()
        self._decoder = EventDecoder()

    def poll(self, max_bytes: int = MAX_BYTES) -> Block:
        """Read on; see `LogReader`."""
        self._list()
        if not self._members:
            return Block(missing=True)
        problem: str | None = None
        for member in self._to_read():
            piece = member.file.read(max(max_bytes, min(member.long, MAX_RECORD)))
            if piece.reset:
                return self._anew(max_bytes)
            problem = problem or piece.problem
            if piece.problem or piece.missing:
                continue
            block = self._decode(member, piece)
            if block.columns or block.events or block.damaged or block.skipped or not member.is_read:
                return self._measured(replace(block, at_end=False))
        return self._measured(Block(problem=problem))

    def _list(self) -> None:
        now = self._clock()
        if self._listed is not None and now - self._listed < _LIST_INTERVAL:
            return
        first, self._listed = self._listed is None, now
        paths = event_files(self._path) if self._path.is_dir() else [self._path] if self._path.exists() else []
        starts = self._first_starts(paths) if first else {}
        for path in paths:
            if path not in self._members and path not in self._passed_over:
                start = starts.get(path, 0)
                file = GrowingFile(path, start=start, clock=self._clock)
                self._members[path] = _Member(file=file, aligned=start >= 0)
        for path, member in self._members.items():
            try:
                member.size = path.stat().st_size
            except OSError:  # gone or out of reach; what was read of it still counts
                member.size = member.file.offset + member.pending

    def _first_starts(self, paths: list[Path]) -> dict[Path, int]:
        """Where reading begins in each file."""
        if self._start < 0:
            self._passed_over = frozenset(paths[:-1])
            return dict.fromkeys(paths[-1:], self._start)
        starts: dict[Path, int] = {}
        left = self._start
        for path in paths if left else ():
            starts[path] = min(left, path.stat().st_size) if path.exists() else 0
            left -= starts[path]
        return starts

    def _to_read(self) -> Iterator[_Member]:
        """Members that have more, and the newest one, whose growth is not waited for."""
        ordered = sorted(self._members.items(), key=lambda item: _age(item[0].name))
        for place, (_, member) in enumerate(ordered):
            if place == len(ordered) - 1 or not member.is_read:
                yield member

    def _anew(self, max_bytes: int) -> Block:
        """A file was replaced or cut: the whole run is read once more."""
        self._members.clear()
        self._listed, self._start, self._passed_over = None, 0, frozenset()
        return replace(self.poll(max_bytes), reset=True)

    def _decode(self, member: _Member, piece: Piece) -> Block:
        member.size = piece.size
        before = sum(member.file.offset for member in self._members.values())
        frames = frames_of(piece.data, aligned=member.aligned)
        decoded = self._decoder.decode(piece.data, frames)
        member.aligned = frames.aligned
        damaged = decoded.damaged + Counter({GAPS: frames.gaps} if frames.gaps else {})
        skipped = decoded.skipped
        consumed, member.long = frames.consumed, frames.next_length
        if member.long > MAX_RECORD and piece.offset + consumed + member.long <= piece.size:
            consumed += member.long
            member.long = 0
            skipped[TOO_LONG] += 1
        member.file.advance(consumed)
        member.pending = self._pending(member, piece)
        ends = before + frames.starts + frames.lengths + FOOTER
        return Block(columns=decoded.columns, events=_events(decoded), skipped=skipped, damaged=damaged, ends=ends)

    @staticmethod
    def _pending(member: _Member, piece: Piece) -> int:
        """Bytes at the file's end that are no whole record; 0 while there is more to read."""
        rest = piece.size - member.file.offset
        return rest if rest < max(member.long, HEADER) else 0

    def _measured(self, block: Block) -> Block:
        members = self._members.values()
        return replace(
            block,
            read=sum(member.file.offset for member in members),
            size=sum(max(member.size, member.file.offset) for member in members),
            pending=sum(member.pending for member in members),
        )


def _events(decoded: Decoded) -> tuple[EventRecord, ...]:
    """What sessions say; the first superseded step is the session's own, so the last that counts is one before."""
    return tuple(
        EventRecord(
            t=restart.t,
            step=max(restart.step - 1, 0),
            level=Level.INFO,
            kind=RESUMED,
            message=f"a session starts at step {restart.step:,}",
            data={"step": restart.step - 1},
        )
        for restart in decoded.restarts
    )
