"""The thresholds that people are shown are those that detectors judge by."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.limits import Limit, in_words, limits_in_force
from seqsetvae.collapse.thresholds import Thresholds
from tests.posterior.histories import observation

#: Healthy to both detectors, so that one number at a time can be moved to its limit.
HEALTHY = observation(100, kl=50.0, mutual_information=4.0, z_ablation=0.5, collapsed_fraction=0.1)


def reasons_at(thresholds: Thresholds, metric: str, value: float) -> int:
    changes: dict[str, Any] = {metric: value}
    return len(make_detector(thresholds).observe(dataclasses.replace(HEALTHY, **changes)).reasons)


def limits(thresholds: Thresholds) -> tuple[Limit, ...]:
    return limits_in_force(thresholds, dimensions=8, sample_sets=128.0)


@pytest.mark.parametrize(
    "thresholds",
    [
        Thresholds(detector="original"),
        Thresholds(detector="original", fast_detection=True),
        Thresholds(detector="original", kl_threshold=0.7, var_threshold=0.3, active_units_threshold=0.25),
    ],
)
def test_the_original_rules_change_their_mind_at_each_limit(thresholds: Thresholds) -> None:
    shown = limits(thresholds)
    assert [limit.metric for limit in shown] == ["kl", "variance", "active_units_sigma"]
    for limit in shown:
        beyond, within = (0.99, 1.01) if limit.low else (1.01, 0.99)
        assert reasons_at(thresholds, limit.metric, limit.value * beyond) == 1
        assert reasons_at(thresholds, limit.metric, limit.value * within) == 0


def test_settings_move_the_limits() -> None:
    shown = {
        (limit.metric, limit.low): limit.value
        for limit in limits(
            Thresholds(
                kl_threshold=0.5, var_threshold=0.9, active_units_threshold=0.2, collapsed_fraction_threshold=0.8,
                mutual_information_threshold=0.1, z_ablation_threshold=0.05, kl_explosion_threshold=300.0,
            )
        )
    }  # fmt: skip
    assert shown.pop(("variance", True)) > 0
    assert shown == {
        ("kl", True): 0.5,
        ("kl", False): 300.0,
        ("variance", False): 0.9,
        ("active_units", True): 0.2,
        ("collapsed_fraction", False): 0.8,
        ("mutual_information", True): 0.1,
        ("z_ablation", True): 0.05,
    }


def test_before_the_first_check_only_what_is_known_is_shown() -> None:
    shown = limits_in_force(Thresholds(), dimensions=0, sample_sets=None)
    assert {limit.metric for limit in shown} == {"variance", "active_units", "collapsed_fraction", "z_ablation"}


def test_numbers_are_written_as_people_read_them() -> None:
    values = (0.0, 0.01234, 1.0, 999.4, 1024.0, 3.4e38, -math.inf, math.nan)
    assert [in_words(value) for value in values] == [
        "0", "0.0123", "1", "999", "1,024", "3.4e+38", "-inf", "NaN",
    ]  # fmt: skip
