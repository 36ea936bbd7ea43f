"""Playing: a clock that the test turns, and no thread but in the last tests."""

import threading
from pathlib import Path

import pytest

from seqsetvae.errors import InputError
from seqsetvae.logs.debounce import Debounce
from seqsetvae.stream.codec import encode_metrics
from seqsetvae.stream.records import Level, MetricsRecord, RunState
from tests.tui.logs import T0, append
from tests.tui.replay.recordings import Story, falling_ill, resumed
from tui.follow.catalog import Catalog
from tui.replay import record_index
from tui.replay.moves import by_records, to_end, to_judgement, to_share, to_start, to_step
from tui.replay.playback import SPEEDS, Opening, Playback
from tui.replay.recording import Recording
from tui.replay.timeline import Moment
from tui.store.run_info import RunInfo


class Clock:
    """A monotonic clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def opened(directory: Path, story: Story, opening: Opening | None = None) -> tuple[Playback, Clock]:
    """A replay of a finished run, with its first moment built."""
    clock = Clock()
    files = story.write(directory / "run", state=RunState.FINISHED)
    playback = Playback("run", files, opening=opening, clock=clock, threaded=False)
    playback.start()
    return playback, clock


def moment(playback: Playback) -> Moment:
    found = playback.position.moment
    assert found is not None
    return found


def play(playback: Playback, clock: Clock, seconds: float, *, tick: float = 0.1) -> None:
    """Let the screen tick ten times a second."""
    playback.tick()
    for _ in range(round(seconds / tick)):
        clock.now += tick
        playback.tick()


def test_it_opens_paused_at_the_end(tmp_path: Path) -> None:
    playback, clock = opened(tmp_path, falling_ill())
    assert moment(playback).at_end
    assert (playback.position.playing, playback.position.share) == (False, 1.0)
    play(playback, clock, 5)
    assert moment(playback).at_end


@pytest.mark.parametrize(("speed", "seconds", "step"), [(1, 10, 11), (10, 5, 51), (100, 3, 301), (10_000, 0.5, 1_000)])
def test_it_plays_at_its_speed(tmp_path: Path, speed: float, seconds: float, step: int) -> None:
    playback, clock = opened(tmp_path, falling_ill(), Opening(speed=speed, playing=True))
    assert moment(playback).step == 1
    play(playback, clock, seconds)
    assert moment(playback).step == pytest.approx(step, abs=1)


def test_between_two_records_only_the_clock_goes_on(tmp_path: Path) -> None:
    playback, clock = opened(tmp_path, falling_ill(), Opening(speed=1, playing=True))
    play(playback, clock, 0.5)
    snapshot = playback.snapshot(info(tmp_path))
    assert snapshot is not None
    assert snapshot.data is not None
    assert snapshot.data.head.step == 1
    assert snapshot.now == pytest.approx(T0 + 1.5)


def test_it_stops_at_the_end_and_begins_again_when_played_again(tmp_path: Path) -> None:
    playback, clock = opened(tmp_path, falling_ill(), Opening(speed=10_000, playing=True))
    play(playback, clock, 1)
    assert moment(playback).at_end
    assert not playback.position.playing
    playback.play(True)
    assert moment(playback).step == 1
    assert playback.position.playing


def test_without_a_speed_a_run_plays_for_about_a_minute(tmp_path: Path) -> None:
    playback, _ = opened(tmp_path, falling_ill(3_000), Opening(playing=True))
    assert playback.position.speed == 50
    assert playback.position.seconds == pytest.approx(2_999)


def test_speeds_go_up_and_down_and_no_further(tmp_path: Path) -> None:
    playback, _ = opened(tmp_path, falling_ill(), Opening(speed=5_000))
    seen = []
    for _ in range(2):
        playback.change_speed(1)
        seen.append(playback.position.speed)
    assert seen == [10_000, 10_000]
    for _ in SPEEDS:
        playback.change_speed(-1)
    assert playback.position.speed == 1


def test_a_speed_between_two_finds_its_neighbours(tmp_path: Path) -> None:
    playback, _ = opened(tmp_path, falling_ill(), Opening(speed=30))
    playback.change_speed(1)
    assert playback.position.speed == 50


def test_a_screen_that_was_long_busy_does_not_jump_ahead(tmp_path: Path) -> None:
    playback, clock = opened(tmp_path, falling_ill(), Opening(speed=100, playing=True))
    playback.tick()
    clock.now += 60
    playback.tick()
    assert moment(playback).step == 51


def test_a_night_between_two_records_is_shortened_and_said(tmp_path: Path) -> None:
    playback, clock = opened(tmp_path, resumed(), Opening(speed=10, playing=True))
    assert playback.position.seconds < 1_000
    playback.go(lambda recording, _: recording.timeline.at_record(500))
    playback.play(True)
    play(playback, clock, 0.2)
    assert moment(playback).gap == pytest.approx(39_901)
    play(playback, clock, 1)
    assert moment(playback).gap == 0
    assert moment(playback).step > 400


def test_moves_lead_where_they_say(tmp_path: Path) -> None:
    playback, _ = opened(tmp_path, falling_ill())
    for move, step in (
        (to_start, 1),
        (by_records(1), 2),
        (by_records(-1), 1),
        (by_records(-1), 1),
        (to_step(700), 700),
        (by_records(-1), 699),
        (to_judgement(-1), 600),
        (to_judgement(-1), 300),
        (to_judgement(-1), 300),
        (to_judgement(1), 600),
        (to_judgement(1), 900),
        (to_judgement(1), 900),
        (to_share(0.5), 500),
        (to_share(0.0), 1),
        (to_step(5_000), 1_000),
        (to_end, 1_000),
        (by_records(1), 1_000),
        (by_records(-1), 999),
    ):
        playback.go(move)
        assert moment(playback).step == step


def test_moves_that_wait_are_carried_out_together_and_built_once(tmp_path: Path) -> None:
    files = falling_ill().write(tmp_path / "run")
    playback = Playback("run", files, opening=Opening(playing=True))
    for _ in range(5):
        playback.go(by_records(1))  # the thread has not begun
    playback.work()
    assert moment(playback).record == 6
    playback.go(by_records(1))
    playback.go(by_records(-3))
    playback.work()
    assert moment(playback).record == 4


def info(directory: Path) -> RunInfo:
    (found,) = Catalog(directory).look()
    return found


def test_before_the_end_a_finished_run_is_running(tmp_path: Path) -> None:
    playback, _ = opened(tmp_path, falling_ill(), Opening(step=650))
    finished = info(tmp_path)
    then = playback.snapshot(finished)
    assert then is not None
    assert then.info is not None
    assert then.info.manifest is not None
    assert then.info.manifest.state is RunState.RUNNING
    assert then.info.manifest.ended is None
    assert (then.info.process_alive, then.info.last_step, then.info.level) == (True, 650, Level.ORANGE)
    assert then.info.last_write == then.now == T0 + 650
    playback.go(to_end)
    ended = playback.snapshot(finished)
    assert ended is not None
    assert ended.info == finished


def test_a_run_that_grows_can_be_followed_to_its_new_end(tmp_path: Path) -> None:
    playback, _ = opened(tmp_path, falling_ill(100))
    line = MetricsRecord(t=T0 + 101, step=101, values={"train/loss": 1.0})
    append(tmp_path / "run" / "metrics.jsonl", encode_metrics(line))
    playback.work()
    assert playback.position.last_step == 101
    assert moment(playback).record == 100
    playback.go(to_end)
    assert moment(playback).record == 101


def test_a_run_without_records_says_so(tmp_path: Path) -> None:
    playback, _ = opened(tmp_path, Story(metrics=()))
    assert playback.position.problem == "run has no records to replay yet"
    assert playback.snapshot(info(tmp_path)) is None


def test_a_run_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    files = falling_ill(10).write(tmp_path / "run", state=RunState.FINISHED)
    (tmp_path / "run" / "metrics.jsonl").unlink()
    (tmp_path / "run" / "metrics.jsonl").symlink_to("/dev/zero")
    playback = Playback("run", files, clock=Clock(), threaded=False)
    playback.start()
    assert playback.position.problem is not None
    assert "metrics.jsonl is not a regular file" in playback.position.problem


def test_a_log_that_shrinks_is_played_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Debounce, "confirms", lambda _: True)
    playback, _ = opened(tmp_path, falling_ill(500))
    path = tmp_path / "run" / "metrics.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:20]))
    playback.go(to_end)
    assert moment(playback).record == 20


def test_the_thread_builds_what_is_asked_for_and_ends_at_once(tmp_path: Path) -> None:
    files = falling_ill().write(tmp_path / "run")
    playback = Playback("run", files)
    built = threading.Event()

    def to_700(recording: Recording, _: Moment) -> Moment:
        built.set()
        return recording.timeline.at_step(700)

    playback.start()
    playback.go(to_700)
    assert built.wait(10)
    playback.stop()
    assert "seqsetvae-watch-replay" not in [thread.name for thread in threading.enumerate()]


def test_a_log_that_changes_while_it_is_read_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = falling_ill(50).write(tmp_path / "run")
    playback = Playback("run", files, threaded=False)
    read = record_index.RecordIndex._add

    def changed(*_: object) -> None:
        raise InputError("it has changed while it was read; try again")

    monkeypatch.setattr(record_index.RecordIndex, "_add", changed)
    playback.start()
    problems = [playback.position.problem]
    monkeypatch.setattr(record_index.RecordIndex, "_add", read)
    playback.go(to_step(20))
    problems.append(playback.position.problem)
    assert problems == ["it has changed while it was read; try again", None]
    assert playback.position.moment is not None
    assert playback.position.moment.step == 20
