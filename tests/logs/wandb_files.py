"""W&B's offline files made by hand, byte by byte."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable

from seqsetvae.logs.chunk_log import BLOCK
from tests.logs.event_files import field

MAGIC = b":W&B\xe1\xbe\x00"


def item(key: str, value: object, *, nested: bool = True) -> bytes:
    names = b"".join(field(2, part.encode()) for part in key.split(".")) if nested else field(1, key.encode())
    return field(1, names + field(16, json.dumps(value).encode()))


def row(step: int, **values: object) -> bytes:
    """A Record with a history row, its time 1.7e9 + step."""
    items = b"".join(item(key.replace("__", "/"), value) for key, value in values.items())
    own = item("_timestamp", 1.7e9 + step) + item("_step", step) + item("_runtime", 0.5)
    return field(1, step + 1) + field(2, items + own + field(2, field(1, step) if step else b""))


def file_of(records: Iterable[bytes]) -> bytes:
    """The records in chunks, as LevelDB writes a log."""
    out = bytearray(MAGIC)

    def chunk(kind: int, part: bytes) -> None:
        checksum = zlib.crc32(bytes([kind]) + part)
        out.extend(struct.pack("<IHB", checksum, len(part), kind) + part)

    for record in records:
        first = True
        while True:
            left = BLOCK - len(out) % BLOCK
            if left < 7:
                out.extend(bytes(left))
                left = BLOCK
            part, record = record[: left - 7], record[left - 7 :]
            chunk({(True, True): 1, (True, False): 2, (False, False): 3, (False, True): 4}[first, not record], part)
            first = False
            if not record:
                break
    return bytes(out)
