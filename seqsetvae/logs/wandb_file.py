"""W&B's offline file, `run-<id>.wandb`: history, name and settings of one run.

The file is read as bytes. The `wandb` package is not needed: its own reader has moved between versions, while the
format (chunks, protocol buffers, field numbers) has been the same since 2020, and cannot change without breaking
`wandb sync`.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqsetvae.logs.block import MAX_BYTES, Block, Points, RunFacts, can_be_placed
from seqsetvae.logs.chunk_log import BLOCK, Unchunked, Unchunker
from seqsetvae.logs.growing_file import GrowingFile
from seqsetvae.logs.wire import BYTES, VARINT, Field, WireError, fields, signed
from seqsetvae.stream.records import RunState

MAGIC = b":W&B"
NOT_WANDB = "files that do not begin like W&B's"
BROKEN_CHUNKS = "broken chunks"
NOT_RECORDS = "records that could not be read"
OTHER_VALUES = "non-numeric values"
TOO_LONG = "records too long for numbers"
NO_STEP = "rows without a step or of impossible ones"

MAX_RECORD = 8 << 20
"""Longest record that is put together; a row of a thousand metrics has 50 KB."""

_FILE_HEADER = 7

# Numbers of the fields of Record, HistoryRecord, HistoryItem, RunRecord, ConfigItem and RunExitRecord.
_HISTORY, _RUN, _EXIT = 2, 17, 18
_ITEM, _ITEM_STEP = 1, 2
_KEY, _NESTED_KEY, _VALUE = 1, 2, 16
_CONFIG, _DISPLAY_NAME, _HOST = 4, 8, 13

_OWN_KEYS = frozenset({"_step", "_timestamp", "_runtime", "_wandb"})
_CONSTANTS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_DECODER = json.JSONDecoder(parse_int=float, parse_constant=_CONSTANTS.__getitem__)
_DIGITS = frozenset(b"%d" % digit for digit in range(10))

_KEY_BYTES = frozenset({_KEY << 3 | BYTES, _NESTED_KEY << 3 | BYTES})
_VALUE_BYTES = bytes([_VALUE << 3 & 0x7F | 0x80 | BYTES, 1])
_SHORTEST_ITEM = 5


class WandbReader:
    """Follows one file.

    Args:
        path: the file.
        start: byte to begin at, rounded down to a block; negative counts from the end.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, path: Path, *, start: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._start = start
        self._file: GrowingFile | None = None
        self._open = Unchunker(longest=MAX_RECORD)
        self._end = 0
        self._t = 0.0
        self._is_wandb: bool | None = None
        self.facts = RunFacts()

    def poll(self, max_bytes: int = MAX_BYTES) -> Block:
        """Read on; see `LogReader`."""
        head = GrowingFile(self._path, clock=self._clock).read(_FILE_HEADER)
        if head.problem or head.missing or len(head.data) < _FILE_HEADER:
            return Block(problem=head.problem, missing=head.missing, pending=len(head.data), size=head.size)
        if not head.data.startswith(MAGIC):
            first, self._is_wandb = self._is_wandb is None, False
            return Block(damaged={NOT_WANDB: 1} if first else {}, read=head.size, size=head.size)
        self._is_wandb = True
        if self._file is None:
            self._begin(head.size)
        assert self._file is not None
        found, at_end = Unchunked(), False
        while not (found.records or at_end):  # a record may be longer than what is asked for
            piece = self._file.read(max(max_bytes, 2 * BLOCK))
            if piece.reset:
                self._start = 0
                self._begin(piece.size)
                return replace(self.poll(max_bytes), reset=True)
            if piece.problem or piece.missing:
                return Block(problem=piece.problem, missing=piece.missing)
            self._open.feed(piece.data, piece.offset, found)
            self._file.advance(found.consumed)
            at_end = piece.offset + len(piece.data) >= piece.size
        points, skipped, damaged = Points(), Counter[str](), Counter[str]()
        for record, points.end in zip(found.records, found.ends, strict=True):
            self._take(record, points, skipped, damaged)
        damaged.update({BROKEN_CHUNKS: found.damaged} if found.damaged else {})
        skipped.update({TOO_LONG: found.too_long} if found.too_long else {})
        return Block(
            columns=points.columns(),
            at_end=at_end,
            skipped=skipped,
            damaged=damaged,
            ends=np.array(points.ends, np.int64),
            read=self._read_to(found.ends),
            size=piece.size,
            pending=piece.size - self._file.offset if at_end else 0,
        )

    def _read_to(self, ends: list[int]) -> int:
        """The byte behind the last whole record: whoever begins there finds the next one."""
        assert self._file is not None
        self._end = self._file.offset if self._open.is_between else ends[-1] if ends else self._end
        return self._end

    def _begin(self, size: int) -> None:
        start = size + self._start if self._start < 0 else self._start
        start = max(start, 0) // BLOCK * BLOCK
        self._file = GrowingFile(self._path, start=start or _FILE_HEADER, clock=self._clock)
        self._open = Unchunker(longest=MAX_RECORD, whole=start == 0)
        self._end = start

    def _take(self, record: bytes, points: Points, skipped: Counter[str], damaged: Counter[str]) -> None:
        try:
            for item in fields(record):
                if item.number == _HISTORY and item.kind == BYTES:
                    self._take_row(record, item, points, skipped, damaged)
                elif item.number == _RUN and item.kind == BYTES:
                    self.facts = _facts(record, item)
                elif item.number == _EXIT and item.kind == BYTES:
                    self.facts = replace(self.facts, ended=_end(record, item))
        except WireError:
            damaged[NOT_RECORDS] += 1

    def _take_row(self, data: bytes, row: Field, points: Points, skipped: Counter[str], damaged: Counter[str]) -> None:
        step = -1
        values: dict[str, Any] = {}
        for item in fields(data, row.start, row.end):
            if item.number == _ITEM and item.kind == BYTES:
                key, value = _item(data, item)
                values[key] = value
            elif item.number == _ITEM_STEP and item.kind == BYTES:
                numbers = [part for part in fields(data, item.start, item.end) if part.number == 1]
                step = signed(numbers[-1].value) if numbers and numbers[-1].kind == VARINT else 0
        t = values.get("_timestamp")
        if isinstance(t, float) and can_be_placed(t, 0):
            self._t = t
        own = values.get("_step")
        if isinstance(own, float) and own.is_integer():
            step = int(own)
        numbers_of = {key: value for key, value in values.items() if key not in _OWN_KEYS}
        if not can_be_placed(self._t, step):
            damaged[NO_STEP] += 1
            return
        for key, value in numbers_of.items():
            if isinstance(value, float):
                points.add(key, self._t, step, value)
            else:
                skipped[OTHER_VALUES] += 1


