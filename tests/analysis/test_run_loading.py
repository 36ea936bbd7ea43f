"""From a log to curves: every way of reading a line gives the same, and damage is reported."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from seqsetvae.analysis.run_curves import RunCurves
from seqsetvae.analysis.run_loading import find_runs
from seqsetvae.errors import InputError
from seqsetvae.logs.current_reader import CurrentReader
from seqsetvae.logs.series_view import Point
from seqsetvae.logs.tailer import MAX_LINE
from seqsetvae.stream.codec import decode_metrics
from seqsetvae.stream.records import EventRecord, Level
from tests.analysis.runs import T0, Values, collapsing, loaded, read, training, whole, write_run


def points(run: RunCurves, name: str) -> list[tuple[float, float]]:
    curve = run.curves[name]
    return list(zip(curve.steps.tolist(), curve.mean.tolist(), strict=True))


def in_the_log(path: Path, name: str) -> list[tuple[float, float]]:
    """A metric's points, each line through the codec."""
    records = map(decode_metrics, (path / "metrics.jsonl").read_bytes().splitlines())
    return [(record.step, value) for record in records if isinstance(value := record.values.get(name), float)]


@pytest.mark.parametrize("name", ["train/loss", "train/beta", "val/auroc", "posterior/kl", "posterior/recon"])
def test_curves_hold_what_the_log_holds(tmp_path: Path, name: str) -> None:
    run = loaded(tmp_path / "run")
    assert points(run, name) == in_the_log(tmp_path / "run", name)
    assert run.last_step == 200
    assert run.problems == ()


def test_blocks_and_learnt_keys_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_run(tmp_path / "run")
    whole_file = read(path)
    poll = CurrentReader.poll
    monkeypatch.setattr(CurrentReader, "poll", lambda reader: poll(reader, 700))
    in_pieces = read(path)
    assert set(in_pieces.curves) == set(whole_file.curves)
    for name in whole_file.curves:
        assert points(in_pieces, name) == points(whole_file, name)


def test_original_names_become_ours(tmp_path: Path) -> None:
    def original(step: int) -> Values:
        return {"train_kl_step": 1.0 * step, "val_auc": 0.7, "epoch_time": 3.0, "lr-AdamW": 1e-4}

    run = loaded(tmp_path / "run", original, steps=3)
    assert set(run.curves) == {"train/kl", "val/auroc"}
    assert points(run, "train/kl") == [(1, 1), (2, 2), (3, 3)]


def test_of_two_names_for_a_metric_the_better_is_drawn(tmp_path: Path) -> None:
    run = loaded(tmp_path / "run", lambda _: {"train_kl_epoch": 9.0, "train_kl_step": 1.0}, steps=2)
    assert points(run, "train/kl") == [(1, 1), (2, 1)]


def test_non_finite_values_are_kept(tmp_path: Path) -> None:
    run = loaded(tmp_path / "run", lambda step: {"train/loss": math.nan if step == 2 else 1.0}, steps=3)
    assert run.curves["train/loss"].has_nonfinite.tolist() == [False, True, False]


