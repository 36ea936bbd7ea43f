"""Records in blocks of 32 KB (LevelDB's log format), as W&B writes them behind seven bytes of its own.

    chunk := checksum: uint32   length: uint16   kind: uint8 (whole, first, middle, last)   data: uint8[length]

A chunk never reaches over a block's end: behind damage, reading goes on at the next block.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

BLOCK = 32 * 1024
_HEADER = struct.Struct("<IHB")
_WHOLE, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


@dataclass(kw_only=True, slots=True)
class Unchunked:
    """The whole records in some bytes, and the byte behind each; `consumed` of the bytes need not be read again."""

    records: list[bytes] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    consumed: int = 0
    damaged: int = 0
    too_long: int = 0


class Unchunker:
    """Puts records together from chunks; what has begun is kept for the next bytes.

    Args:
        longest: bytes above which a record is dropped and counted.
        whole: the first bytes are the beginning of a record; those before one are dropped silently otherwise.
    """

    def __init__(self, *, longest: int, whole: bool = True) -> None:
        self._longest = longest
        self._parts: list[bytes] | None = None
        self._length = 0
        self._dropping = not whole

    @property
    def is_between(self) -> bool:
        """Whether no record has begun."""
        return self._parts is None

    def feed(self, data: bytes, offset: int, out: Unchunked) -> None:
        """Add to `out` what is whole with the bytes that lie at `offset` of the file."""
        place = 0
        while True:
            left = BLOCK - (offset + place) % BLOCK
            if left < _HEADER.size:
                if place + left > len(data):
                    break
                place += left
                continue
            if place + _HEADER.size > len(data):
                break
            checksum, length, kind = _HEADER.unpack_from(data, place)
            end = place + _HEADER.size + length
            if length > left - _HEADER.size or not _WHOLE <= kind <= _LAST:
                checksum, end = -1, place + left
            if end > len(data):
                break
            if checksum == zlib.crc32(data[place + 6 : end]):
                self._take(kind, data[place + _HEADER.size : end], out, offset + end)
                place = end
            elif place + left > len(data):
                break
            else:
                out.damaged += 1
                self._parts, self._dropping = None, True
                place += left
        out.consumed = place

    def _take(self, kind: int, part: bytes, out: Unchunked, end: int) -> None:
        if kind in (_WHOLE, _FIRST):
            if self._parts is not None:
                out.damaged += 1
            self._parts, self._length, self._dropping = [], 0, False
        elif self._parts is None:
            if not self._dropping:
                out.damaged += 1
            return
        self._length += len(part)
        if self._length > self._longest:
            out.too_long += 1
            self._parts, self._dropping = None, True
            return
        self._parts.append(part)
        if kind in (_WHOLE, _LAST):
            out.records.append(b"".join(self._parts))
            out.ends.append(end)
            self._parts = None
