import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae import strict_json
from seqsetvae.logs import metrics_lines
from seqsetvae.logs.metrics_lines import LineDecoder
from seqsetvae.logs.plain_rows import MAX_KEYS, MAX_NAMES, RowReader
from tests.logs.codec_reference import reference
from tests.logs.reading import block_of
from tests.logs.test_metrics_lines import GOOD, HOSTILE, assert_same_points, counts

KEYS = ("t", "step", "epoch", "train/loss", "β", "a:")

NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(10**30), 10**30).map(str),
    st.sampled_from(["-0", "-0.0", "1e-400", "1E5", "0.1e+2", "5e-324", "9007199254740993", "18446744073709551616"]),
)
ODD_VALUES = st.sampled_from(
    ["true", "null", '"NaN"', '"-Infinity"', '"7"', "[1,2]", "{}", "NaN", "1e999", "01", ".5", "+1", "1 2", ""]
)
GLUE = st.sampled_from(["", " ", "\t", "\r", "\n", "\n\n", "}", "{", "},{", "}\n{", '"', ",", "\x00", "\udcff"])


@st.composite
def objects(draw: st.DrawFn) -> str:
    keys = draw(st.lists(st.sampled_from(KEYS), max_size=8))
    head = {"t": draw(NUMBERS), "step": str(draw(st.integers(0, 2**70)))}
    odd = draw(st.integers(0, 9)) == 0
    pairs = [*head.items(), *((key, draw(ODD_VALUES if odd else NUMBERS)) for key in keys)]
    ordered = draw(st.permutations(pairs)) if draw(st.booleans()) else pairs
    return (
        "{" + ",".join(f"{json.dumps(key, ensure_ascii=draw(st.booleans()))}:{value}" for key, value in ordered) + "}"
    )


def text(parts: list[str]) -> bytes:
    return "".join(parts).encode(errors="surrogateescape")


def reader(*keys: str) -> RowReader:
    out = RowReader()
    assert out.learn(keys)
    return out


@given(
    st.lists(st.tuples(objects(), st.one_of(st.just("\n"), st.just("\n"), GLUE)), max_size=90),
    st.lists(st.sampled_from([*HOSTILE, *GOOD]), max_size=2),
)
def test_whatever_stands_in_the_lines_a_taught_reader_finds_what_the_codec_finds(
    pieces: list[tuple[str, str]], extra: list[bytes]
) -> None:
    data = text([part for piece in pieces for part in piece]) + b"\n" + b"".join(line + b"\n" for line in extra)
    block = block_of(data, decoder=LineDecoder(reader(*KEYS)))
    lines = data.split(b"\n")[:-1]
    points, bad, ignored = reference(lines)
    assert counts(block) == (len(lines), bad, ignored)
    assert_same_points(block, points)


def test_known_keys_come_in_any_order_and_a_missing_one_is_a_hole() -> None:
    table = reader("t", "step", "a").read(b'{"t":1,"step":2,"a":3.5}\n{"a":4,"step":6,"t":5}\n{"t":7,"step":8}\n')
    assert table is not None
    np.testing.assert_array_equal(table, [[1, 5, 7], [2, 6, 8], [3.5, 4, math.nan]])


@pytest.mark.parametrize(
    "line",
    [
        b'{"t":1,"step":2,"b":3}',
        b'{"t":1,"step":2,"a":true}',
        b'{"t":1,"step":2,"a":"NaN"}',
        b'{"t":1,"step":2,"a":null}',
        b'{"t":1,"step":2,"a":[1]}',
        b'{"t":1,"a":2}',
        b'{"t":1,"step":2}{"t":1,"step":3}',
        b'{"t":1,\n"step":2}',
        b' {"t":1,"step":2}',
        b'{"t":1,"step":2}\n',
        b"[]",
        b"\xff",
    ],
)
def test_one_line_that_is_not_plain_leaves_all_to_a_closer_look(line: bytes) -> None:
    plain = b'{"t":1,"step":1,"a":1}\n'
    rows = reader("t", "step", "a")
    assert rows.read(plain + plain) is not None
    assert rows.read(plain + line + b"\n" + plain) is None


def test_long_names_and_many_rows_keep_their_places() -> None:
    names = [
        f"m{place}/" + "x" * size for place, size in enumerate((1, 27, 28, 29, 30, 250, 251, 252, 253, 300, 12_000))
    ]
    for kept in (names, [f"k{place}" for place in range(13)], [f"k{place}" for place in range(14)]):
        line = json.dumps({"t": 1, "step": 2} | {name: place / 16 for place, name in enumerate(kept)}).encode() + b"\n"
        table = reader("t", "step", *kept).read(line * 3)
        assert table is not None
        np.testing.assert_array_equal(table, np.array([[1, 2, *np.arange(len(kept)) / 16]] * 3).T)
    short = b"".join(b'{"t":%d,"step":%d}\n' % (row, row) for row in range(2500))
    table = reader("t", "step").read(short)
    assert table is not None
    np.testing.assert_array_equal(table, np.stack([np.arange(2500.0)] * 2))


def test_keys_are_learnt_from_the_lines_and_lines_of_other_kinds_join_them() -> None:
    rows = RowReader()
    LineDecoder(rows).decode(b'{"t":1,"step":1,"a":1}\n' * 3)
    learnt = [rows.keys]
    LineDecoder(rows).decode(b'{"t":1,"step":1,"a":1}\n{"t":1,"step":2,"val":1}\n')
    learnt.append(rows.keys)
    assert learnt == [("t", "step", "a"), ("t", "step", "a", "val")]


@pytest.mark.parametrize(
    "keys",
    [
        ("t", "a"),
        ("t", "step", 'a"b'),
        ("t", "step", "a\\b"),
        ("t", "step", "a\nb"),
        ("t", "step", *map(str, range(MAX_KEYS))),
        ("t", "step", "n" * MAX_NAMES),
    ],
)
def test_keys_that_no_table_can_have_are_not_learnt(keys: tuple[str, ...]) -> None:
    rows = RowReader()
    assert not rows.learn(keys)
    assert rows.read(b'{"t":1,"step":1}\n') is None


def test_one_line_in_thousands_that_is_not_plain_costs_only_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = b'{"t":1,"step":1,"a":1}\n'
    rows = reader("t", "step", "a")
    parsed: list[bytes] = []
    loads = strict_json.decode

    def counted(line: bytes) -> object:
        parsed.append(line)
        return loads(line)

    monkeypatch.setattr(metrics_lines, "decode", counted)
    LineDecoder(rows).decode(plain * 3000 + b"garbage\n" + plain * 3000)
    assert len(parsed) <= 64
