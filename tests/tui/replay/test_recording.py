"""A moment of the past is what the live screen had then."""

from pathlib import Path

import pytest

from seqsetvae.errors import InputError
from seqsetvae.stream.codec import encode_event, encode_metrics
from seqsetvae.stream.records import EventRecord, Level, MetricsRecord
from tests.tui.logs import T0, append
from tests.tui.replay.recordings import Story, assert_same, falling_ill, live, recording_of, resumed
from tui.replay.recording import Recording
from tui.replay.timeline import Moment
from tui.store.run_data import RunData


def at(recording: Recording, moment: Moment) -> RunData:
    frame = recording.frame(moment)
    assert frame is not None
    return frame.data


@pytest.mark.parametrize("step", [1, 5, 299, 300, 301, 599, 600, 777, 999, 1_000])
def test_a_step_is_what_live_showed(tmp_path: Path, step: int) -> None:
    recording = recording_of(falling_ill().write(tmp_path / "whole"))
    cut = falling_ill().until(T0 + step).write(tmp_path / "cut")
    assert_same(at(recording, recording.timeline.at_step(step)), live(cut))


def test_going_back_and_forth_shows_the_same_as_going_there_at_once(tmp_path: Path) -> None:
    story = falling_ill(6_000)
    recording = recording_of(story.write(tmp_path / "whole"), budget=4_000_000)
    for step in (5_000, 20, 4_999, 5_001, 3_000, 2_999, 6_000, 1, 5_500):
        fresh = recording_of(story.until(T0 + step).write(tmp_path / f"until-{step}"))
        assert_same(at(recording, recording.timeline.at_step(step)), at(fresh, fresh.timeline.at_end()))


@pytest.mark.parametrize("t", [450.0, 500.0, 20_000.0, 40_389.0, 40_390.0, 40_401.0, 40_800.0])
def test_a_resumption_voids_what_it_supersedes_from_its_own_moment_on(tmp_path: Path, t: float) -> None:
    recording = recording_of(resumed().write(tmp_path / "whole"))
    cut = live(resumed().until(T0 + t).write(tmp_path / "cut"))
    for _ in range(2):  # from the beginning, and back from the other branch
        assert_same(at(recording, recording.timeline.at_time(T0 + t)), cut)
        at(recording, recording.timeline.at_end())


def test_before_a_resumption_the_old_branch_is_seen_and_later_the_new_one(tmp_path: Path) -> None:
    recording = recording_of(resumed().write(tmp_path / "whole"))
    before, after = at(recording, recording.timeline.at_record(500)), at(recording, recording.timeline.at_record(501))
    assert before.head.step == 500
    assert before.facts.superseded == 0
    assert after.head.step == 401
    assert after.facts.superseded == 100
    assert recording.timeline.at_step(450).record == 550  # of the branch that counts


def test_a_frame_never_changes_again(tmp_path: Path) -> None:
    recording = recording_of(falling_ill().write(tmp_path / "whole"))
    early = at(recording, recording.timeline.at_step(100))
    seen = early.series("train/loss")
    at(recording, recording.timeline.at_step(900))
    assert early.head.step == 100
    assert early.series("train/loss") is seen
    assert len(early.events()) == 1


def test_no_two_moments_have_a_revision_in_common(tmp_path: Path) -> None:
    recording = recording_of(falling_ill().write(tmp_path / "whole"))
    moments = [at(recording, recording.timeline.at_step(step)) for step in (100, 200, 300, 250, 350)]
    assert len({data.revision for data in moments}) == len(moments)
    views = [data.series("train/loss") for data in moments]
    assert len({view.revision for view in views if view is not None}) == len(views)


def test_a_building_that_nobody_waits_for_is_broken_off(tmp_path: Path) -> None:
    recording = recording_of(falling_ill().write(tmp_path / "whole"))
    assert recording.frame(recording.timeline.at_end(), stopped=lambda: True) is None


def test_frames_stay_within_their_budget(tmp_path: Path) -> None:
    files = falling_ill(20_000).write(tmp_path / "long")
    roomy, tight = recording_of(files), recording_of(files, budget=1)
    for step in (19_000, 1_000, 10_000, 5_000, 15_000):
        assert_same(at(tight, tight.timeline.at_step(step)), at(roomy, roomy.timeline.at_step(step)))
    assert tight.kept == 1
    assert roomy.kept > 3


def test_a_growing_log_grows_the_recording(tmp_path: Path) -> None:
    files = falling_ill(50).write(tmp_path / "live")
    recording = recording_of(files)
    append(files.path / "metrics.jsonl", encode_metrics(MetricsRecord(t=T0 + 60, step=60, values={"train/loss": 1.0})))
    append(files.path / "events.jsonl", encode_event(EventRecord(t=T0 + 70, step=60, level=Level.RED, kind="collapse")))
    while recording.extend():
        pass
    end = recording.timeline.at_end()
    assert (end.record, end.t) == (51, T0 + 70)
    assert at(recording, end).events()[-1].level is Level.RED


def test_a_log_that_is_cut_is_read_again_and_a_building_on_it_says_so(tmp_path: Path) -> None:
    files = falling_ill(500).write(tmp_path / "cut")
    recording = recording_of(files)
    late = recording.timeline.at_step(400)
    (files.path / "metrics.jsonl").write_bytes((files.path / "metrics.jsonl").read_bytes()[:10_000])
    with pytest.raises(InputError, match="has changed"):
        recording.frame(late)


def test_levels_and_recoveries_are_marks_on_the_recording(tmp_path: Path) -> None:
    recording = recording_of(falling_ill().write(tmp_path / "ill"))
    assert [(mark.level, mark.step) for mark in recording.judgements()] == [
        (Level.YELLOW, 300),
        (Level.ORANGE, 600),
        (Level.GREEN, 900),
    ]
    assert [mark.played for mark in recording.judgements()] == pytest.approx([299.0, 599.0, 899.0])


def test_a_run_without_records_is_an_empty_recording(tmp_path: Path) -> None:
    assert recording_of(Story(metrics=()).write(tmp_path / "none")).empty
