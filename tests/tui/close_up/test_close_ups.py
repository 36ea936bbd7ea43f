"""Zooming in shows the true points: read again from the file, beside the screen, and never more than is known."""

import threading
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from seqsetvae.logs.series_view import Axis, SeriesView
from seqsetvae.stream.codec import encode_event, encode_metrics
from seqsetvae.stream.records import EventRecord, Level, MetricsRecord
from seqsetvae.stream.resume import RESUMED
from tests.logs.reading import our_log
from tests.tui.logs import T0, append
from tests.tui.replay.recordings import recording_of
from tui.close_up.close_up_reader import CloseUpReader, Wanted
from tui.close_up.close_ups import CloseUps, CurveSource
from tui.follow.run_follower import RunFollower
from tui.store.run_data import RunData

STEPS = 20_000
SPIKE = 12_345
DOTS = 200


def line(step: int, *, value: float | None = None, sparse: int = 0) -> bytes:
    values = {"loss": value if value is not None else 100.0 if step == SPIKE else 1 + step % 7 / 10}
    if sparse and step % sparse == 0:
        values["rare"] = float(step)
    return encode_metrics(MetricsRecord(t=T0 + step / 10, step=step, epoch=step / 1_000, values=values))


@cache
def log_of(steps: int, sparse: int) -> bytes:
    return b"".join(line(step, sparse=sparse) for step in range(steps))


class LoggedRun:
    """A run on the disk, followed into a store."""

    def __init__(self, directory: Path, steps: int = STEPS, *, sparse: int = 0) -> None:
        directory.mkdir()
        self.log = our_log(directory)
        self.metrics, self.events = directory / "metrics.jsonl", directory / "events.jsonl"
        self.metrics.write_bytes(log_of(steps, sparse))
        self.data = RunData()
        self.follower = RunFollower(self.log, self.data)
        self.catch_up()

    def catch_up(self) -> None:
        while self.follower.poll():
            pass

    def curve(self, metric: str = "loss", axis: Axis = Axis.STEP) -> CurveSource:
        coarse = self.data.series(metric)
        assert coarse is not None
        return CurveSource(
            run="a",
            data=self.data,
            log=self.log,
            metric=metric,
            coarse=coarse,
            axis=axis,
            origin=T0 if axis is Axis.RELATIVE else 0.0,
        )


@pytest.fixture
def log(tmp_path: Path) -> LoggedRun:
    return LoggedRun(tmp_path / "run")


def details() -> CloseUps:
    return CloseUps(lambda: None, threaded=False)


def finest(given: CloseUps, curve: CurveSource, low: float, high: float) -> SeriesView:
    """What is to be seen in a window once all that it asks for has been read."""
    given.finest(curve, (low, high), DOTS)
    while given.work():
        pass
    return given.finest(curve, (low, high), DOTS)


def steps_in(view: SeriesView, low: float, high: float) -> list[float]:
    start, end = view.ends(Axis.STEP)
    found: list[float] = start[(start >= low) & (end <= high) & (start == end)].tolist()
    return found


def test_the_whole_run_needs_no_close_up(log: LoggedRun) -> None:
    given, curve = details(), log.curve()
    assert given.finest(curve, None, DOTS) is curve.coarse
    assert not given.work()


def test_until_the_points_are_there_the_buckets_show_and_then_every_point_does(log: LoggedRun) -> None:
    given, curve = details(), log.curve()
    assert given.finest(curve, (12_300, 12_400), DOTS) is curve.coarse
    assert steps_in(curve.coarse, 12_300, 12_400) == []
    assert given.work()
    view = given.finest(curve, (12_300, 12_400), DOTS)
    assert steps_in(view, 12_300, 12_400) == list(range(12_300, 12_401))
    place = int(np.argmax(view.high))
    assert (view.data[2, place], view.high[place]) == (SPIKE, 100.0)


def test_buckets_outside_the_stretch_stay_as_they_were(log: LoggedRun) -> None:
    view = finest(details(), log.curve(), 12_300, 12_400)
    start, end = view.ends(Axis.STEP)
    assert (start.min(), end.max()) == (0, STEPS - 1)
    assert (end - start)[start < 12_000].max() > 1
    assert view.last == log.curve().coarse.last


@pytest.mark.parametrize(
    ("axis", "low", "high"),
    [
        (Axis.EPOCH, 12.3, 12.4),
        (Axis.WALL, T0 + 1_230.0, T0 + 1_240.0),
        (Axis.RELATIVE, 1_230.0, 1_240.0),
    ],
)
def test_every_axis_finds_its_points(log: LoggedRun, axis: Axis, low: float, high: float) -> None:
    view = finest(details(), log.curve(axis=axis), low, high)
    assert steps_in(view, 12_301, 12_399) == list(range(12_301, 12_400))


@pytest.mark.parametrize("share", [0.1, 0.01, 0.001, 0.0001])
def test_a_spike_is_in_sight_at_every_zoom(log: LoggedRun, share: float) -> None:
    reach = STEPS * share / 2
    view = finest(details(), log.curve(), SPIKE - reach, SPIKE + reach)
    start, end = view.ends(Axis.STEP)
    seen = (end >= SPIKE - reach) & (start <= SPIKE + reach)
    assert view.high[seen].max() == 100.0
    assert (end - start)[seen].max() <= max(2 * STEPS * share / DOTS, 0)


def test_a_window_that_moves_a_little_needs_no_further_reading(log: LoggedRun) -> None:
    given = details()
    finest(given, log.curve(), 12_000, 12_400)
    given.finest(log.curve(), (12_080, 12_480), DOTS)
    assert not given.work()


