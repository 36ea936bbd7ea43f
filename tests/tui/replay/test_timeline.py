"""Where moments are, in logs that go straight and in logs that do not."""

from dataclasses import replace
from pathlib import Path

import pytest

from seqsetvae.logs.line_places import PlaceDecoder
from seqsetvae.stream.codec import encode_metrics
from seqsetvae.stream.records import MetricsRecord
from tests.logs.reading import our_log
from tests.tui.logs import T0, append, record
from tests.tui.replay.recordings import resumed
from tui.replay.record_index import PART
from tui.replay.timeline import Timeline


def timeline_of(directory: Path, lines: bytes) -> Timeline:
    directory.mkdir()
    (directory / "metrics.jsonl").write_bytes(lines)
    timeline = Timeline(our_log(directory))
    while timeline.extend():
        pass
    return timeline


def at(*times: float) -> bytes:
    """One record a second, written at these seconds."""
    return b"".join(
        encode_metrics(MetricsRecord(t=T0 + t, step=step, values={"a": 1.0})) for step, t in enumerate(times, start=1)
    )


def test_every_record_is_found_by_number_step_time_and_playing_across_blocks(tmp_path: Path) -> None:
    lines = b"".join(encode_metrics(record(step)) for step in range(1, 3_001))
    timeline = timeline_of(tmp_path / "log", lines)
    assert len(lines) > 2 * PART
    for step in (1, 2, 999, 1_000, 1_600, 1_601, 2_999, 3_000):
        moment = timeline.at_record(step)
        assert (moment.step, moment.t) == (step, T0 + step)
        assert moment.played == pytest.approx(step - 1)
        assert lines[: moment.byte].count(b"\n") == step
        assert timeline.at_step(step) == timeline.at_time(T0 + step) == moment
        assert timeline.at_played(step - 1 + 1e-9).record == step


def test_numbers_and_steps_beyond_the_log_are_its_ends(tmp_path: Path) -> None:
    timeline = timeline_of(tmp_path / "log", at(0, 1, 2))
    assert timeline.at_record(-5) == timeline.at_record(1) == timeline.at_step(0)
    assert timeline.at_record(9) == timeline.at_step(9) == timeline.at_end() == timeline.at_played(1e9)
    assert timeline.at_time(0.0).record == 1


def test_the_log_ends_with_the_last_thing_written_to_any_file(tmp_path: Path) -> None:
    timeline = timeline_of(tmp_path / "log", at(0, 1, 2))
    timeline.reach(T0 + 7)
    assert timeline.at_end().t == T0 + 7
    assert not timeline.at_record(3).at_end
    assert timeline.at_time(T0 + 5).record == 3


def test_a_clock_that_is_set_back_stands_still_and_playing_goes_on(tmp_path: Path) -> None:
    timeline = timeline_of(tmp_path / "log", at(0, 1, 2, -3_600, -3_599, -3_598, 3))
    moments = [timeline.at_record(number) for number in range(1, 8)]
    assert [moment.t - T0 for moment in moments] == [0, 1, 2, 2, 2, 2, 3]
    assert [moment.played for moment in moments] == pytest.approx([0, 1, 2, 2, 3, 4, 9])
    assert timeline.at_played(3.5).record == 5


def test_a_step_that_was_reached_twice_is_that_of_the_branch_that_counts(tmp_path: Path) -> None:
    lines = b"".join(map(encode_metrics, resumed().metrics))
    timeline = timeline_of(tmp_path / "log", lines)
    assert timeline.at_step(450).record == 550
    assert timeline.at_step(300).record == 300


def test_a_last_record_of_a_low_step_does_not_hide_the_others(tmp_path: Path) -> None:
    strange = encode_metrics(replace(record(1_001), step=3))
    lines = b"".join(encode_metrics(record(step)) for step in range(1, 1_001)) + strange
    assert timeline_of(tmp_path / "log", lines).at_step(400).record == 400


def test_a_gap_is_long_by_the_cadence_of_its_log(tmp_path: Path) -> None:
    quick = timeline_of(tmp_path / "quick", at(0, 1, 2, 2 + 3_600))
    slow = timeline_of(tmp_path / "slow", at(0, 600, 1_200, 1_800 + 3_600))
    assert quick.seconds == pytest.approx(2 + 5)
    assert quick.at_played(4.5).gap == pytest.approx(3_600)
    assert slow.seconds == pytest.approx(5_400)
    assert slow.at_played(3_000).gap == 0


def test_lines_that_are_no_records_are_passed_over(tmp_path: Path) -> None:
    odd = (
        b'{"t":1700000001,"step":1,"a":1}\n\nnot json\n{"t":1700000002,"step":-1}\n{"t":1700000003,"step":2.5}\n[]\n'
        b'{"t":"NaN","step":1}\n{"t":1700000004,"step":4,"a":"Infinity","b":[1,2]}\n\xff\xfe\n'
    )
    lines = PlaceDecoder().decode(odd).lines
    assert lines is not None
    assert lines.trail.step.tolist() == [1.0, 4.0]
    assert lines.order.tolist() == [0, 7]
    timeline = timeline_of(tmp_path / "log", odd)
    assert timeline.records == 2
    assert timeline.at_end().byte == len(odd)


def test_a_live_log_grows_line_by_line_in_few_blocks(tmp_path: Path) -> None:
    path = tmp_path / "log"
    timeline = timeline_of(path, at(0))
    for step in range(2, 200):
        append(path / "metrics.jsonl", encode_metrics(record(step)))
        timeline.extend()
    assert timeline.records == 199
    assert timeline.at_record(150).step == 150
    assert len(timeline._parts) == 1
