"""Lines of plain numbers to one table of floats, without a Python object for each number that stays.

A parser that knows which keys to expect reads a line in half the time of one that must build a dictionary. It writes
its rows as MessagePack right away: floats of eight bytes at fixed distances, which numpy takes as columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
import numpy as np
import numpy.typing as npt

from seqsetvae.logs.trail import Floats, Ints

MAX_KEYS = 256
"""Keys a table may have; rows of a few of ten thousand keys would be mostly holes."""

MAX_NAMES = 16 * 1024
"""Characters that all keys of a table may have: every row names them all while it passes through the buffer."""

_ALWAYS_KEYS = 64
"""Keys up to which lines of different kinds (training, validation, posterior) share a table, holes or not."""

_ENCODED_ROWS = 1024
"""Rows that pass through the buffer at once; with all keys, as long as they may be, some 60 MB."""

_FLOAT_BYTES = 8
_REQUIRED = frozenset({"t", "step"})
_ESCAPED = re.compile(r'["\\\x00-\x1f]')


class RowReader:
    """Reads lines that hold known keys and plain numbers, and nothing else; knows no key until it is taught."""

    def __init__(self) -> None:
        self.keys: tuple[str, ...] = ()
        self._decoder: msgspec.json.Decoder[msgspec.Struct] | None = None  # made when lines are read: it takes a while
        self._encoder = msgspec.msgpack.Encoder()
        self._layout = np.dtype([])

    def learn(self, keys: Iterable[str]) -> bool:
        """Expect these keys too; False when known, without `t` or `step`, needing escapes, too many or too long."""
        new = tuple(keys)
        union = tuple(dict.fromkeys((*self.keys, *new)))
        if union == self.keys or not _REQUIRED.issubset(new):
            return False
        if any(_ESCAPED.search(key) for key in new):
            return False
        if len(union) > min(MAX_KEYS, max(_ALWAYS_KEYS, 2 * len(new))):
            return False
        if sum(map(len, union)) > MAX_NAMES:
            return False
        self.keys, self._decoder = union, None
        return True

    def read(self, data: bytes, ends: Ints | None = None) -> Floats | None:
        """The numbers of whole lines, shape `[keys, lines]`, NaN where a line lacks a key.

        None when any line holds something else than one object of known keys and finite numbers. `ends` are the bytes
        behind the newlines, for who knows them already.
        """
        if not self.keys or not data:
            return None
        decoder = self._decoder or self._made()
        try:
            rows = decoder.decode_lines(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        text = np.frombuffer(data, dtype=np.uint8)
        if len(rows) != _object_lines(text, np.flatnonzero(text == ord("\n")) + 1 if ends is None else ends):
            return None
        table = np.empty((len(self.keys), len(rows)))
        for start in range(0, len(rows), _ENCODED_ROWS):
            part = rows[start : start + _ENCODED_ROWS]
            encoded = self._encoder.encode(part)
            block = np.frombuffer(encoded, self._layout, len(part), len(encoded) - len(part) * self._layout.itemsize)
            for place, name in enumerate(self._layout.names or ()):
                table[place, start : start + len(part)] = block[name]
        return None if np.isinf(table).any() else table

    def _made(self) -> msgspec.json.Decoder[msgspec.Struct]:
        fields = {f"f{place}": key for place, key in enumerate(self.keys)}
        row = msgspec.defstruct(
            "Row",
            [(field, float) if key in _REQUIRED else (field, float, np.nan) for field, key in fields.items()],
            rename=fields,
            kw_only=True,
            forbid_unknown_fields=True,
            gc=False,
        )
        self._decoder, self._layout = msgspec.json.Decoder(row), _layout(self.keys)
        return self._decoder


def _object_lines(text: npt.NDArray[np.uint8], ends: Ints) -> int:
    """How many lines there are, or -1 unless each begins with `{` and ends with `}`.

    A flat object ends at its first brace, and no text holds a bare newline: as many objects as such lines means that
    each line is one object, and none reaches over a line's end.
    """
    close, begin = ord("}"), ord("{")
    starts_well = text[0] == begin and bool((text[ends[:-1]] == begin).all())
    whole = len(ends) > 0 and ends[-1] == len(text)
    return len(ends) if whole and starts_well and bool((text[ends - 2] == close).all()) else -1


def _layout(keys: tuple[str, ...]) -> np.dtype[np.void]:
    """Where the numbers of an encoded row lie: a map's head, then for each key its text, one type byte, the float."""
    at = 1 if len(keys) < 16 else 3
    places: list[int] = []
    for key in keys:
        size = len(key.encode())
        at += size + (1 if size < 32 else 2 if size < 256 else 3) + 1
        places.append(at)
        at += _FLOAT_BYTES
    names = [str(place) for place in range(len(keys))]
    return np.dtype({"names": names, "formats": [">f8"] * len(keys), "offsets": places, "itemsize": at})
