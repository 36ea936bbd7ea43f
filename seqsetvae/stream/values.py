"""Numbers and other values as strict JSON carries them.

JSON has no NaN and no infinities, and a NaN loss is the very thing a watcher must show: they travel as the strings
"NaN", "Infinity" and "-Infinity". A bool is not a number.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from numbers import Real
from typing import Any, SupportsFloat

NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

_MAX_DEPTH = 32
"""Deeper values (a cycle, most likely) are written as their text."""

_SHOWN = 80
"""Characters of a value that an error shows."""

_INT64, _UINT64 = -(2**63), 2**64 - 1
_MAX_TEXT = 10_000
"""Characters kept of the text of an object that JSON cannot carry; enough to recognise it, too few to bloat a log."""


class NumberError(ValueError):
    """A value that is neither a number nor a flat list of numbers."""


def to_wire(value: object) -> float | int | str | list[float | int | str]:
    """One metric value for JSON; numpy and torch scalars and vectors are taken too.

    Raises:
        NumberError: for bools, text, nested lists and anything else that is no number.
    """
    kind = type(value)
    if kind is float or kind is int:
        return _scalar(value)
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_scalar(item.item() if hasattr(item, "item") else item) for item in value]
    return _scalar(value)


def _scalar(value: object) -> float | int | str:
    if type(value) is int and _INT64 <= value <= _UINT64:
        return value
    number = value if type(value) is float else _as_float(value)
    if math.isfinite(number):
        return number
    return "NaN" if number != number else "Infinity" if number > 0 else "-Infinity"


def _as_float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, SupportsFloat):
        raise NumberError(f"{value!r:.80} is not a number")
    try:
        return float(value)
    except OverflowError:  # a whole number that no float reaches
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]


def from_wire(value: object) -> float | tuple[float, ...]:
    """One metric value from parsed JSON.

    Raises:
        NumberError: for null, bools, other text, objects and nested lists.
    """
    kind = type(value)
    if kind is float:
        return value  # type: ignore[return-value]
    if kind is list:
        return tuple([item if type(item) is float else _number(item) for item in value])  # type: ignore[attr-defined]
    return _number(value)


def _number(value: object) -> float:
    if type(value) is float:
        return value
    if type(value) is int:
        return _as_float(value)
    if type(value) is str and value in NON_FINITE:
        return NON_FINITE[value]
    raise NumberError(f"{shown(value)} is not a number")


def shown(value: object) -> str:
    """A parsed JSON value in few characters, for an error; a list or an object is not spelled out, however long."""
    if isinstance(value, (list, dict)):
        return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    return repr(value[:_SHOWN] if isinstance(value, str) else value)[:_SHOWN]


def plain(value: object, depth: int = 0) -> Any:
    """Any value as JSON can carry it: what has no JSON form is written as its text, so that no log fails on it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean_text(str(value))
    if isinstance(value, Real):
        return _scalar(value)
    if depth >= _MAX_DEPTH:
        return clean_text(repr(value)[:_MAX_TEXT])
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name), depth + 1) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {clean_text(str(key)): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item, depth + 1) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist(), depth + 1)
    return clean_text(str(value)[:_MAX_TEXT])


def restored(value: Any) -> Any:
    """Parsed JSON with the three non-finite names turned back into numbers, at any depth.

    A whole number beyond 64 bits becomes a float, which every reader can calculate with.
    """
    if type(value) is int:
        return value if _INT64 <= value <= _UINT64 else _as_float(value)
    if type(value) is str:
        return NON_FINITE.get(value, value)
    if type(value) is list:
        return [restored(item) for item in value]
    if type(value) is dict:
        return {key: restored(item) for key, item in value.items()}
    return value


def printable(text: str) -> str:
    """Return a text in which control characters are replaced: a terminal would obey them."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def clean_text(text: str) -> str:
    """The text with unpaired surrogates, which UTF-8 cannot carry, replaced by U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