def test_a_window_that_jumps_is_read_and_what_it_left_is_forgotten(log: LoggedRun) -> None:
    given = details()
    finest(given, log.curve(), 12_000, 12_100)
    view = finest(given, log.curve(), 3_000, 3_100)
    assert steps_in(view, 3_000, 3_100) == list(range(3_000, 3_101))
    assert steps_in(view, 12_000, 12_100) == []


def test_zooming_out_of_a_close_up_shows_the_buckets_again(log: LoggedRun) -> None:
    given, curve = details(), log.curve()
    finest(given, curve, 12_000, 12_100)
    assert given.finest(curve, None, DOTS) is curve.coarse


def test_a_live_run_grows_into_the_window(log: LoggedRun) -> None:
    given = details()
    finest(given, log.curve(), STEPS - 100, STEPS)
    append(log.metrics, line(STEPS) + line(STEPS + 1))
    log.catch_up()
    view = finest(given, log.curve(), STEPS - 100, STEPS + 1)
    assert steps_in(view, STEPS - 100, STEPS + 1) == list(range(STEPS - 100, STEPS + 2))


def test_lines_that_the_store_does_not_know_are_not_shown(log: LoggedRun) -> None:
    append(log.metrics, line(STEPS))
    view = finest(details(), log.curve(), STEPS - 100, STEPS + 10)
    assert steps_in(view, STEPS - 100, STEPS + 10)[-1] == STEPS - 1


def test_going_back_in_time_takes_away_what_came_later(tmp_path: Path) -> None:
    whole, past = LoggedRun(tmp_path / "whole"), LoggedRun(tmp_path / "past", STEPS - 50)
    given = details()
    finest(given, whole.curve(), STEPS - 100, STEPS)
    earlier = past.curve()
    view = given.finest(earlier, (STEPS - 100, STEPS), DOTS)
    assert view is earlier.coarse
    assert steps_in(finest(given, earlier, STEPS - 100, STEPS), STEPS - 100, STEPS)[-1] == STEPS - 51


def test_a_replay_shows_nothing_beyond_its_moment(log: LoggedRun) -> None:
    recording, given = recording_of(log.log), details()
    for step in (12_350, 12_351, 12_340, 12_390):
        frame = recording.frame(recording.timeline.at_step(step))
        assert frame is not None
        log.data = frame.data
        assert steps_in(finest(given, log.curve(), 12_300, 12_400), 12_300, 12_400) == list(range(12_300, step + 1))


def test_points_that_a_resumption_made_void_are_left_out(log: LoggedRun) -> None:
    given = details()
    assert finest(given, log.curve(), 10_000, 10_100).high.max() == 100.0
    resumed = EventRecord(
        t=T0 + 1e6,
        step=10_050,
        level=Level.INFO,
        kind=RESUMED,
        message="resumed",
        data={"step": 10_050, "metrics_bytes": log.metrics.stat().st_size},
    )
    append(log.metrics, b"".join(line(step, value=5.0) for step in range(10_051, 10_080)))
    append(log.events, encode_event(resumed))
    log.catch_up()
    view = finest(given, log.curve(), 10_000, 10_100)
    after = view.high[view.ends(Axis.STEP)[0] > 10_050]
    assert after.tolist() == [5.0] * 29


def test_a_rare_metric_keeps_the_points_beside_an_empty_window(tmp_path: Path) -> None:
    log = LoggedRun(tmp_path / "run", 30_000, sparse=5)
    view = finest(details(), log.curve("rare"), 12_001.0, 12_004.0)
    start, end = view.ends(Axis.STEP)
    assert {12_000.0, 12_005.0} <= set(start[start == end].tolist())


def test_a_file_that_is_gone_leaves_the_buckets_and_is_not_asked_for_again(log: LoggedRun) -> None:
    log.metrics.unlink()
    given, curve = details(), log.curve()
    assert finest(given, curve, 12_300, 12_400) is curve.coarse
    assert not given.work()


def test_what_nobody_wants_any_more_is_given_up(log: LoggedRun) -> None:
    reader = CloseUpReader(_wanted(log))
    ranges = log.data.ranges(Axis.STEP, 0, STEPS)
    assert reader.read(ranges, log.data.read_to, cancelled=lambda: True) is None


def test_a_new_window_replaces_the_one_that_waits(log: LoggedRun) -> None:
    given, curve = details(), log.curve()
    given.finest(curve, (3_000, 3_100), DOTS)
    given.finest(curve, (12_300, 12_400), DOTS)
    assert given.work()
    assert not given.work()
    assert steps_in(given.finest(curve, (12_300, 12_400), DOTS), 12_300, 12_310) == list(range(12_300, 12_311))


def test_curves_that_are_no_longer_drawn_are_not_read(log: LoggedRun) -> None:
    given, curve = details(), log.curve()
    given.finest(curve, (3_000, 3_100), DOTS)
    given.keep({"b"})
    assert not given.work()


def test_the_thread_says_when_points_have_come_and_ends_on_request(log: LoggedRun) -> None:
    before = set(threading.enumerate())
    ready = threading.Event()
    given = CloseUps(ready.set)
    given.finest(log.curve(), (12_300, 12_400), DOTS)
    assert ready.wait(10)
    assert given.revision == 1
    assert len(steps_in(given.finest(log.curve(), (12_300, 12_400), DOTS), 12_300, 12_400)) == 101
    given.stop()
    assert set(threading.enumerate()) <= before


def _wanted(log: LoggedRun) -> Wanted:
    return Wanted(log=log.log, metric="loss", axis=Axis.STEP, origin=0.0, low=0, high=STEPS)
