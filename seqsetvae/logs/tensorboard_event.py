"""One record of a TensorBoard event file, field by field: exact, for any layout, and slow (some 10 µs)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

from seqsetvae.logs.block import can_be_placed
from seqsetvae.logs.wire import BYTES, FIXED32, FIXED64, VARINT, Field, WireError, fields, signed, varint

IMAGES_AND_SUCH = "values that are no scalars"
NO_SUMMARY = "records without values"
NOT_EVENTS = "records that are no events"
NO_STEP = "points of impossible steps or times"

# Numbers of the fields of Event, Summary.Value, SummaryMetadata, TensorProto and SessionLog.
_WALL_TIME, _STEP, _FILE_VERSION, _SUMMARY, _SESSION_LOG = 1, 2, 3, 5, 7
_TAG, _SIMPLE_VALUE, _TENSOR, _METADATA = 1, 2, 8, 9
_OTHER_VALUES = frozenset({3, 4, 5, 6})
_DTYPE, _SHAPE, _CONTENT, _FLOATS, _DOUBLES = 1, 2, 4, 5, 6
_INTS, _INTS64, _HALVES = 7, 10, 13
_DT_BFLOAT16 = 14
_NUMBERS = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}
"""Types of a tensor's content that are read as numbers."""

_SESSION_START = 1
_SCALARS = "scalars"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scalar:
    """A tag and its number. `place` and `kind` say where the number lies in the record, as numpy reads it."""

    tag: str
    value: float
    place: int = 0
    kind: str = ""


@dataclass(kw_only=True, slots=True)
class Event:
    """What one record says. `restart` is the start of a session: later steps up to here are superseded."""

    t: float = 0.0
    step: int = 0
    scalars: list[Scalar] = field(default_factory=list)
    restart: bool = False
    others: int = 0
    empty: bool = True

    @property
    def placed(self) -> bool:
        """Whether a run has room for its points."""
        return can_be_placed(self.t, self.step)


def read_event(data: bytes) -> Event:
    """The event in a record's data.

    Raises:
        WireError: when it is none.
    """
    event = Event()
    for item in fields(data):
        if item.number == _WALL_TIME and item.kind == FIXED64:
            (event.t,) = struct.unpack_from("<d", data, item.start)
        elif item.number == _STEP and item.kind == VARINT:
            event.step = signed(item.value)
        elif item.number == _SUMMARY and item.kind == BYTES:
            _read_summary(data, item, event)
        elif item.number == _SESSION_LOG and item.kind == BYTES:
            status = [part.value for part in fields(data, item.start, item.end) if part.number == 1]
            event.restart = status[-1:] == [_SESSION_START]
            event.empty = False
        elif item.number == _FILE_VERSION:
            event.empty = False
    return event


def _read_summary(data: bytes, summary: Field, event: Event) -> None:
    event.empty = False
    for item in fields(data, summary.start, summary.end):
        if item.number == 1 and item.kind == BYTES:
            scalar = _read_value(data, item)
            if scalar is None:
                event.others += 1
            else:
                event.scalars.append(scalar)


def _read_value(data: bytes, value: Field) -> Scalar | None:
    """The scalar in a Summary.Value, or None when it holds something else."""
    tag, plugin = "", ""
    number: tuple[float, int, str] | None = None
    for item in fields(data, value.start, value.end):
        if item.number == _TAG and item.kind == BYTES:
            tag = data[item.start : item.end].decode("utf-8", "replace")
        elif item.number == _SIMPLE_VALUE and item.kind == FIXED32:
            number = _number(data, item.start, "<f4")
        elif item.number == _TENSOR and item.kind == BYTES:
            number = _read_tensor(data, item)
        elif item.number == _METADATA and item.kind == BYTES:
            plugin = _plugin(data, item)
        elif item.number in _OTHER_VALUES:
            number = None
    if number is None or plugin not in ("", _SCALARS):
        return None
    return Scalar(tag=tag, value=number[0], place=number[1], kind=number[2])


def _plugin(data: bytes, metadata: Field) -> str:
    """The name of the plugin that a value is for."""
    for item in fields(data, metadata.start, metadata.end):
        if item.number == 1 and item.kind == BYTES:
            for part in fields(data, item.start, item.end):
                if part.number == 1 and part.kind == BYTES:
                    return data[part.start : part.end].decode("utf-8", "replace")
    return ""


def _read_tensor(data: bytes, tensor: Field) -> tuple[float, int, str] | None:
    """The one number of a tensor, its place and its type; None for other tensors."""
    dtype, elements = 0, 1
    content: Field | None = None
    number: tuple[float, int, str] | None = None
    for item in fields(data, tensor.start, tensor.end):
        if item.number == _DTYPE and item.kind == VARINT:
            dtype = item.value
        elif item.number == _SHAPE and item.kind == BYTES:
            elements = _elements(data, item)
        elif item.number == _CONTENT and item.kind == BYTES:
            content = item
        elif item.number in (_FLOATS, _DOUBLES) and item.kind != VARINT:
            kind = "<f4" if item.number == _FLOATS else "<f8"
            number = _number(data, item.start, kind) if item.end - item.start == int(kind[2]) else None
        elif item.number in (_INTS, _INTS64, _HALVES):
            number = _whole_number(data, item, dtype)
    if elements != 1:
        return None
    if content is not None and (kind := _NUMBERS.get(dtype, "")) and content.end - content.start == int(kind[2]):
        return _number(data, content.start, kind)
    return number


def _elements(data: bytes, shape: Field) -> int:
    """How many numbers a tensor of this shape has; an unknown rank counts as one number."""
    count = 1
    for dimension in fields(data, shape.start, shape.end):
        if dimension.number == 2 and dimension.kind == BYTES:
            sizes = [part.value for part in fields(data, dimension.start, dimension.end) if part.number == 1]
            count *= sizes[-1] if sizes else 0
    return count


def _whole_number(data: bytes, item: Field, dtype: int) -> tuple[float, int, str] | None:
    """A number that is written as a varint, alone or as a list of one; it has no fixed place."""
    value, end = (item.value, item.end) if item.kind == VARINT else varint(data, item.start, item.end)
    if end != item.end or dtype == _DT_BFLOAT16:
        return None
    if item.number == _HALVES:
        return float(np.uint16(value & 0xFFFF).view(np.float16)), 0, ""
    return float(signed(value)), 0, ""


def _number(data: bytes, place: int, kind: str) -> tuple[float, int, str]:
    return float(np.frombuffer(data, kind, 1, place)[0]), place, kind


def layout_of(data: bytes) -> Scalar | None:
    """The scalar of a record that holds nothing else, and whose time and step come first; None for other records.

    Records that agree with it in all other bytes say the same, but for time, step and value.
    """
    try:
        parts = list(fields(data))
        event = read_event(data)
    except WireError:
        return None
    head = [_WALL_TIME, _STEP] if any(part.number == _STEP for part in parts) else [_WALL_TIME]
    if [part.number for part in parts[: len(head)]] != head:
        return None
    if any(part.number in head for part in parts[len(head) :]):
        return None
    if len(event.scalars) != 1 or event.others or event.restart or not event.scalars[0].kind:
        return None
    return event.scalars[0]
