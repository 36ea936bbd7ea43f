"""JSON as bytes, strict in both directions: no NaN, no infinity, no byte that is not UTF-8."""

from __future__ import annotations

from typing import Any

import msgspec


def decode(data: bytes) -> Any:
    """Return the value in a text.

    Raises:
        ValueError: it is not JSON, or nested too deeply.
    """
    try:
        return _DECODE(data)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def encode(value: object) -> bytes:
    """Return a value in one line, without a newline; a number that is not finite becomes null.

    Raises:
        TypeError: something in it has no JSON form.
        UnicodeEncodeError: it holds text that UTF-8 cannot carry.
    """
    return _ENCODE(value)


def encode_pretty(value: object) -> bytes:
    """Return a value indented for people, with a newline at the end; raises like `encode`."""
    return msgspec.json.format(_ENCODE(value), indent=2) + b"\n"


def _plain(value: object) -> object:
    """Return numpy's scalars and arrays as numbers and lists, and kinds of strings as strings."""
    if isinstance(value, str):
        return str.__str__(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")


_DECODE = msgspec.json.Decoder().decode
_ENCODE = msgspec.json.Encoder(enc_hook=_plain).encode
