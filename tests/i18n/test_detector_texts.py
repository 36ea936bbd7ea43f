"""All that the detector says is in the catalogue: its conditions, its evidence and its advice."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from seqsetvae.collapse.advice import FLAGS, TERMS, advise
from seqsetvae.collapse.observation import LevelObservation
from seqsetvae.collapse.original_detector import OriginalDetector
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Condition, Verdict
from seqsetvae.i18n.language import Language, speaking, translated
from seqsetvae.i18n.log_texts import log_text
from seqsetvae.logs.series_view import Axis
from seqsetvae.stream.records import Level, RunState
from tests.collapse.courses import DIMENSIONS, alive, dead, diverged, judged, numbered, verdicts
from tui.follow.liveness import State

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    with speaking(Language.ZH):
        yield


@pytest.mark.parametrize("word", [*Condition, *Level, *RunState, *State, *Axis])
def test_every_condition_level_state_and_axis_has_a_name(word: str) -> None:
    assert CHINESE.search(translated(str(word)))


@pytest.mark.parametrize("condition", Condition)
@pytest.mark.parametrize("free_bits", [0.0, 0.1])
@pytest.mark.parametrize("max_beta", [None, 0.1])
def test_every_advice_is_translated(condition: Condition, free_bits: float, max_beta: float | None) -> None:
    if condition is Condition.HELD_BY_FREE_BITS and not free_bits:
        return  # nothing holds it up
    advice = [
        remedy
        for words in (FLAGS, TERMS)
        for remedy in advise(condition, alive(max_beta=max_beta), Thresholds(free_bits=free_bits), words)
    ]
    assert [text for text in advice if not CHINESE.search(log_text(text))] == []


def all_reasons() -> set[str]:
    """The evidence of every condition, as both detectors tell it."""
    half = LevelObservation(kl=2.5, active_units=1.0)
    silent = alive(levels=(half, LevelObservation(kl=0.001, active_units=0.0)))
    held = alive(kl_per_dim=(0.1,) * DIMENSIONS)
    courses = [
        ([dead(z_ablation=0.0001)] * 20, Thresholds()),
        ([*[alive()] * 5, *[alive(kl=500.0)] * 20], Thresholds()),
        ([*[alive()] * 20, *[alive(variance=0.01, recon=9.0)] * 20], Thresholds()),
        ([*[alive()] * 20, *[alive(mutual_information=1.0, kl=2.0)] * 20], Thresholds()),
        ([silent] * 20, Thresholds()),
        ([held] * 20, Thresholds(free_bits=0.1)),
        ([alive(), *[diverged()] * 5], Thresholds()),
    ]
    found: list[Verdict] = [verdict for checks, thresholds in courses for verdict in judged(checks, thresholds)]
    rising = [dead(variance=0.01, active_units_sigma=0.01, recon=1.0 + 0.1 * step) for step in range(60)]
    found += verdicts(OriginalDetector(Thresholds(detector="original")), numbered(rising))
    return {reason for verdict in found for reason in verdict.reasons}


def test_every_reason_is_translated() -> None:
    reasons = all_reasons()
    assert len({re.sub(r"[\d.]+", "0", reason) for reason in reasons}) >= 12
    same_in_both = re.compile(r"KL [\d.]+ [<>] [\d.]+( nats)?")
    assert {
        reason for reason in reasons if not CHINESE.search(log_text(reason)) and not same_in_both.fullmatch(reason)
    } == set()
