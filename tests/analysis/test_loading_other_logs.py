"""Logs of other tools in a report: the same curves, the same verdict, and no damage passed over in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seqsetvae.analysis.run_curves import RunCurves
from seqsetvae.analysis.run_loading import WITHOUT_DIMENSIONS, find_runs
from seqsetvae.errors import InputError
from seqsetvae.logs.series_view import Point
from seqsetvae.stream.records import Level
from tests.analysis.runs import Values, check, loaded, read, training, write_run
from tests.logs.event_files import event, file_of, simple

EVENTS = "events.out.tfevents.1700000000.host.1.0"


def write_events(directory: Path, values: Callable[[int], Values], steps: int) -> Path:
    """Numbers as TensorBoard has them: an event a step, a second apart; lists it has none."""
    directory.mkdir(parents=True)
    events = [
        event(1.7e9 + step, step, [simple(name, value) for name, value in values(step).items() if type(value) is float])
        for step in range(1, steps + 1)
    ]
    (directory / EVENTS).write_bytes(file_of(events))
    return directory


def points(run: RunCurves, name: str) -> list[tuple[float, float]]:
    curve = run.curves[name]
    return list(zip(curve.steps.tolist(), curve.mean.tolist(), strict=True))


def test_event_files_with_original_names_become_curves(tmp_path: Path) -> None:
    def original(step: int) -> Values:
        return {"train_kl_step": 2.0 * step, "val_auc": 0.5 + step / 8, "lr-AdamW": 0.001}

    run = read(write_events(tmp_path / "version_0", original, 3))
    assert (run.name, run.last_step, run.facts.manifest) == ("version_0", 3, None)
    assert set(run.curves) == {"train/kl", "val/auroc"}
    assert points(run, "train/kl") == [(1, 2), (2, 4), (3, 6)]
    assert run.curves["val/auroc"].highest == Point(3, 0.875)
    assert run.problems == ()


def test_rows_of_lightning_become_curves(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("epoch,step,train_loss,val_auc\n0,1,2.5,\n0,2,2.0,0.75\n", encoding="utf-8")
    for path in (tmp_path, tmp_path / "metrics.csv"):
        run = read(path)
        assert points(run, "train/loss") == [(1, 2.5), (2, 2.0)]
        assert points(run, "val/auroc") == [(2, 0.75)]


def test_a_posterior_in_another_tools_log_is_judged_like_ours(tmp_path: Path) -> None:
    def dying(step: int) -> Values:
        values = training(step) | check(step, dead=step >= 20)
        return {name: value for name, value in values.items() if name != "posterior/kl_per_dim"}

    theirs = read(write_events(tmp_path / "theirs", dying, 40))
    ours = loaded(tmp_path / "ours", dying, steps=40)
    assert theirs.history.checks == ours.history.checks == 40
    assert theirs.history.level_changes == ours.history.level_changes
    assert theirs.history.first_at_least(Level.YELLOW) is not None
    assert theirs.problems == (WITHOUT_DIMENSIONS,)


def test_points_before_a_restart_are_left_out(tmp_path: Path) -> None:
    directory = tmp_path / "run"
    directory.mkdir()
    before = [event(1.7e9 + step, step, [simple("train_loss", 1.0)]) for step in range(1, 11)]
    after = [event(1.7e9 + 20, 6, session=1)]
    after += [event(1.7e9 + 20 + step, step, [simple("train_loss", 2.0)]) for step in range(6, 9)]
    (directory / EVENTS).write_bytes(file_of(before))
    (directory / EVENTS.replace("1700000000", "1700000020")).write_bytes(file_of(after))
    run = read(directory)
    assert points(run, "train/loss") == [(step, 1.0 if step < 6 else 2.0) for step in range(1, 9)]


def test_damage_is_reported(tmp_path: Path) -> None:
    text = "epoch,step,train_loss\n0,1,2.5\n0,2,oops\n"
    (tmp_path / "metrics.csv").write_text(text, encoding="utf-8")
    run = read(tmp_path)
    assert points(run, "train/loss") == [(1, 2.5)]
    assert run.problems == ("non-numeric cells were left out: 1",)


def test_what_lies_in_a_run_of_ours_is_not_read_twice(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "p12", steps=2)
    write_events(tmp_path / "logs" / "p12" / "tensorboard", training, 2)
    write_events(tmp_path / "logs" / "other", training, 2)
    assert [log.name for log in find_runs([tmp_path / "logs"])] == ["other", "p12"]


def test_a_file_that_is_no_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"notes\.txt is no log that can be read by itself"):
        find_runs([tmp_path / "notes.txt"])
