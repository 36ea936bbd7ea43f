"""The past of other tools' logs: a moment is what the live screen had when the log ended there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from seqsetvae.logs.discovery import find_watched
from seqsetvae.logs.log import Log
from seqsetvae.stream.records import Level, RunState
from tests.logs.event_files import event, image, record, simple
from tests.tui.every_kind import STEPS, Writer, every_kind, hugging_face, kl, live, log_of, table, tensorboard, wandb
from tests.tui.logs import T0, append
from tests.tui.other_logs import write_events
from tests.tui.replay.recordings import assert_same, recording_of
from tui.replay import record_index
from tui.replay.moves import to_judgement
from tui.replay.playback import info_at
from tui.store.run_data import RunData
from tui.store.run_info import RunInfo


def at_steps(log: Log, steps: Iterable[int]) -> Iterable[tuple[int, RunData]]:
    recording = recording_of(log)
    for step in steps:
        frame = recording.frame(recording.timeline.at_step(step))
        assert frame is not None
        yield step, frame.data


@every_kind
def test_a_step_is_what_live_showed_when_the_log_ended_there(tmp_path: Path, write: Writer) -> None:
    log = log_of(write, tmp_path / "whole")
    for step, found in at_steps(log, (399, 7, 149, 150, 151, 250, 249, 0, 320)):
        cut = log_of(write, tmp_path / f"until-{step}", step + 1)
        assert_same(found, live(cut))


@every_kind
def test_small_parts_make_no_difference(tmp_path: Path, write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_index, "PART", 1000)
    log = log_of(write, tmp_path)
    for step, found in at_steps(log, (399, 7, 250)):
        assert (found.head.step, found.head.t) == (step, T0 + step) if write is not wandb else (step, 1.7e9 + step)
        view = found.series("train/loss")
        assert view is not None
        assert view.steps.tolist() == list(range(step + 1))


@every_kind
def test_the_verdicts_on_it_are_marks_to_go_to(tmp_path: Path, write: Writer) -> None:
    recording = recording_of(log_of(write, tmp_path))
    marks = recording.judgements()
    assert marks[0].level is Level.YELLOW
    assert marks[0].step >= 200
    first = to_judgement(1)(recording, recording.timeline.at_start())
    assert first.step == marks[0].step
    frame = recording.frame(first)
    assert frame is not None
    assert frame.data.events()[-1].level is Level.YELLOW


def test_pictures_between_the_numbers_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_index, "PART", 1000)
    content = [
        data
        for step in range(20)
        for data in (event(T0 + step, step, [simple("train_loss", 1.0)]), event(T0 + step, step, [image("map", 5000)]))
    ]
    write_events(tmp_path / "a", content)
    (log,) = find_watched(tmp_path)
    for step, found in at_steps(log, (19, 3, 10)):
        assert found.head.step == step


def test_a_log_that_grows_is_gone_on_with(tmp_path: Path) -> None:
    log = log_of(tensorboard, tmp_path, 100)
    recording = recording_of(log)
    more = b"".join(record(event(T0 + step, step, [simple("train_loss", 0.5)])) for step in range(100, 120))
    append(next(log.path.iterdir()), more)
    while recording.extend():
        pass
    assert (recording.timeline.last_step, recording.timeline.records) == (119, 120)
    frame = recording.frame(recording.timeline.at_step(110))
    assert frame is not None
    assert frame.data.head.step == 110


def test_times_that_a_log_does_not_tell_are_found_again_when_it_grows(tmp_path: Path) -> None:
    log = log_of(table, tmp_path, 100)
    recording = recording_of(log)
    with log.path.open("a") as file:
        file.write("2,100,0.5,8.0\n")
    os.utime(log.path, (T0 + 500, T0 + 500))
    while recording.extend():
        pass
    assert recording.timeline.at_end().t == T0 + 500
    assert recording.timeline.at_step(99).t == T0 + 499


def test_a_run_that_has_ended_ran_before(tmp_path: Path) -> None:
    log = log_of(hugging_face, tmp_path)
    recording = recording_of(log)
    frame, end = (recording.frame(moment) for moment in (recording.timeline.at_step(20), recording.timeline.at_end()))
    assert frame is not None
    assert end is not None
    now = RunInfo(log=log, ended=RunState.FINISHED, last_step=STEPS - 1)
    then = info_at(frame, now)
    assert then is not None
    assert (then.ended, then.last_step) == (None, 20)
    assert info_at(end, now) is now


def test_before_a_session_its_verdicts_are_seen_and_later_those_without_what_it_superseded(tmp_path: Path) -> None:
    def write(directory: Path, until: int) -> Log:
        old = [event(T0 + step, step, [simple("posterior/kl", kl(step))]) for step in range(150, 250)]
        back = [event(T0 + 1_000, 190, session=1)]
        back += [event(T0 + 1_000 + step, step, [simple("posterior/kl", 8.0)]) for step in range(190, 260)]
        write_events(directory / "a", old[:until])
        if until > len(old):
            write_events(directory / "a", back[: until - len(old)], stamp=2)
        (log,) = find_watched(directory)
        return log

    recording = recording_of(write(tmp_path / "whole", 171))
    assert recording.judgements() == ()
    for until in (171, 80, 100, 102, 90, 150):
        cut = live(write(tmp_path / f"until-{until}", until))
        t = T0 + 149 + until if until <= 100 else T0 + 1_000 + 190 + until - 102
        frame = recording.frame(recording.timeline.at_time(t))
        assert frame is not None
        assert_same(frame.data, cut)
