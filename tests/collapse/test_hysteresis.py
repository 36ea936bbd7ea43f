"""Levels are entered and left by runs of steps."""

from __future__ import annotations

from seqsetvae.collapse.hysteresis import CLEAN_STEPS, ORANGE_STEPS, RED_STEPS, LevelHysteresis, LevelSignal
from seqsetvae.stream.records import Level

GOOD = LevelSignal(yellow=False, orange=False, red=False, clean=Level.GREEN)
ODD = LevelSignal(yellow=True, orange=False, red=False, clean=Level.YELLOW)
BAD = LevelSignal(yellow=True, orange=True, red=False, clean=Level.ORANGE)
WORST = LevelSignal(yellow=True, orange=True, red=True, clean=Level.RED)


#: Steps between two checks of most tests.
EVERY = 5


def climb(*signals: LevelSignal, every: int = EVERY) -> list[Level]:
    hysteresis = LevelHysteresis()
    return [hysteresis.add(signal, every) for signal in signals]


def test_one_odd_check_is_noise_and_some_steps_of_them_are_yellow() -> None:
    assert climb(ODD, GOOD, GOOD) == [Level.GREEN] * 3
    assert climb(ODD, ODD, GOOD, ODD, ODD)[-2:] == [Level.GREEN, Level.YELLOW]


def test_a_level_does_not_depend_on_how_often_it_is_looked_at() -> None:
    for every in (1, 5, 20, 100):
        levels = climb(*[WORST] * (200 // every), *[GOOD] * (200 // every), every=every)
        assert levels[200 // every - 1] is Level.RED
        assert levels[-1] is Level.GREEN


def test_orange_needs_agreement_running() -> None:
    assert climb(*[BAD] * (ORANGE_STEPS // EVERY))[-1] is Level.ORANGE
    assert Level.ORANGE not in climb(*[BAD, ODD] * 10)


def test_red_is_orange_confirmed() -> None:
    levels = climb(*[WORST] * 20)
    assert EVERY * (levels.index(Level.RED) - levels.index(Level.ORANGE)) == RED_STEPS
    assert Level.RED not in climb(*[BAD] * 20)


def test_a_level_is_left_one_step_at_a_time_by_clean_checks() -> None:
    hysteresis = LevelHysteresis(level=Level.RED)
    checks = CLEAN_STEPS // EVERY
    left = [hysteresis.add(GOOD, EVERY) for _ in range(3 * checks)]
    assert [left[checks * n - 1] for n in (1, 2, 3)] == [Level.ORANGE, Level.YELLOW, Level.GREEN]
    assert left[checks - 2] is Level.RED


def test_one_bad_check_starts_the_count_of_clean_ones_anew() -> None:
    hysteresis = LevelHysteresis(level=Level.YELLOW)
    signals = [*[GOOD] * (CLEAN_STEPS // EVERY - 1), ODD, *[GOOD] * (CLEAN_STEPS // EVERY - 1)]
    assert {hysteresis.add(signal, EVERY) for signal in signals} == {Level.YELLOW}


def test_red_becomes_orange_when_only_orange_is_left_and_stays_there() -> None:
    hysteresis = LevelHysteresis(level=Level.RED)
    assert [hysteresis.add(BAD, EVERY) for _ in range(50)][-1] is Level.ORANGE


def test_a_cap_stops_the_rise_but_takes_nothing_back() -> None:
    capped = LevelSignal(yellow=True, orange=True, red=True, clean=Level.RED, cap=Level.YELLOW)
    assert climb(*[capped] * 20)[-1] is Level.YELLOW
    hysteresis = LevelHysteresis(level=Level.RED)
    assert hysteresis.add(capped, EVERY) is Level.RED


def test_what_may_pass_by_itself_confirms_nothing_later() -> None:
    passing = LevelSignal(yellow=True, orange=True, red=True, clean=Level.RED, passing=True, cap=Level.YELLOW)
    assert climb(*[passing] * 5, WORST, WORST)[-1] is Level.YELLOW
    assert climb(*[passing] * 5, WORST, WORST, WORST)[-1] is Level.ORANGE


def test_what_was_seen_when_it_was_early_counts_later() -> None:
    early = LevelSignal(yellow=True, orange=True, red=True, clean=Level.RED, cap=Level.YELLOW)
    assert climb(*[early] * 5, WORST)[-1] is Level.ORANGE


def test_some_things_do_not_wait() -> None:
    assert climb(LevelSignal(yellow=True, orange=False, red=False, clean=Level.RED, at_once=Level.RED)) == [Level.RED]


def test_a_staircase_goes_on_from_its_state() -> None:
    first = LevelHysteresis()
    for signal in (ODD, BAD, BAD, WORST):
        first.add(signal, EVERY)
    assert LevelHysteresis.of(first.state_dict()) == first


def test_numbers_that_are_far_gone_need_less_confirmation() -> None:
    far = LevelSignal(yellow=True, orange=True, red=True, far=True, clean=Level.RED)
    assert climb(WORST, far)[-1] is Level.ORANGE
    assert climb(WORST, WORST)[-1] is Level.GREEN
