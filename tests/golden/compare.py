"""Find where two answers differ: numbers as numbers, since machines and versions differ in a float's last digit."""

from __future__ import annotations

import csv
import difflib
import json
import math
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from tests.golden.cases import Kind

RELATIVE = 1e-9
"""How far two floats may be apart, relative to the larger one."""


def differences(expected: str, found: str, kind: Kind) -> Iterator[str]:
    """Yield a sentence, or a line of a diff, for each difference of two answers."""
    if kind is Kind.JSON:
        yield from json_differences(json.loads(expected), json.loads(found))
    elif kind is Kind.CSV:
        yield from _csv_differences(expected, found)
    else:
        yield from difflib.unified_diff(expected.splitlines(), found.splitlines(), "golden", "found", lineterm="")


def json_differences(
    expected: Any, found: Any, path: str = "", *, relative: float = RELATIVE, absolute: float = 0.0
) -> Iterator[str]:
    """Yield where two JSON values differ; the order of an object's keys counts, as it is the order on the screen."""
    if isinstance(expected, dict) and isinstance(found, dict):
        if list(expected) != list(found):
            missing = [key for key in expected if key not in found]
            added = [key for key in found if key not in expected]
            yield f"{path or '.'}: keys missing {missing}, added {added}" + ("" if missing or added else ", reordered")
        pairs = [(f"{path}.{key}", expected[key], found[key]) for key in expected if key in found]
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{path or '.'}: {len(found)} items, golden {len(expected)}"
        pairs = [(f"{path}[{index}]", *pair) for index, pair in enumerate(zip(expected, found, strict=False))]
    else:
        if not _same(expected, found, relative, absolute):
            yield f"{path or '.'}: {found!r}, golden {expected!r}"
        return
    for where, one, other in pairs:
        yield from json_differences(one, other, where, relative=relative, absolute=absolute)


def _same(expected: Any, found: Any, relative: float, absolute: float) -> bool:
    if isinstance(expected, float) and isinstance(found, float):
        same = math.isclose(expected, found, rel_tol=relative, abs_tol=absolute)
        return same or (math.isnan(expected) and math.isnan(found))
    return type(expected) is type(found) and bool(expected == found)


def _csv_differences(expected: str, found: str) -> Iterator[str]:
    rows = [list(csv.reader(text.splitlines())) for text in (expected, found)]
    header = rows[0][0]
    for number, (one, other) in enumerate(zip_longest(*rows, fillvalue=[]), start=1):
        if len(one) != len(other):
            yield f"line {number}: {len(other)} cells, golden {len(one)}"
        for column, golden, cell in zip(header, one, other, strict=False):
            if golden != cell and not _same(_number(golden), _number(cell), RELATIVE, 0.0):
                yield f"line {number}, {column}: {cell!r}, golden {golden!r}"


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell
