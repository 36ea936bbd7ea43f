import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.logs.block import BAD_LINES, Block
from seqsetvae.logs.metrics_lines import LineDecoder
from seqsetvae.stream.codec import decode_metrics, encode_metrics
from seqsetvae.stream.records import MetricsRecord
from seqsetvae.stream.resume import Resume
from tests.logs.codec_reference import reference
from tests.logs.reading import block_of
from tests.tui.logs import lines

HOSTILE = (
    b"",
    b"{",
    b"null",
    b"[1,2]",
    b'"text"',
    b"\x00\xff\xfe garbage",
    b'{"t":1,"step":-4,"a":1}',
    b'{"t":1,"step":2.5,"a":1}',
    b'{"t":"1","step":2,"a":1}',
    b'{"t":1,"a":1}',
    b'{"t":1,"step":true,"a":1}',
    b'{"t":NaN,"step":1,"a":1}',
)

GOOD = (
    b'{"t":1,"step":1,"a":1}',
    b'{"t":1.5,"step":2.0,"a":2.5,"b":3}',
    b'{"t":2,"step":3,"a":"NaN","b":"-Infinity"}',
    b'{"t":3,"step":4,"a":true,"b":7}',
    b'{"t":3,"step":4,"a":null}',
    b'{"t":4,"step":5,"a":"12"}',
    b'{"t":4,"step":5,"v":[1,2.5,"NaN"]}',
    b'{"t":4,"step":6,"a":123456789012345678901234567890}',
    b'{"t":4,"step":7}',
)


def decoded(*given_lines: bytes, resumes: tuple[Resume, ...] = ()) -> Block:
    return block_of(b"".join(line + b"\n" for line in given_lines), resumes=resumes)


def counts(block: Block) -> tuple[int, int, int]:
    """Lines, bad ones, and non-numeric values."""
    assert block.lines is not None
    return block.lines.count, block.damaged.get(BAD_LINES, 0), block.ignored


def assert_same_points(block: Block, expected: dict[str, list[tuple[float, float]]]) -> None:
    assert set(block.columns) == set(expected)
    for name, column in block.columns.items():
        np.testing.assert_array_equal(np.stack([column.step, column.values], axis=1), np.array(expected[name]))


@given(st.lists(st.sampled_from(HOSTILE + GOOD), max_size=40))
def test_tables_take_the_same_lines_and_numbers_as_the_codec(chosen: list[bytes]) -> None:
    block = decoded(*chosen)
    expected, bad, ignored = reference(chosen)
    assert counts(block) == (len(chosen), bad, ignored)
    assert_same_points(block, expected)


@given(st.lists(st.sampled_from(HOSTILE + GOOD), max_size=40))
def test_every_point_is_known_by_its_line(chosen: list[bytes]) -> None:
    block = block_of(b"".join(line + b"\n" for line in chosen), offset=7)
    assert block.lines is not None
    assert block.lines.starts is not None
    starts = block.lines.starts.tolist()
    assert starts == [7 + sum(len(line) + 1 for line in chosen[:place]) for place in range(len(chosen) + 1)]
    for name, column in block.columns.items():
        for line, step in zip(column.order.tolist(), column.step.tolist(), strict=True):
            record = decode_metrics(chosen[line])
            assert record.step == step
            assert name in record.values


def test_points_stay_in_the_order_of_the_log_when_lines_differ_in_their_metrics() -> None:
    column = block_of(lines(0, 50)).columns["train/loss"]
    assert column.step.tolist() == list(range(50))
    assert column.epoch[10] == pytest.approx(0.02)
    assert (np.diff(column.values) < 0).all()


def test_lists_keep_their_non_finite_numbers() -> None:
    vectors = decoded(b'{"t":1,"step":3,"posterior/kl_per_dim":[0.5,"NaN"]}').vectors["posterior/kl_per_dim"]
    ((first, second),) = vectors.rows
    assert (vectors.trail.step.tolist(), first) == ([3], 0.5)
    assert math.isnan(second)


def test_lists_stay_in_the_order_of_the_log_when_lines_differ_in_their_metrics() -> None:
    block = decoded(b'{"t":1,"step":1,"v":[1]}', b'{"t":2,"step":2,"v":[2],"a":1}', b'{"t":3,"step":3,"v":[3]}')
    assert block.vectors["v"].trail.step.tolist() == [1, 2, 3]


def test_ten_thousand_metrics_in_one_line_are_ten_thousand_series() -> None:
    values = {f"m/{place}": float(place) for place in range(10_000)}
    block = block_of(encode_metrics(MetricsRecord(t=1.0, step=1, values=values)))
    assert len(block.columns) == 10_000
    assert block.columns["m/9999"].values.tolist() == [9999.0]


def test_lines_without_a_wanted_metric_are_left_out() -> None:
    block = LineDecoder().decode(b'{"t":1,"step":1,"a":1}\n{"t":1,"step":2,"b/c":1}\n', containing=b'"b/')
    assert list(block.columns) == ["b/c"]
    assert block.columns["b/c"].order.tolist() == [1]


def test_points_that_a_resumption_superseded_are_left_out_and_counted() -> None:
    resume = Resume(t=1_700_000_100.0, step=20)
    block = block_of(lines(0, 31), resumes=(resume,))
    assert block.columns["train/loss"].step.tolist() == list(range(21))
    assert block.superseded == 10
    assert block.vectors["posterior/kl_per_dim"].trail.step.tolist() == [0, 10, 20]


def test_the_place_in_the_file_decides_where_the_resumption_tells_it() -> None:
    data = lines(0, 10)
    resume = Resume(t=0.0, step=4, metrics_bytes=len(data))
    assert block_of(data, resumes=(resume,)).superseded == 5
    assert block_of(lines(5, 8), offset=len(data), resumes=(resume,)).superseded == 0
