"""Many records of an event file to columns of numbers, without decoding each.

A log says the same few things again and again. Records of one length whose steps have one width lie in a table of
bytes; where they agree byte for byte with a record that was read closely, but for time, step and value, they say what
it says, and these three are columns of the table. All others are read closely, one by one, by
`seqsetvae.logs.tensorboard_event`, which decides what a record means.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from seqsetvae.logs.block import Column, columns_of, placed
from seqsetvae.logs.crc32c import Bytes, crc32c, masked, masked_rows
from seqsetvae.logs.record_file import FOOTER, Frames
from seqsetvae.logs.tensorboard_event import (
    IMAGES_AND_SUCH,
    NO_STEP,
    NO_SUMMARY,
    NOT_EVENTS,
    Scalar,
    layout_of,
    read_event,
)
from seqsetvae.logs.trail import Floats, Ints
from seqsetvae.logs.wire import WireError

BROKEN_RECORDS = "records whose checksum is wrong"

_FEW = 8
"""Records of which each is read closely: a table is not worth its making."""

_LONG = 1024
"""Bytes above which a record is read closely: an image or the like, most likely, and seldom one of many alike."""

_ROUNDS = 8
"""Layouts that are tried on records of one length; what is left then is read closely."""

_KNOWN = 50_000
"""Kinds of records that are remembered; beyond, they are forgotten and learnt again."""

_TIME, _STEP = 1, 10
"""Where a record's time lies, and its step where it has one."""

_SHORTEST = 21
"""Bytes below which a record is read closely: in longer ones, the longest step does not reach the end."""

_SUMMARY_KEY, _STEP_KEY, _TIME_KEY = 0x2A, 0x10, 0x09
_LONGEST_STEP = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Restart:
    """A session began at this time; points from this step on that were written before are superseded."""

    order: int
    t: float
    step: int


@dataclass(kw_only=True, slots=True)
class Decoded:
    """What records hold."""

    columns: dict[str, Column] = field(default_factory=dict)
    restarts: list[Restart] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    damaged: Counter[str] = field(default_factory=Counter)


@dataclass(kw_only=True, slots=True)
class _Part:
    """Points of many tags, found together."""

    tags: Ints
    t: Floats
    step: Ints
    values: Floats
    order: Ints


class EventDecoder:
    """Decodes the records of one log; keeps what it has learnt of their layouts."""

    def __init__(self) -> None:
        self._known: dict[bytes, Scalar | None] = {}

    def decode(self, data: bytes, frames: Frames) -> Decoded:
        """The points of all records in a buffer; `order` is a record's place among them."""
        return _Decoding(data, frames, self._known).run()


