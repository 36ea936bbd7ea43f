"""The detector over whole courses of training."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.posterior_detector import PosteriorDetector
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Condition, Verdict
from seqsetvae.stream.records import Level
from tests.collapse.courses import alive, dead, diverged, judged, levels, numbered, verdicts


def test_a_healthy_run_is_green_from_its_first_check() -> None:
    found = judged([alive()] * 12)
    assert levels(found) == "g" * 12
    assert [verdict.condition for verdict in found if verdict.changed] == [
        Condition.NOT_ENOUGH_EVIDENCE,
        Condition.HEALTHY,
    ]


def test_a_collapse_in_the_middle_is_orange_on_its_second_check_and_red_soon_after() -> None:
    found = judged([*[alive()] * 10, *[dead()] * 10])
    assert levels(found) == "g" * 10 + "goorrrrrrr"
    red = next(verdict for verdict in found if verdict.level is Level.RED)
    assert red.condition is Condition.COLLAPSE
    assert "active units 0.0 % < 10 %" in red.reasons
    assert red.advice[0] == "lower --max_beta from 0.01 to 0.003"


def test_a_run_that_dies_at_once_waits_for_enough_checks() -> None:
    assert levels(judged([alive(), *[dead()] * 9])) == "ggggoorrrr"


def test_a_run_that_starts_at_the_prior_is_given_time_to_wake_up() -> None:
    found = judged([dead()] * 26)
    assert levels(found) == "g" * 24 + "yo"
    assert [verdict.condition for verdict in found[:24] if verdict.changed] == [
        Condition.NOT_ENOUGH_EVIDENCE,
        Condition.NOT_AWAKE,
    ]
    assert set(levels(judged([*[dead()] * 18, *[alive()] * 20]))) == {"g"}


def test_a_run_that_stays_at_the_prior_with_next_to_no_kl_is_given_less() -> None:
    assert levels(judged([dead(kl=0.005)] * 18)) == "g" * 14 + "yoor"


def test_a_posterior_that_wakes_slowly_is_left_alone() -> None:
    waking = [dead(kl=0.02 * 1.1**i, mutual_information=0.008 * 1.1**i) for i in range(50)]
    assert set(levels(judged([*waking, *[alive()] * 5]))) == {"g"}


def test_one_bad_check_changes_nothing() -> None:
    assert levels(judged([*[alive()] * 10, dead(), *[alive()] * 10])) == "g" * 21


def test_dead_dimensions_alone_are_yellow_for_ever() -> None:
    """A posterior may prune what it does not need."""
    pruned = alive(active_units=0.04, collapsed_fraction=0.96)
    found = judged([*[alive()] * 10, *[pruned] * 50])
    assert found[-1].level is Level.YELLOW
    assert found[-1].condition is Condition.PARTIAL_COLLAPSE


def test_nothing_is_above_yellow_while_beta_warms_up_and_a_collapse_shows_when_it_has() -> None:
    found = judged([alive(beta=0.003), *[dead(beta=0.004)] * 29, *[dead()] * 6])
    assert levels(found)[:30] == "g" * 5 + "y" * 25
    assert found[29].condition is Condition.WARMING_UP
    assert levels(found)[30:] == "yoorrr"


def test_odd_numbers_of_an_untrained_model_are_not_worth_a_word() -> None:
    """Too few checks, or a warm-up in which lines do not agree."""
    assert set(levels(judged([dead()] * 4))) == {"g"}
    assert set(levels(judged([alive(), *[alive(mutual_information=0.1, beta=0.001)] * 30]))) == {"g"}


def test_a_cyclical_schedule_that_starts_again_does_not_acquit() -> None:
    found = judged([*[alive()] * 10, *[dead()] * 10, *[dead(beta=0.0)] * 10])
    assert levels(found)[20:] == "r" * 10
    assert found[-1].condition is Condition.COLLAPSE


def test_a_recovered_run_comes_down_step_by_step() -> None:
    found = judged([*[alive()] * 10, *[dead()] * 10, *[alive()] * 20])
    assert levels(found)[20:] == "rr" + "oo" + "yyy" + "g" * 13
    assert found[-1].condition is Condition.HEALTHY


def test_numbers_that_are_none_are_yellow_once_and_red_twice() -> None:
    found = judged([alive(), diverged(), diverged(), diverged()])
    assert levels(found) == "gyrr"
    assert found[-1].condition is Condition.DIVERGENCE
    assert found[-1].reasons == ("KL, variance, reconstruction not finite in 3 checks running",)


def test_a_single_overflow_is_forgotten() -> None:
    assert levels(judged([*[alive()] * 6, diverged(), *[alive()] * 6])) == "g" * 6 + "y" * 3 + "gggg"


def test_an_explosion_is_orange_and_named() -> None:
    found = judged([*[alive()] * 6, *[alive(kl=500.0)] * 20])
    assert found[-1].level is Level.ORANGE
    assert found[-1].condition is Condition.KL_EXPLOSION


def test_the_verdict_tells_since_when_and_for_how_many_checks() -> None:
    found = judged([*[alive()] * 10, *[dead()] * 4])
    assert [(v.since, v.checks, v.changed) for v in found[-4:]] == [
        (50, 7, False), (120, 1, True), (120, 2, False), (140, 1, True),
    ]  # fmt: skip


def test_names_do_not_alternate() -> None:
    """Two checks of another name are not enough to be called by it."""
    held = alive(kl=3.2, kl_per_dim=(0.1,) * 32)
    found = judged([*[alive()] * 6, held, held, *[alive()] * 3, held, held, held], Thresholds(free_bits=0.1))
    assert [verdict.condition for verdict in found if verdict.changed] == [
        Condition.NOT_ENOUGH_EVIDENCE,
        Condition.HEALTHY,
        Condition.HELD_BY_FREE_BITS,
    ]


def test_more_checks_can_be_asked_for() -> None:
    assert levels(judged([alive(), *[dead()] * 8], Thresholds(min_checks=9))) == "ggggggggo"


def test_a_log_with_kl_alone_is_never_more_than_yellow() -> None:
    seen = [Observation(step=0, kl=0.001)] * 20
    assert set(levels(judged(seen, Thresholds(kl_threshold=0.1)))) == {"g", "y"}


kinds = st.sampled_from([alive(), dead(), diverged(), alive(kl=500.0), dead(beta=0.001), alive(active_units=0.05)])
courses = st.lists(kinds, min_size=1, max_size=40)


@given(courses, st.data())
def test_a_detector_goes_on_from_any_check(course: list[Observation], data: st.DataObject) -> None:
    """Its state survives JSON, and what comes after is what an undisturbed detector says."""
    checks = numbered(course)
    cut = data.draw(st.integers(0, len(checks)))
    first = PosteriorDetector(Thresholds())
    before = verdicts(first, checks[:cut])
    second = PosteriorDetector(Thresholds())
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert before + verdicts(second, checks[cut:]) == verdicts(PosteriorDetector(Thresholds()), checks)


@given(courses)
def test_changes_are_marked(course: list[Observation]) -> None:
    found = judged(course)
    for before, after in pairwise(found):
        assert after.changed == ((before.level, before.condition) != (after.level, after.condition))
        assert after.checks == (1 if after.changed else before.checks + 1)
        assert after.since == (after.step if after.changed else before.since)


@given(courses)
def test_a_verdict_survives_being_written_down(course: list[Observation]) -> None:
    for verdict in judged(course):
        written = json.loads(json.dumps(verdict.to_data()))
        assert Verdict.from_data(written, changed=verdict.changed) == verdict


@pytest.mark.parametrize("name", ["posterior", "original"])
def test_the_state_of_another_detector_is_left_alone(name: str) -> None:
    other = "original" if name == "posterior" else "posterior"
    detector, stranger = make_detector(Thresholds(detector=name)), make_detector(Thresholds(detector=other))  # type: ignore[arg-type]
    verdicts(stranger, numbered([dead()] * 20))
    detector.load_state_dict(stranger.state_dict())
    assert detector.latest is None
