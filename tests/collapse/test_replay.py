"""A detector over a log says what the run wrote."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.replay import replay
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.errors import InputError
from seqsetvae.logs.checks import observations_of, thresholds_of
from seqsetvae.stream.codec import decode_metrics
from seqsetvae.stream.writer import RunWriter
from seqsetvae.training.config import TrainConfig
from tests.collapse.courses import alive, dead, levels, numbered

LINE = b'{"t":1.0,"step":%d,"posterior/kl":%s}\n'


def steps(run: Path) -> list[int]:
    return [seen.step for seen in observations_of(run)]


def test_checks_are_read_in_order_among_other_lines(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(
        LINE % (10, b"1.5") + b'{"t":1.0,"step":11,"train/loss":2}\n' + LINE % (20, b'"NaN"')
    )
    first, second = observations_of(tmp_path)
    assert (first.step, first.kl, second.step, second.finite) == (10, 1.5, 20, False)


def test_lines_that_are_none_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(
        LINE % (10, b"1.5")
        + b'{"t":1.0,"step":15,"posterior/kl":}\n'
        + LINE % (20, b"1.4")
        + b'{"t":1.0,"step":30,"posterior/kl":1'
    )
    assert steps(tmp_path) == [10, 20]


def test_checks_that_a_resumption_made_void_are_left_out(tmp_path: Path) -> None:
    before = LINE % (10, b"1.0") + LINE % (20, b"2.0") + LINE % (30, b"3.0")
    (tmp_path / "metrics.jsonl").write_bytes(before + LINE % (20, b"7.0") + LINE % (30, b"8.0"))
    (tmp_path / "events.jsonl").write_bytes(
        b'{"t":2.0,"step":10,"level":"info","kind":"resumed","message":"","data":{"step":10,"metrics_bytes":%d}}\nbroken\n'
        % len(before)
    )
    assert [(seen.step, seen.kl) for seen in observations_of(tmp_path)] == [(10, 1.0), (20, 7.0), (30, 8.0)]


def test_a_missing_log_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no log"):
        list(observations_of(tmp_path))


def test_a_pipe_in_the_logs_place_is_not_waited_for(tmp_path: Path) -> None:
    """Nobody may ever write to it."""
    os.mkfifo(tmp_path / "metrics.jsonl")
    os.mkfifo(tmp_path / "events.jsonl")
    with pytest.raises(InputError, match="is not a regular file"):
        list(observations_of(tmp_path))


def test_thresholds_come_from_the_manifest(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run", config={"kl_threshold": 3.0, "detector": "original", "lr": 1.0})
    writer.close()
    assert thresholds_of(tmp_path / "run") == Thresholds(kl_threshold=3.0, detector="original")
    RunWriter(tmp_path / "plain").close()
    assert thresholds_of(tmp_path / "plain") == Thresholds()


def test_other_thresholds_tell_what_would_have_been_said() -> None:
    checks: list[Observation] = numbered([*[alive()] * 10, *[dead()] * 10])
    assert levels(replay(checks, Thresholds())).endswith("rrrr")
    lax = Thresholds(kl_threshold=0.001, active_units_threshold=0.0, collapsed_fraction_threshold=1.0,
                     mutual_information_threshold=0.001)  # fmt: skip
    assert set(levels(replay(checks, lax))) == {"g", "y"}  # information fades, whatever the thresholds


def test_a_finished_run_is_judged_as_it_was_live(finished_run: TrainConfig) -> None:
    """Step for step: the level that the run wrote beside each check, and the verdicts among its events."""
    run = Path(finished_run.log_dir) / "run"
    found = list(replay(observations_of(run), thresholds_of(run)))
    lines = [decode_metrics(line) for line in (run / "metrics.jsonl").read_bytes().splitlines()]
    written = [(line.step, line.values["posterior/verdict"]) for line in lines if "posterior/verdict" in line.values]
    assert [(verdict.step, float(verdict.level.severity)) for verdict in found] == written
    assert len(written) == 4
