"""The comparison finds what differs, and forgives the last digit of a float alone."""

from __future__ import annotations

import pytest

from tests.golden.cases import Kind
from tests.golden.compare import differences


@pytest.mark.parametrize(
    ("kind", "expected", "found", "named"),
    [
        (Kind.JSON, '{"a":{"b":1.5}}', '{"a":{"b":1.6}}', [".a.b: 1.6, golden 1.5"]),
        (Kind.JSON, '{"a":1}', '{"a":1.0}', [".a: 1.0, golden 1"]),
        (Kind.JSON, '{"a":1,"b":2}', '{"b":2,"a":1}', [".: keys missing [], added [], reordered"]),
        (Kind.JSON, '{"a":1,"b":2}', '{"a":1,"c":2}', [".: keys missing ['b'], added ['c']"]),
        (Kind.JSON, "[1,2]", "[1]", [".: 1 items, golden 2"]),
        (Kind.CSV, "a,b\n1,2.5\n", "a,b\n1,2.6\n", ["line 2, b: '2.6', golden '2.5'"]),
        (Kind.CSV, "a,b\n1,2.5\n", "a,b\n1,\n", ["line 2, b: '', golden '2.5'"]),
        (Kind.CSV, "a\n1\n", "a\n1\n2\n", ["line 3: 1 cells, golden 0"]),
        (
            Kind.TEXT,
            "one\ntwo\n",
            "one\nthree\n",
            ["--- golden", "+++ found", "@@ -1,2 +1,2 @@", " one", "-two", "+three"],
        ),
    ],
)
def test_differences_are_named(kind: Kind, expected: str, found: str, named: list[str]) -> None:
    assert list(differences(expected, found, kind)) == named


@pytest.mark.parametrize(
    ("kind", "expected", "found"),
    [
        (Kind.JSON, '{"a":[0.1,NaN]}', '{"a":[0.10000000000000002,NaN]}'),
        (Kind.CSV, "a,b\n0.1,nan\n", "a,b\n0.10000000000000002,nan\n"),
        (Kind.TEXT, "one\n", "one\n"),
    ],
)
def test_last_digits_are_forgiven(kind: Kind, expected: str, found: str) -> None:
    assert not list(differences(expected, found, kind))
