"""Lines of known keys and finite numbers, many at once, in half the time of one dictionary a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from operator import attrgetter

import msgspec
import numpy as np

from seqsetvae.analysis.names import canonical
from seqsetvae.logs.trail import Floats

#: The keys of a line that say where its point lies.
HEAD = ("step", "epoch", "t")

#: Keys that are learnt at most; a log of ever new ones is read the slow way.
MAX_KEYS = 256

_REQUIRED = ("t", "step")
_ESCAPED = re.compile(r'["\\\x00-\x1f]')


class PlainLines:
    """Reads lines that hold known keys and numbers; knows no key until it is taught."""

    def __init__(self) -> None:
        self._keys: dict[str, None] = {}
        self._decoder: msgspec.json.Decoder[msgspec.Struct] | None = None
        self._numbers = attrgetter("t", "step")
        #: The keys that are read as numbers, in the order of the rows of a table.
        self.names: tuple[str, ...] = ()

    def learn(self, keys: Iterable[str]) -> None:
        """Expect these keys too, unless they are too many or need escapes."""
        union = self._keys | dict.fromkeys(keys)
        if len(union) == len(self._keys) or len(union) > MAX_KEYS or any(map(_ESCAPED.search, union)):
            return
        fields = {f"f{place}": key for place, key in enumerate(union)}
        self._keys = union
        self.names = tuple(key for key in union if key in HEAD or canonical(key) is not None)
        self._numbers = attrgetter(*(field for field, key in fields.items() if key in self.names))
        line = msgspec.defstruct(
            "Line",
            [_field(field, key, wanted=key in self.names) for field, key in fields.items()],
            rename=fields,
            kw_only=True,
            forbid_unknown_fields=True,
            gc=False,
        )
        self._decoder = msgspec.json.Decoder(line)

    def read(self, lines: Sequence[bytes]) -> Floats | None:
        """Return the numbers of lines, `[names, lines]`, NaN where a line lacks one.

        None when any line holds something else than one object of known keys, or a number that is not finite.
        """
        if self._decoder is None:
            return None
        try:
            rows = self._decoder.decode_lines(b"".join(lines))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        if len(rows) != len(lines):
            return None
        table = np.array(list(map(self._numbers, rows))).T
        return None if np.isinf(table).any() else table


def _field(name: str, key: str, *, wanted: bool) -> tuple[str, type] | tuple[str, type, object]:
    if key in _REQUIRED:
        return (name, float)
    return (name, float, np.nan) if wanted else (name, msgspec.Raw, msgspec.Raw(b""))
