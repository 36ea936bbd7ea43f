"""Every program answers as it did when the golden files were made, and a checkpoint of that time resumes."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

from tests.golden import training
from tests.golden.cases import EXPECTED, Case, all_cases, answer_of, expected_of, lay_out
from tests.golden.compare import differences, json_differences

SHOWN = 40
"""Differences that a failure lists."""

#: How far a metric may be off after a few steps on another processor, relative to it and in itself.
RELATIVE, ABSOLUTE = 2e-3, 2e-5


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with all logs, as the cases expect them."""
    return lay_out(tmp_path_factory.mktemp("golden") / "place")


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_a_program_answers_as_before(case: Case, place: Path) -> None:
    found = list(islice(differences(expected_of(case), answer_of(case, place), case.kind), SHOWN))
    words = " ".join((case.program, *case.words))
    assert not found, "\n".join([f"{words} answers otherwise than {case.name}:", *found])


def test_each_golden_file_belongs_to_one_case() -> None:
    names = [case.name for case in all_cases()]
    assert sorted(names) == sorted(path.name.removesuffix(".gz").rpartition(".")[0] for path in EXPECTED.iterdir())


@pytest.mark.usefixtures("one_thread")
def test_a_checkpoint_resumes_as_before(tmp_path: Path) -> None:
    expected, found = json.loads(training.METRICS.read_bytes()), training.resume(tmp_path)
    off = list(islice(json_differences(expected, found, relative=RELATIVE, absolute=ABSOLUTE), SHOWN))
    assert not off, "\n".join(off)
