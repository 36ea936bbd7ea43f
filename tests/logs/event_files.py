"""Event files made by hand, byte by byte, and a plain reader of them that takes nothing from the package."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

FILE_VERSION = b"brain.Event:2"


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while True:
        out.append((number & 0x7F) | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def field(number: int, payload: bytes | int | float, kind: str = "") -> bytes:
    """One field: bytes with their length, whole numbers as varints, floats as `kind` (`<f` or `<d`) says."""
    if isinstance(payload, bytes):
        return varint(number << 3 | 2) + varint(len(payload)) + payload
    if isinstance(payload, int):
        return varint(number << 3) + varint(payload)
    return varint(number << 3 | (5 if kind == "<f" else 1)) + struct.pack(kind, payload)


def event(t: float, step: int, values: Iterable[bytes] = (), *, session: int | None = None) -> bytes:
    """An Event, as protocol buffer libraries write it: no step where it is 0."""
    out = field(1, t, "<d") + (field(2, step) if step else b"")
    if session is not None:
        return out + field(7, field(1, session))
    return out + field(5, b"".join(field(1, value) for value in values))


def simple(tag: str, value: float) -> bytes:
    return field(1, tag.encode()) + field(2, float(value), "<f")


def tensor(tag: str, value: float, *, plugin: str | None = "scalars", content: bool = False) -> bytes:
    """A scalar as TensorFlow 2 writes it (in `tensor_content` or as a float)."""
    number = field(4, struct.pack("<d", value)) if content else field(5, struct.pack("<f", value))
    body = field(1, 2 if content else 1) + field(2, b"") + number
    metadata = b"" if plugin is None else field(9, field(1, field(1, plugin.encode())))
    return field(1, tag.encode()) + field(8, body) + metadata


def image(tag: str, size: int = 40) -> bytes:
    return field(1, tag.encode()) + field(4, field(1, 8) + field(4, bytes(size)))


def _remainder(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
    return byte


_REMAINDERS = [_remainder(byte) for byte in range(256)]


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _REMAINDERS[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes, *, sealed: bool = True) -> bytes:
    """A record; not `sealed`, the checksum of its data (which takes long) is nonsense."""
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + (masked(data) if sealed else bytes(4))


def file_of(events: Iterable[bytes]) -> bytes:
    """A whole event file: the version first, as all writers have it."""
    version = field(1, 1.0, "<d") + field(3, FILE_VERSION)
    return b"".join(record(data) for data in (version, *events))


Point = tuple[str, float, int, float]


def plain_points(content: bytes) -> list[Point]:
    """All scalars of undamaged bytes, in their order, read the simple way; a torn end is left alone."""
    points: list[Point] = []
    place = 0
    while place + 12 <= len(content):
        (length,) = struct.unpack_from("<Q", content, place)
        if place + 16 + length > len(content):
            break
        points += _points_of(parsed(content[place + 12 : place + 12 + length]))
        place += 16 + length
    return points


def parsed(data: bytes) -> dict[int, list[Any]]:
    """Fields of a message by number, payloads as they lie there."""
    out: dict[int, list[Any]] = {}
    place = 0

    def number() -> int:
        nonlocal place
        shift = value = 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(data):
        key = number()
        if key & 7 == 0:
            payload: Any = number()
        else:
            size = number() if key & 7 == 2 else {1: 8, 5: 4}[key & 7]
            payload = data[place : place + size]
            place += size
        out.setdefault(key >> 3, []).append(payload)
    return out


def _points_of(message: dict[int, list[Any]]) -> list[Point]:
    (t,) = struct.unpack("<d", message.get(1, [bytes(8)])[-1])
    step = message.get(2, [0])[-1]
    if step > 10**15 or not abs(t) <= 1e12:  # what a stream can carry
        return []
    points: list[Point] = []
    for summary in message.get(5, []):
        for value in parsed(summary).get(1, []):
            fields = parsed(value)
            number = _number_of(fields)
            if number is not None:
                points.append((fields[1][-1].decode(), t, step, number))
    return points


def _number_of(fields: dict[int, list[Any]]) -> float | None:
    number: float
    if 2 in fields:
        (number,) = struct.unpack("<f", fields[2][-1])
        return number
    if 9 in fields and parsed(parsed(fields[9][-1])[1][-1])[1][-1] != b"scalars":
        return None
    if 8 in fields:
        body = parsed(fields[8][-1])
        (number,) = struct.unpack("<d", body[4][-1]) if 4 in body else struct.unpack("<f", body[5][-1])
        return number
    return None
