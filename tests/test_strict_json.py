"""JSON as the streams need it."""

import json
import math

import numpy as np
import pytest

from seqsetvae.i18n.message import Message
from seqsetvae.strict_json import decode, encode, encode_pretty


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{", b"NaN", b"1e999", b"1 2", b'"\xff"', b'"\\ud800"'),
        pytest.param(b"[" * 100_000, id="open lists"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="nested lists"),
    ],
)
def test_what_is_not_json_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(text)


def test_values_come_back() -> None:
    values = {"a": [1, -2.5, 1e-300, 1e22, True, None], "ö": {"b": "é\n"}}
    assert decode(encode(values)) == json.loads(encode(values)) == values
    assert encode_pretty(values).count(b"\n") == len(json.dumps(values, indent=2).splitlines())


def test_numpy_and_kinds_of_strings_are_plain() -> None:
    content = {"a": np.arange(2.0), "b": np.float32(0.5), "c": np.int64(3), "d": Message("{n} runs", n=2)}
    assert decode(encode(content)) == {"a": [0.0, 1.0], "b": 0.5, "c": 3, "d": "2 runs"}


def test_a_number_that_is_not_finite_is_null() -> None:
    assert encode([math.nan, math.inf]) == b"[null,null]"


@pytest.mark.parametrize(("value", "error"), [(object(), TypeError), ("\ud800", UnicodeEncodeError)])
def test_what_json_cannot_carry_is_refused(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        encode(value)
