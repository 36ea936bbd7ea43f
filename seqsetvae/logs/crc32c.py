"""CRC-32C (Castagnoli) as record files use it, of one text and of many rows of bytes at once.

The checksum of a row is the exclusive or of one table entry for each byte, by its value and its distance from the end:
that is a lookup per column, without a step that waits for the one before.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]

_POLYNOMIAL = 0x82F63B78
_MASK_DELTA = 0xA282EAD8
"""Added to a checksum before it is stored beside the data it is of, so that data may hold checksums themselves."""

_ALL = 0xFFFFFFFF


def _first_table() -> Words:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(_POLYNOMIAL), table >> 1)
    return table


_TABLE = _first_table()
_PLAIN_TABLE: list[int] = _TABLE.tolist()


def crc32c(data: bytes) -> int:
    """The plain checksum, one byte after the other: some 60 ns each."""
    table, crc = _PLAIN_TABLE, _ALL
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ _ALL


def masked(crc: int) -> int:
    """A checksum as it is stored."""
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & _ALL


def masked_rows(rows: Bytes) -> Words:
    """The stored checksums of many texts of one length.

    Args:
        rows: shape `[texts, bytes]`.

    Returns:
        Shape `[texts]`.
    """
    length = rows.shape[1]
    crc = np.full(len(rows), crc32c(bytes(length)), np.uint32)
    for column in range(length):
        crc ^= _distance_table(length - 1 - column)[rows[:, column]]
    return ((crc >> np.uint32(15)) | (crc << np.uint32(17))) + np.uint32(_MASK_DELTA)


@cache
def _distance_table(distance: int) -> Words:
    """What a byte that is followed by so many others does to the checksum, by its value."""
    if distance == 0:
        return _TABLE
    nearer = _distance_table(distance - 1)
    table: Words = _TABLE[nearer & np.uint32(0xFF)] ^ (nearer >> np.uint32(8))
    return table