def test_damaged_lines_are_counted_and_an_unfinished_one_is_not_yet_a_line(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run", training, steps=3)
    with (path / "metrics.jsonl").open("ab") as file:
        file.write(b'{"t": 1, "step"\n[1, 2]\n{"t":1,"step":-4,"train/loss":1.0}\n')
        file.write(b'{"t":1,"step":4,"train/loss":true,"train/kl":2}\n{"t":1,"step":5,"train/kl":')
    run = read(path)
    assert run.problems == ("3 of its lines are damaged and were left out",)
    assert points(run, "train/kl")[-1] == (4, 2)
    assert points(run, "train/loss")[-1][0] == 3


def test_steps_and_times_beyond_all_reason_are_damage(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run", training, steps=3)
    with (path / "metrics.jsonl").open("ab") as file:
        file.write(b'{"t":1,"step":1e300,"train/kl":1.0}\n{"t":1e300,"step":4,"train/kl":1.0}\n')
    run = read(path)
    assert run.problems == ("2 of its lines are damaged and were left out",)
    assert run.curves["train/kl"].total == 3


def test_superseded_points_are_left_out(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run", whole, steps=60)
    size = (path / "metrics.jsonl").stat().st_size
    resumed = EventRecord(t=T0, step=40, level=Level.INFO, kind="resumed", data={"step": 40, "metrics_bytes": size})
    again = write_run(tmp_path / "again", whole, steps=60, events=[resumed])
    lines = (path / "metrics.jsonl").read_bytes().splitlines(keepends=True)
    with (again / "metrics.jsonl").open("ab") as file:
        file.writelines(lines[40:50])
    run = read(again)
    assert [step for step, _ in points(run, "train/loss")] == list(range(1, 51))
    assert run.history.checks == 5
    assert run.last_step == 50


def test_the_posterior_is_judged_on_the_way(tmp_path: Path) -> None:
    run = loaded(tmp_path / "run", collapsing)
    assert run.history.checks == 20
    assert run.history.latest is not None
    assert run.history.latest.level is Level.RED
    assert run.changes[0].level is Level.GREEN
    assert run.changes[-1].level is Level.RED


def test_the_runs_own_thresholds_count_and_odd_ones_are_reported(tmp_path: Path) -> None:
    run = loaded(tmp_path / "run", min_checks=7, kl_threshold="low")
    assert run.thresholds.min_checks == 7
    (problem,) = run.problems
    assert "kl_threshold" in problem
    assert "'low'" in problem


def test_a_run_without_metrics_has_no_curves(tmp_path: Path) -> None:
    run = loaded(tmp_path / "run", steps=0)
    assert run.curves == {}
    assert run.last_step is None


def test_a_manifest_that_cannot_be_read_is_a_problem_and_not_the_end(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run", steps=2)
    (path / "run.json").write_text("{", encoding="utf-8")
    run = read(path)
    assert run.facts.manifest is None
    assert "run.json is not a manifest" in run.problems[0]
    assert run.curves


def test_metrics_that_cannot_be_read_are_a_problem(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run", steps=2)
    (path / "metrics.jsonl").unlink()
    (path / "metrics.jsonl").mkdir()
    assert "metrics.jsonl: Is a directory" in read(path).problems[0]


@pytest.mark.parametrize("file", ["metrics.jsonl", "events.jsonl", "run.json"])
def test_a_pipe_in_the_place_of_a_file_is_a_problem_and_is_not_waited_for(tmp_path: Path, file: str) -> None:
    path = write_run(tmp_path / "run", steps=2)
    (path / file).unlink()
    os.mkfifo(path / file)
    assert f"{file} is not a regular file" in read(path).problems[0]


def test_an_endless_file_is_a_problem_and_is_not_read(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run", steps=2)
    (path / "metrics.jsonl").unlink()
    (path / "metrics.jsonl").symlink_to("/dev/zero")
    assert "metrics.jsonl is not a regular file" in read(path).problems[0]


def test_a_line_that_is_too_long_is_left_out(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run", training, steps=3)
    lines = (path / "metrics.jsonl").read_bytes()
    (path / "metrics.jsonl").write_bytes(b"x" * (MAX_LINE + 1) + b"\n" + lines)
    run = read(path)
    assert run.problems == ("1 of its lines are damaged and were left out",)
    assert run.curves["train/loss"].total == 3


def test_runs_are_found_below_directories_once_and_in_order(tmp_path: Path) -> None:
    write_run(tmp_path / "b", steps=1)
    write_run(tmp_path / "a", steps=1)
    logs = find_runs([tmp_path, tmp_path / "a"])
    assert [log.name for log in logs] == ["a", "b"]


def test_runs_of_one_name_are_distinguished_by_their_paths(tmp_path: Path) -> None:
    for place in ("one", "two"):
        write_run(tmp_path / place / "p12", steps=1)
    names = [log.name for log in find_runs([tmp_path / "one", tmp_path / "two"])]
    assert names == [str(tmp_path / "one" / "p12"), str(tmp_path / "two" / "p12")]


def test_a_missing_directory_and_one_without_runs_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere does not exist; give a directory"):
        find_runs([tmp_path / "nowhere"])
    with pytest.raises(InputError, match=r"holds no run: no metrics\.jsonl, TensorBoard events or metrics\.csv"):
        find_runs([tmp_path])


def test_extremes_are_exact(tmp_path: Path) -> None:
    assert loaded(tmp_path / "run").curves["val/auroc"].highest == Point(200, 0.8)
