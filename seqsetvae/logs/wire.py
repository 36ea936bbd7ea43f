"""Protocol buffers as they lie in bytes: fields by number, with the place of each, and no schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

_LONGEST_VARINT = 10
_UINT64 = (1 << 64) - 1
_INT64_LIMIT = 1 << 63


class WireError(ValueError):
    """Bytes that are no protocol buffer."""


class Field(NamedTuple):
    """One field: its number, its wire type, and `data[start:end]`, its payload. `value` is a varint's number."""

    number: int
    kind: int
    start: int
    end: int
    value: int


def fields(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """The fields of the message in `data[start:end]`, in their order.

    Raises:
        WireError: when the bytes are no message, as soon as that shows.
    """
    end = len(data) if end is None else end
    while start < end:
        key, start = varint(data, start, end)
        number, kind = key >> 3, key & 7
        value = 0
        if kind == VARINT:
            value, stop = varint(data, start, end)
        elif kind == BYTES:
            length, start = varint(data, start, end)
            stop = start + length
        elif kind in (FIXED32, FIXED64):
            stop = start + (4 if kind == FIXED32 else 8)
        else:
            raise WireError(f"wire type {kind} at byte {start}")
        if stop > end or number == 0:
            raise WireError(f"field {number} ends beyond its message at byte {start}")
        yield Field(number, kind, start, stop, value)
        start = stop


def varint(data: bytes, start: int, end: int) -> tuple[int, int]:
    """The unsigned number at `start`, and the byte after it.

    Raises:
        WireError: when it does not end before `end`, or is longer than 64 bits.
    """
    if start < end and data[start] < 0x80:  # most are short
        return data[start], start + 1
    value = 0
    for place in range(start, min(end, start + _LONGEST_VARINT)):
        byte = data[place]
        value |= (byte & 0x7F) << 7 * (place - start)
        if byte < 0x80:
            return value & _UINT64, place + 1
    raise WireError(f"a number without an end at byte {start}")


def signed(value: int) -> int:
    """A 64-bit number with its sign."""
    return value - (1 << 64) if value >= _INT64_LIMIT else value
