"""Advice fits the cause and speaks in the run's own numbers."""

from __future__ import annotations

import re

import pytest

from seqsetvae.collapse.advice import advise, rounded
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Condition
from seqsetvae.training.config import TrainConfig
from tests.collapse.courses import alive


def advice(condition: Condition, *, free_bits: float = 0.1, max_beta: float | None = 0.1) -> str:
    return "; ".join(advise(condition, alive(max_beta=max_beta), Thresholds(free_bits=free_bits)))


@pytest.mark.parametrize(
    ("condition", "first"),
    [
        (Condition.COLLAPSE, "lower --max_beta from 0.1 to 0.03"),
        (Condition.DECODER_IGNORES_Z, "weaken the decoder"),
        (Condition.PARTIAL_COLLAPSE, "raise --free_bits from 0.1 to 0.3"),
        (Condition.OVER_CONFIDENT, "raise --max_beta from 0.1 to 0.3"),
        (Condition.KL_EXPLOSION, "lower --learning_rate"),
        (Condition.HELD_BY_FREE_BITS, "judge z by active units and mutual information"),
        (Condition.DIVERGENCE, "resume from the last good checkpoint with a lower --learning_rate"),
    ],
)
def test_each_trouble_has_its_remedy(condition: Condition, first: str) -> None:
    assert advice(condition).startswith(first)


@pytest.mark.parametrize("condition", [Condition.HEALTHY, Condition.WARMING_UP, Condition.NOT_ENOUGH_EVIDENCE])
def test_where_nothing_is_wrong_nothing_is_advised(condition: Condition) -> None:
    assert advice(condition) == ""


def test_a_run_without_free_bits_is_advised_to_have_them() -> None:
    assert "give every dimension free bits (--free_bits 0.05)" in advice(Condition.COLLAPSE, free_bits=0.0)


def test_a_log_that_does_not_tell_beta_gets_no_number() -> None:
    assert "lower --max_beta;" in advice(Condition.COLLAPSE, max_beta=None)


def test_every_flag_that_is_advised_exists() -> None:
    flags = set(re.findall(r"--(\w+)", " ".join(advice(condition) for condition in Condition)))
    assert len(flags) > 5
    assert flags <= set(TrainConfig.__dataclass_fields__)


def test_numbers_are_rounded_to_what_people_try() -> None:
    assert [rounded(value) for value in (0.0333, 0.25, 3.3, 0.4, 9.0)] == [0.03, 0.2, 3.0, 0.3, 10.0]
