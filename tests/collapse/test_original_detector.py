"""The original's rules, as they are, with what they miss."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.original_detector import CONSISTENTLY, SLOPE_CHECKS, OriginalDetector
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Condition, Verdict
from tests.collapse.courses import alive, dead, levels, numbered, verdicts


def original(checks: list[Observation], **settings: Any) -> list[Verdict]:
    return verdicts(OriginalDetector(Thresholds(detector="original", **settings)), numbered(checks))


def low(**changes: Any) -> Observation:
    return alive(kl=0.009, **changes)


def test_nothing_is_wrong_with_a_healthy_run() -> None:
    assert levels(original([alive()] * 5)) == "ggggg"


@pytest.mark.parametrize(
    "seen",
    [low(), alive(variance=0.09), alive(active_units_sigma=0.09)],
    ids=["KL", "variance", "share of variances above 0.01"],
)
def test_one_number_is_yellow(seen: Observation) -> None:
    assert levels(original([seen])) == "y"


def test_two_numbers_are_orange_and_red_when_confirmed() -> None:
    found = original([low(variance=0.05), low(variance=0.05), alive()])
    assert levels(found) == "org"
    assert found[0].condition is Condition.COLLAPSE
    assert found[0].reasons == ("KL 0.009 < 0.01", "variance 0.05 < 0.1")


def test_a_total_collapse_does_not_look_like_one() -> None:
    """Its variance is the prior's, its share of variances above 0.01 is whole: only KL can tell, and only when tiny."""
    assert levels(original([dead(kl=0.02)] * 100)) == "g" * 100


def test_kl_that_stays_low_counts_double() -> None:
    found = levels(original([dead(kl=0.005)] * (CONSISTENTLY + 2)))
    assert found == "y" * (CONSISTENTLY - 1) + "orr"


def test_a_rising_reconstruction_counts_after_fifty_checks() -> None:
    rising = [alive(recon=1.0 + 0.0011 * i) for i in range(SLOPE_CHECKS)]
    assert levels(original(rising)) == "g" * (SLOPE_CHECKS - 1) + "y"
    assert levels(original([alive(recon=1.0 + 0.0009 * i) for i in range(SLOPE_CHECKS)])) == "g" * SLOPE_CHECKS


def test_fast_detection_has_its_own_thresholds() -> None:
    fast = {"fast_detection": True}
    assert levels(original([alive(kl=0.006)], **fast)) == "g"
    assert levels(original([alive(variance=0.06)], **fast)) == "g"
    assert levels(original([alive(active_units_sigma=0.14)], **fast)) == "y"


def test_given_thresholds_win() -> None:
    assert levels(original([alive(kl=4.0)], kl_threshold=5.0)) == "y"
    assert levels(original([alive(variance=0.3)], var_threshold=0.4)) == "y"
    assert levels(original([alive(active_units_sigma=0.3)], active_units_threshold=0.4)) == "y"


def test_numbers_that_are_none_are_not_below_anything() -> None:
    """The original compares and compares: a NaN passes for healthy."""
    assert levels(original([alive(kl=float("nan"), variance=float("nan"))])) == "g"


def test_it_goes_on_from_its_state() -> None:
    course = numbered([*[dead(kl=0.005)] * 25, *[alive(recon=1.0 + 0.002 * i) for i in range(60)]])
    whole = verdicts(OriginalDetector(Thresholds(detector="original")), course)
    first, second = (OriginalDetector(Thresholds(detector="original")) for _ in range(2))
    before = verdicts(first, course[:37])
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert before + verdicts(second, course[37:]) == whole
