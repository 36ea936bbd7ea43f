import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.logs.tailer import Chunk
from seqsetvae.stream.codec import encode_metrics
from seqsetvae.stream.records import MetricsRecord
from seqsetvae.stream.resume import Resume
from tests.tui.follow.codec_reference import reference
from tests.tui.logs import lines
from tui.follow.columns import Batch, decode_chunk

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


def decoded(*given_lines: bytes, resumes: tuple[Resume, ...] = ()) -> Batch:
    return decode_chunk(Chunk(data=b"".join(line + b"\n" for line in given_lines)), resumes)


@given(st.lists(st.sampled_from(HOSTILE + GOOD), max_size=40))
def test_tables_take_the_same_lines_and_numbers_as_the_codec(chosen: list[bytes]) -> None:
    batch = decoded(*chosen)
    expected, bad, ignored = reference(chosen)
    assert (batch.lines, batch.bad_lines, batch.ignored_values) == (len(chosen), bad, ignored)
    assert set(batch.scalars) == set(expected)
    for name, (trail, values) in batch.scalars.items():
        np.testing.assert_array_equal(np.stack([trail.step, values], axis=1), np.array(expected[name]))


def test_points_stay_in_the_order_of_the_log_when_lines_differ_in_their_metrics() -> None:
    trail, values = decode_chunk(Chunk(data=lines(0, 50))).scalars["train/loss"]
    assert trail.step.tolist() == list(range(50))
    assert trail.epoch[10] == pytest.approx(0.02)
    assert (np.diff(values) < 0).all()


def test_lists_keep_their_non_finite_numbers() -> None:
    (vector,) = decoded(b'{"t":1,"step":3,"posterior/kl_per_dim":[0.5,"NaN"]}').vectors
    assert (vector.name, vector.step, vector.values[0]) == ("posterior/kl_per_dim", 3, 0.5)
    assert math.isnan(vector.values[1])


def test_lists_stay_in_the_order_of_the_log_when_lines_differ_in_their_metrics() -> None:
    batch = decoded(b'{"t":1,"step":1,"v":[1]}', b'{"t":2,"step":2,"v":[2],"a":1}', b'{"t":3,"step":3,"v":[3]}')
    assert [vector.step for vector in batch.vectors] == [1, 2, 3]


def test_ten_thousand_metrics_in_one_line_are_ten_thousand_series() -> None:
    values = {f"m/{place}": float(place) for place in range(10_000)}
    batch = decode_chunk(Chunk(data=encode_metrics(MetricsRecord(t=1.0, step=1, values=values))))
    assert len(batch.scalars) == 10_000
    assert batch.scalars["m/9999"][1].tolist() == [9999.0]


def test_points_that_a_resumption_made_void_are_left_out_and_counted() -> None:
    resume = Resume(t=1_700_000_100.0, step=20)
    batch = decode_chunk(Chunk(data=lines(0, 31)), (resume,))
    assert batch.scalars["train/loss"][0].step.tolist() == list(range(21))
    assert batch.superseded == 10
    assert [vector.step for vector in batch.vectors] == [0, 10, 20]


def test_the_place_in_the_file_decides_where_the_resumption_tells_it() -> None:
    data = lines(0, 10)
    resume = Resume(t=0.0, step=4, metrics_bytes=len(data))
    again = decode_chunk(Chunk(data=lines(5, 8), offset=len(data)), (resume,))
    assert decode_chunk(Chunk(data=data), (resume,)).superseded == 5
    assert again.superseded == 0
