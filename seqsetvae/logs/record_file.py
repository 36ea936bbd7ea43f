"""Records with their length in front (TFRecord): where each lies, and how to find the next one behind damage.

    record := length: uint64   checksum of length: uint32   data: uint8[length]   checksum of data: uint32

A length whose checksum is wrong cannot be followed; the next place whose twelve bytes agree is read as a record's
beginning, so that damage costs the records it lies in and no more.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from seqsetvae.logs.crc32c import Bytes, crc32c, masked, masked_rows
from seqsetvae.logs.trail import Flags, Ints

HEADER, FOOTER = 12, 4
"""Bytes before and behind a record's data."""

_LENGTH = struct.Struct("<Q")
_CHECKSUM = struct.Struct("<I")


_CAREFUL, _BOLD = 16, 1 << 16
"""Records whose lengths are believed before their checksums are checked: behind damage, and at first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Frames:
    """The records in a buffer.

    Attributes:
        starts: where the data of each whole record begins.
        lengths: bytes of that data.
        consumed: bytes that need not be read again.
        aligned: a record begins at `consumed`.
        gaps: runs of broken bytes that were passed over.
        next_length: bytes that the record at `consumed`, header and all, has; 0 where its header is not whole.
    """

    starts: Ints
    lengths: Ints
    consumed: int
    aligned: bool
    gaps: int
    next_length: int


def frames_of(data: bytes, *, aligned: bool = True) -> Frames:
    """Find the records in bytes that begin with one, or (not `aligned`) anywhere."""
    return _Framing(data).run(aligned=aligned)


class _Framing:
    """One buffer on its way."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._starts: list[int] = []
        self._gaps = 0
        self._headers: Ints | None = None

    def run(self, *, aligned: bool) -> Frames:
        place = 0
        while aligned or (place := self._next_header(place)) >= 0:
            place = self._follow(place, _BOLD if aligned else _CAREFUL)
            if len(self._data) - place < HEADER:
                return self._frames(place, next_length=0)
            if _is_header(self._data, place):
                return self._frames(place, next_length=HEADER + _length_at(self._data, place) + FOOTER)
            aligned = False
            self._gaps += 1
            place += 1
            if self._starts and not _is_sound_data(self._data, self._starts[-1]):
                # A writer died inside that record: what follows it was written into it, and may begin a record there.
                place = self._starts.pop() + HEADER
        return self._frames(max(len(self._data) - HEADER + 1, 0), aligned=False)

    def _follow(self, place: int, limit: int) -> int:
        """Collect records from here on, as long as their lengths agree with their checksums; the place behind them."""
        while True:
            chain, end = _chain(self._data, place, limit)
            sound = _sound(self._data, chain)
            self._starts += chain[:sound]
            if sound < len(chain):
                return chain[sound]
            if len(chain) < limit:
                return end
            place, limit = end, 2 * limit

    def _next_header(self, place: int) -> int:
        """The first place from here on where twelve bytes agree; -1 when there is none."""
        if self._headers is None:
            self._headers = _headers(self._data)
        following = np.searchsorted(self._headers, place)
        return int(self._headers[following]) if following < len(self._headers) else -1

    def _frames(self, consumed: int, *, next_length: int = 0, aligned: bool = True) -> Frames:
        begins = np.array(self._starts, np.int64)
        lengths = begins
        if self._starts:
            windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(self._data, np.uint8), HEADER)
            lengths = np.ascontiguousarray(windows[begins, :8]).view("<i8")[:, 0]
        return Frames(
            starts=begins + HEADER,
            lengths=lengths,
            consumed=consumed,
            aligned=aligned,
            gaps=self._gaps,
            next_length=next_length,
        )


def _chain(data: bytes, place: int, limit: int) -> tuple[list[int], int]:
    """Where at most so many whole records begin when every length is believed, and where the last of them ends."""
    chain: list[int] = []
    # This loop takes a third of the time that a log does: everything in it is a local name.
    add, unpack, around, whole = chain.append, _LENGTH.unpack_from, HEADER + FOOTER, len(data)
    last = whole - around
    for _ in range(limit):
        if place > last:
            break
        following = place + unpack(data, place)[0] + around
        if following > whole:
            break
        add(place)
        place = following
    return chain, place


def _sound(data: bytes, chain: list[int]) -> int:
    """How many records from the first on have a length that agrees with its checksum."""
    if len(chain) <= _CAREFUL:  # behind damage, where the first or second is wrong most likely
        return next((place for place, start in enumerate(chain) if not _is_header(data, start)), len(chain))
    headers = np.lib.stride_tricks.sliding_window_view(np.frombuffer(data, np.uint8), HEADER)[chain]
    wrong = np.flatnonzero(~_agree(headers))
    return int(wrong[0]) if len(wrong) else len(chain)


def _headers(data: bytes) -> Ints:
    """All places where twelve bytes agree; lengths above 4 GB are not searched for, and twelve zeros never agree."""
    if len(data) < HEADER:
        return np.empty(0, np.int64)
    content = np.frombuffer(data, np.uint8)
    zero = content == 0
    zeros = zero[:-3] & zero[1:-2] & zero[2:-1] & zero[3:]
    places = np.flatnonzero(zeros[4:-4] & ~(zeros[:-8] & zeros[8:]))
    return places[_agree(np.lib.stride_tricks.sliding_window_view(content, HEADER)[places])]


def _agree(headers: Bytes) -> Flags:
    """Whether each header's length has the checksum behind it."""
    stored = np.ascontiguousarray(headers[:, 8:]).view("<u4")[:, 0]
    agree: Flags = masked_rows(headers[:, :8]) == stored
    return agree


def _is_header(data: bytes, place: int) -> bool:
    (stored,) = _CHECKSUM.unpack_from(data, place + 8)
    return bool(masked(crc32c(data[place : place + 8])) == stored)


def _is_sound_data(data: bytes, place: int) -> bool:
    begin, end = place + HEADER, place + HEADER + _length_at(data, place)
    (stored,) = _CHECKSUM.unpack_from(data, end)
    return bool(masked(crc32c(data[begin:end])) == stored)


def _length_at(data: bytes, place: int) -> int:
    length: int = _LENGTH.unpack_from(data, place)[0]
    return length
