"""What a run remembers of its checks."""

from __future__ import annotations

import json
import math

import pytest

from seqsetvae.collapse.verdict_history import LevelChange, VerdictHistory
from seqsetvae.posterior.history import METRICS, History
from seqsetvae.stream.records import Level
from tests.posterior.histories import history_of, observation, verdict


def test_a_new_history_has_seen_nothing() -> None:
    history = History()
    assert (history.checks, history.warnings, history.changes) == (0, 0, 0)
    assert (history.latest, history.level_changes, history.first_at_least(Level.YELLOW)) == (None, (), None)


def test_warnings_are_the_checks_above_green() -> None:
    history = history_of("gggyyorrg")
    assert (history.checks, history.warnings) == (9, 5)
    assert [history.checks_at(level) for level in (Level.GREEN, Level.YELLOW, Level.ORANGE, Level.RED)] == [4, 2, 1, 2]


def test_the_first_verdict_is_no_change() -> None:
    assert history_of("gggyyorrg").changes == 4
    assert history_of("rrr").changes == 0


@pytest.mark.parametrize(
    ("levels", "yellow", "orange", "red"),
    [("ggg", None, None, None), ("gyor", 200, 300, 400), ("ggryo", 300, 300, 300), ("goy", 200, 200, None)],
)
def test_a_level_is_reached_with_the_first_check_at_it_or_above(
    levels: str, yellow: int | None, orange: int | None, red: int | None
) -> None:
    history = history_of(levels)
    found = [history.first_at_least(level) for level in (Level.YELLOW, Level.ORANGE, Level.RED)]
    assert found == [yellow, orange, red]


def test_spans_begin_where_the_level_changes() -> None:
    assert history_of("ggyyg").level_changes == (
        LevelChange(100, Level.GREEN),
        LevelChange(300, Level.YELLOW),
        LevelChange(500, Level.GREEN),
    )


def test_a_run_that_never_settles_keeps_few_spans_and_every_red() -> None:
    history = VerdictHistory(most=10)
    for i in range(1000):
        level = Level.RED if i == 500 else (Level.GREEN, Level.YELLOW)[i % 2]
        history.add_verdict(verdict(i, level))
    assert len(history.level_changes) <= 10
    (begin,) = [i for i, span in enumerate(history.level_changes) if span.level is Level.RED]
    assert history.level_changes[begin].step <= 500
    assert begin + 1 == len(history.level_changes) or history.level_changes[begin + 1].step > 500


def test_the_latest_verdict_is_at_hand() -> None:
    history = history_of("gy")
    assert history.latest is not None
    assert (history.latest.step, history.latest.level) == (200, Level.YELLOW)


def test_every_metric_is_followed_where_it_was_measured() -> None:
    history = History()
    history.add(observation(10, z_ablation=0.3, mutual_information=2.0), verdict(10))
    history.add(observation(20), verdict(20))
    assert {name: history.series(name).view().total for name in METRICS} == {
        **dict.fromkeys(METRICS, 2),
        "z_ablation": 1,
        "mutual_information": 1,
    }


def test_what_thresholds_depend_on_is_remembered() -> None:
    history = history_of("g")
    history.add(observation(200, kl_per_dim=(), sample_sets=None), verdict(200))
    assert (history.dimensions, history.sample_sets) == (8, 128.0)


def test_a_copy_does_not_follow() -> None:
    history = history_of("gy")
    copy = history.copy()
    history.add(observation(300), verdict(300, Level.RED, changed=True))
    assert (copy.checks, copy.warnings, copy.changes, len(copy.level_changes)) == (2, 1, 1, 2)
    assert copy.first_at_least(Level.RED) is None
    assert copy.series("kl").view().total == 2


def test_a_resumed_run_goes_on_with_its_history() -> None:
    whole = history_of("ggyyorrgy")
    resumed = History()
    resumed.load_state_dict(json.loads(json.dumps(history_of("ggyyo").state_dict(), allow_nan=False)))
    for step, level in ((600, Level.RED), (700, Level.RED), (800, Level.GREEN), (900, Level.YELLOW)):
        resumed.add(observation(step), verdict(step, level, changed=step != 700))
    assert resumed.state_dict() == whole.state_dict()


def test_a_diverged_run_can_be_saved_as_strict_json() -> None:
    history = history_of("gr", kl=math.nan, variance=math.inf)
    resumed = History()
    resumed.load_state_dict(json.loads(json.dumps(history.state_dict(), allow_nan=False)))
    assert resumed.series("variance").newest == (200, math.inf)
    assert resumed.series("kl").view().nonfinite == 2


def test_an_unused_history_can_be_saved_and_restored() -> None:
    history = History()
    history.load_state_dict(History().state_dict())
    assert history.state_dict() == History().state_dict()


def test_what_an_older_checkpoint_kept_of_a_metric_is_gone_on_with() -> None:
    state = history_of("gyg").state_dict()
    state["first"] = {"green": 100, "yellow": 200}
    stretches = [[[100, 5.0], [200, 7.0], None], [None, None, [300, "nan"]]]
    kept = {"count": 3, "not_finite": 1, "last": [300, "nan"], "checks_each": 2, "in_last": 1, "stretches": stretches}
    state["series"] = dict.fromkeys(METRICS, kept)
    resumed = History()
    resumed.load_state_dict(state)
    resumed.add(observation(400, kl=9.0), verdict(400))
    view = resumed.series("kl").view()
    assert (view.steps.tolist(), view.nonfinite) == ([100, 200, 300, 400], 1)
    assert (view.lowest, view.highest) == ((100, 5.0), (400, 9.0))
    assert resumed.first_at_least(Level.YELLOW) == 200
