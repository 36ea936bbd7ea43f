"""Hugging Face's `trainer_state.json`: the whole history of a run, rewritten at each checkpoint.

The file has no times. The last entry gets the time of the file's last write; the others are spread evenly over
`train_runtime` where an entry has it, else they are one second apart.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from seqsetvae.i18n.message import Message
from seqsetvae.logs.block import MAX_BYTES, Block, Points, RunFacts
from seqsetvae.logs.discovery import newest_state
from seqsetvae.logs.growing_file import GrowingFile
from seqsetvae.logs.read_problem import unreadable
from seqsetvae.stream.codec import MAX_STEP
from seqsetvae.stream.records import RunState

ODD_ENTRIES = "entries without a step"
NO_NUMBERS = "non-numeric values"
NO_HISTORY = "files without a log_history"

LARGEST = 16 << 20
"""Largest file in bytes that is read: a hundred thousand entries. It is one JSON text, held as a whole in 90 MB."""

_ENTRY_BYTES = 100
"""Bytes of an entry, about: so many fit into a poll."""

_LIST_INTERVAL = 1.0
"""Seconds between two searches for a newer checkpoint."""

ENTRY_SECONDS = 1.0
"""Seconds between two entries of a past that has no times."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    size: int
    modified: int
    identity: int


class TrainerStateReader:
    """Reads the file again whenever it has changed, and gives what has been added.

    Bytes of the log are its entries here, one each: their texts are not where they were once the file is written again.

    Args:
        path: the file.
        directory: the run's; where the file is that of a checkpoint below it, later checkpoints are gone on with.
        start: entries to pass over; when negative, bytes of entries to begin with before the end, about.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        path: Path,
        *,
        directory: Path | None = None,
        start: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._run = directory if directory is not None and directory != path.parent else None
        self._listed = -math.inf
        self._clock = clock
        self._seen: _Seen | None = None
        self._torn: _Seen | None = None  # what was no JSON is not parsed again until it has changed
        self._given = max(start, 0)
        self._before_end = max(-start, 0) // _ENTRY_BYTES
        self._digest: bytes | None = None  # of the entries that were given
        self._history: list[Any] = []  # empty when all of it was given
        self._modified = self._spacing = 0.0
        self._last_t: float | None = None
        self.facts = RunFacts()

    def poll(self, max_bytes: int = MAX_BYTES) -> Block:
        """Read on; the file is parsed as a whole, and its entries are given a bounded number at a time."""
        if self._history:
            return self._next_entries(max_bytes)
        self._go_on_to_newer_state()
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return Block(missing=True)
        except OSError as error:
            return Block(problem=unreadable(self._path, error.strerror or str(error)))
        size = status.st_size
        seen = _Seen(size=size, modified=status.st_mtime_ns, identity=status.st_ino)
        if seen == self._seen:
            return Block(read=self._given, size=self._given)
        if seen == self._torn:
            return Block(read=self._given, size=self._given, pending=size)
        if size > max(LARGEST, max_bytes):
            return Block(
                size=size,
                problem=Message(
                    "{path} has {size} MB; at most {most} MB are read",
                    path=self._path,
                    size=size >> 20,
                    most=LARGEST >> 20,
                ),
            )
        return self._read_again(seen, max_bytes)

    def _read_again(self, seen: _Seen, max_bytes: int) -> Block:
        """Parse the file as it is now, and go on behind the entries that were given, if they still stand there."""
        size = seen.size
        piece = GrowingFile(self._path, clock=self._clock).read(size)
        if piece.problem or piece.missing or len(piece.data) < size:
            return Block(size=size, problem=piece.problem, missing=piece.missing)
        try:
            state = json.loads(piece.data)
        except (ValueError, RecursionError):  # being written just now, most likely
            self._torn = seen
            return Block(read=self._given, size=self._given, pending=size)
        self._seen = seen
        history = state.get("log_history") if isinstance(state, dict) else None
        if not isinstance(history, list):
            return Block(read=size, size=size, damaged={NO_HISTORY: 1})
        self.facts = _facts(state)
        self._history, self._modified, self._spacing = history, seen.modified / 1e9, _spacing(history)
        goes_on = self._digest in (None, _digest_of(history[: self._given]))
        reset = self._given > 0 and not goes_on
        if reset:
            self._given = 0
        elif self._before_end:
            self._given, self._before_end = max(len(history) - self._before_end, 0), 0
        return replace(self._next_entries(max_bytes), reset=reset)

    def _go_on_to_newer_state(self) -> None:
        now = self._clock()
        if self._run is not None and now - self._listed >= _LIST_INTERVAL:
            self._listed = now
            self._path = newest_state(self._run) or self._path

    def _next_entries(self, max_bytes: int) -> Block:
        """Some of the entries behind those that were given."""
        count = len(self._history)
        end = min(self._given + max(max_bytes // _ENTRY_BYTES, 1), count)
        points, damaged = Points(), Counter[str]()
        for place in range(self._given, end):
            t = self._modified - self._spacing * (count - 1 - place)
            points.end = place + 1
            self._last_t = max(t, self._last_t) if place and self._last_t is not None else t
            _add(self._history[place], self._last_t, points, damaged)
        self._given = max(end, self._given)
        if self._given >= count:
            self._digest, self._history = _digest_of(self._history), []
        return Block(
            columns=points.columns(),
            damaged=+damaged,
            at_end=not self._history,
            ends=np.array(points.ends, np.int64),
            read=self._given,
            size=count,
        )


def _digest_of(entries: list[Any]) -> bytes:
    """What tells a history from another; by its text, since no NaN equals another."""
    digest = hashlib.blake2b()
    for entry in entries:
        digest.update(repr(entry).encode(errors="replace"))
    return digest.digest()


def _spacing(history: list[Any]) -> float:
    """Seconds between two entries."""
    runtimes = [_number(entry.get("train_runtime")) for entry in history if isinstance(entry, dict)]
    seconds = [runtime for runtime in runtimes if runtime is not None and 0 < runtime < math.inf]
    return seconds[-1] / max(len(history) - 1, 1) if seconds else ENTRY_SECONDS


def _add(entry: object, t: float, points: Points, damaged: Counter[str]) -> None:
    step = entry.get("step") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or type(step) is not int or not 0 <= step <= MAX_STEP:
        damaged[ODD_ENTRIES] += 1
        return
    for name, value in entry.items():
        number = _number(value)
        if number is None:
            damaged[NO_NUMBERS] += value is not None
        elif name != "step":
            points.add(name, t, step, number)


def _number(value: object) -> float | None:
    """A JSON value as a float; None for what is no number, or one that no float reaches."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _facts(state: Mapping[str, Any]) -> RunFacts:
    steps, epochs = _number(state.get("max_steps")), _number(state.get("num_train_epochs"))
    reached = _number(state.get("global_step"))
    return RunFacts(
        total_steps=int(steps) if steps is not None and 0 < steps < math.inf else None,
        ended=RunState.FINISHED if steps and reached is not None and 0 < steps <= reached else None,
        total_epochs=epochs if epochs is not None and 0 < epochs < math.inf else None,
    )
