"""The checksum, against published values and against itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.logs.crc32c import crc32c, masked, masked_rows


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_known_checksums(data: bytes, checksum: int) -> None:
    """From RFC 3720, appendix B.4, and the usual check value."""
    assert crc32c(data) == checksum


@given(st.integers(0, 80).flatmap(lambda size: st.lists(st.binary(min_size=size, max_size=size), min_size=1)))
def test_many_rows_have_the_checksums_of_each(rows: list[bytes]) -> None:
    table = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)
    assert masked_rows(table).tolist() == [masked(crc32c(row)) for row in rows]