class _Decoding:
    """One buffer on its way: parts, and tags in the order in which they are met."""

    def __init__(self, data: bytes, frames: Frames, known: dict[bytes, Scalar | None]) -> None:
        self._data = data
        self._buffer = np.frombuffer(data, np.uint8)
        self._frames = frames
        self._known = known
        self._tags: dict[str, int] = {}
        self._parts: list[_Part] = []
        self._single: list[tuple[int, float, int, float, int]] = []
        self._out = Decoded()

    def run(self) -> Decoded:
        lengths = self._frames.lengths
        by_length = np.argsort(lengths, kind="stable")
        for group in _runs(lengths[by_length]):
            self._same_length(by_length[group], int(lengths[by_length[group.start]]))
        self._gather()
        return self._out

    def _same_length(self, records: Ints, length: int) -> None:
        if length > _LONG or length < _SHORTEST or len(records) < _FEW:
            for record in records:
                self._closely(int(record), check=True)
            return
        windows = np.lib.stride_tricks.sliding_window_view(self._buffer, length + FOOTER)
        rows: Bytes = windows[self._frames.starts[records]]
        sound = masked_rows(rows[:, :length]) == np.ascontiguousarray(rows[:, length:]).view("<u4")[:, 0]
        if not sound.all():
            self._out.damaged[BROKEN_RECORDS] += int((~sound).sum())
            rows, records = rows[sound], records[sound]
        rows = rows[:, :length]
        widths = _step_widths(rows)
        for width in np.unique(widths):
            alike = widths == width
            if width < 0:
                self._all_closely(records[alike])
            else:
                self._same_head(rows[alike], records[alike], int(width))

    def _same_head(self, rows: Bytes, records: Ints, width: int) -> None:
        """Records of one length whose steps have one width; 0 for none."""
        head = _STEP + width if width else _STEP - 1
        for _ in range(_ROUNDS):
            if len(records) < _FEW:
                break
            layout = layout_of(rows[0].tobytes())
            if layout is None:
                self._closely(int(records[0]), check=False)
                rows, records = rows[1:], records[1:]
                continue
            tags = self._tags_by_layout(rows, head, layout)
            fits = tags >= 0
            self._take(rows[fits], records[fits], tags[fits], width, layout)
            rows, records = rows[~fits], records[~fits]
        self._all_closely(records)

    def _tags_by_layout(self, rows: Bytes, head: int, layout: Scalar) -> Ints:
        """The tag of each row whose value lies where the layout has it; -1 for rows of other layouts."""
        place, size = layout.place - head, int(layout.kind[2])
        rest = rows.shape[1] - head
        padded = np.zeros((len(rows), -(-rest // 8) * 8), np.uint8)
        padded[:, :rest] = rows[:, head:]
        padded[:, place : place + size] = 0
        words = padded.view(np.uint64)
        where = bytes((*divmod(rows.shape[1], 256), head, *divmod(place, 256), size))
        _, first, kind = np.unique(words @ _weights(words.shape[1]), return_index=True, return_inverse=True)
        tags = np.full(len(first), -1, np.int64)
        for number, row in enumerate(first):
            scalar = self._layout(where + padded[row].tobytes(), rows[row])
            if scalar is not None and (scalar.place, scalar.kind) == (layout.place, layout.kind):
                tags[number] = self._tags.setdefault(scalar.tag, len(self._tags))
        # Two kinds of records may share a hash; rows that differ from the kind's first one are not of its kind.
        same = (words == words[first][kind]).all(axis=1)
        return np.where(same, tags[kind], -1)

    def _layout(self, key: bytes, row: Bytes) -> Scalar | None:
        """What a row means, from memory if it was met before. Rows of one key differ in time, step and value only.

        The key holds the record behind its step with zeros in a value's place, and that place: where the row's own
        value lies there, as the caller checks, all rows of the key mean the same.
        """
        if key not in self._known:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            self._known[key] = layout_of(row.tobytes())
        return self._known[key]

    def _take(self, rows: Bytes, records: Ints, tags: Ints, width: int, layout: Scalar) -> None:
        place = layout.place
        time = np.ascontiguousarray(rows[:, _TIME : _TIME + 8]).view("<f8")[:, 0]
        values = np.ascontiguousarray(rows[:, place : place + int(layout.kind[2])]).view(layout.kind)[:, 0]
        part = _Part(
            tags=tags,
            t=time,
            step=_steps(rows, width),
            values=values.astype(np.float64),
            order=records.astype(np.int64),
        )
        good = placed(part.t, part.step)
        if not good.all():
            self._out.damaged[NO_STEP] += int((~good).sum())
            part = _Part(
                tags=tags[good], t=part.t[good], step=part.step[good], values=part.values[good], order=part.order[good]
            )
        self._parts.append(part)

    def _all_closely(self, records: Ints) -> None:
        for record in records:
            self._closely(int(record), check=False)

    def _closely(self, record: int, *, check: bool) -> None:
        """Read one record; `check` says that its checksum has not been checked yet."""
        start, length = int(self._frames.starts[record]), int(self._frames.lengths[record])
        data = self._data[start : start + length]
        if check and length <= _LONG and not self._is_sound(data, start + length):
            self._out.damaged[BROKEN_RECORDS] += 1
            return
        try:
            event = read_event(data)
        except WireError:
            self._out.damaged[NOT_EVENTS] += 1
            return
        # The checksum of an image takes longer than all the rest; what is left out anyway need not be sound.
        if length > _LONG and (event.scalars or event.restart) and not self._is_sound(data, start + length):
            self._out.damaged[BROKEN_RECORDS] += 1
            return
        self._out.skipped.update({IMAGES_AND_SUCH: event.others, NO_SUMMARY: int(event.empty)})
        if not event.placed:
            self._out.damaged[NO_STEP] += len(event.scalars)
            return
        if event.restart:
            self._out.restarts.append(Restart(order=record, t=event.t, step=event.step))
        for scalar in event.scalars:
            tag = self._tags.setdefault(scalar.tag, len(self._tags))
            self._single.append((tag, event.t, event.step, scalar.value, record))

    def _is_sound(self, data: bytes, end: int) -> bool:
        stored = int.from_bytes(self._data[end : end + FOOTER], "little")
        return masked(crc32c(data)) == stored

    def _gather(self) -> None:
        if self._single:
            tags, t, step, values, order = zip(*self._single, strict=True)
            self._parts.append(
                _Part(
                    tags=np.array(tags, np.int64),
                    t=np.array(t),
                    step=np.array(step, np.int64),
                    values=np.array(values),
                    order=np.array(order, np.int64),
                )
            )
        if self._parts:
            self._out.columns = columns_of(
                tuple(self._tags),
                np.concatenate([part.tags for part in self._parts]),
                t=np.concatenate([part.t for part in self._parts]),
                step=np.concatenate([part.step for part in self._parts]),
                values=np.concatenate([part.values for part in self._parts]),
                order=np.concatenate([part.order for part in self._parts]),
            )
        for counts in (self._out.skipped, self._out.damaged):
            for kind in [kind for kind, count in counts.items() if not count]:
                del counts[kind]


def _runs(values: Ints) -> list[slice]:
    """Slices of equal values."""
    edges = np.flatnonzero(np.diff(values)) + 1
    bounds = [0, *edges.tolist(), len(values)]
    return [slice(start, stop) for start, stop in pairwise(bounds) if stop > start]


def _step_widths(rows: Bytes) -> Ints:
    """Bytes of each row's step: 0 where it has none, -1 where a row does not begin with a time, then step or values."""
    widths = np.full(len(rows), -1, np.int64)
    timed = rows[:, 0] == _TIME_KEY
    second = rows[:, _STEP - 1]
    widths[timed & (second == _SUMMARY_KEY)] = 0
    stepped = timed & (second == _STEP_KEY)
    goes_on = rows[:, _STEP : _STEP + _LONGEST_STEP] >= 0x80
    widths[stepped] = np.where(goes_on.all(axis=1), -1, np.argmin(goes_on, axis=1) + 1)[stepped]
    return widths


def _steps(rows: Bytes, width: int) -> Ints:
    total = np.zeros(len(rows), np.uint64)
    for place in range(width):
        total |= (rows[:, _STEP + place].astype(np.uint64) & np.uint64(0x7F)) << np.uint64(7 * place)
    return total.view(np.int64)


def _weights(count: int) -> npt.NDArray[np.uint64]:
    """Odd numbers without a pattern, so that a sum of products tells different rows apart, most likely."""
    numbers = np.random.default_rng(count).integers(0, 1 << 63, count, np.uint64)
    return numbers * np.uint64(2) + np.uint64(1)