def _item(data: bytes, item: Field) -> tuple[str, Any]:
    """A name, the parts of a nested one joined by dots, and its value; numbers are floats."""
    # One key, one value, both shorter than 128 bytes: what nearly all items are is read without its single fields.
    if item.end - item.start >= _SHORTEST_ITEM and data[item.start] in _KEY_BYTES:
        key_end = item.start + 2 + data[item.start + 1]
        begin = key_end + 3
        if begin <= item.end and data[key_end : key_end + 2] == _VALUE_BYTES:
            lengths = data[item.start + 1], data[begin - 1]
            if max(lengths) < 0x80 and begin + lengths[1] == item.end:
                return data[item.start + 2 : key_end].decode("utf-8", "replace"), _value(data[begin : item.end])
    return _item_of_any_form(data, item)


def _item_of_any_form(data: bytes, item: Field) -> tuple[str, Any]:
    key, nested, value = "", [], b""
    for part in fields(data, item.start, item.end):
        if part.kind != BYTES:
            continue
        if part.number == _KEY:
            key = data[part.start : part.end].decode("utf-8", "replace")
        elif part.number == _NESTED_KEY:
            nested.append(data[part.start : part.end].decode("utf-8", "replace"))
        elif part.number == _VALUE:
            value = data[part.start : part.end]
    return ".".join(nested) or key, _value(value)


def _value(text: bytes) -> Any:
    """A JSON value; any number is a float, None stands for what is no JSON."""
    try:
        if text[:1] in _DIGITS:
            return float(text)
        value = _DECODER.decode(text.decode())
    except (ValueError, RecursionError):
        return None
    return _CONSTANTS.get(value, value) if isinstance(value, str) else value


def _end(data: bytes, record: Field) -> RunState:
    """How a program ended; its exit code is left out where it is 0."""
    codes = [part.value for part in fields(data, record.start, record.end) if part.number == 1 and part.kind == VARINT]
    return RunState.FAILED if any(codes) else RunState.FINISHED


def _facts(data: bytes, run: Field) -> RunFacts:
    name, host = "", ""
    config: dict[str, Any] = {}
    for part in fields(data, run.start, run.end):
        if part.kind != BYTES:
            continue
        if part.number == _DISPLAY_NAME:
            name = data[part.start : part.end].decode("utf-8", "replace")
        elif part.number == _HOST:
            host = data[part.start : part.end].decode("utf-8", "replace")
        elif part.number == _CONFIG:
            for item in fields(data, part.start, part.end):
                if item.number == 1 and item.kind == BYTES:
                    key, value = _item(data, item)
                    config[key] = value
    config.pop("_wandb", None)
    return RunFacts(run=name or None, host=host, config=config)
