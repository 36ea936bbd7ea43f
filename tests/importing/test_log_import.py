"""Logs of other tools as streams."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seqsetvae.errors import InputError
from seqsetvae.importing.log_import import LARGE_SETTINGS, TOO_LONG, import_log
from seqsetvae.logs.discovery import find_logs
from seqsetvae.logs.log import Log, LogFormat
from seqsetvae.logs.tailer import MAX_LINE
from seqsetvae.stream.codec import decode_event, decode_metrics
from seqsetvae.stream.records import EventRecord, Manifest, MetricsRecord, RunState
from seqsetvae.stream.run_directory import MAX_MANIFEST, read_manifest
from tests.logs import wandb_files as wandb
from tests.logs.event_files import event, field, file_of, image, simple


def source(directory: Path, events: list[bytes]) -> Log:
    directory.mkdir(exist_ok=True)
    (directory / "events.out.tfevents.1.host").write_bytes(file_of(events))
    (log,) = find_logs(directory)
    return log


def metrics(run: Path) -> list[MetricsRecord]:
    return [decode_metrics(line) for line in (run / "metrics.jsonl").read_bytes().splitlines()]


def events_of(run: Path) -> list[EventRecord]:
    return [decode_event(line) for line in (run / "events.jsonl").read_bytes().splitlines()]


def test_what_was_logged_together_is_one_line(tmp_path: Path) -> None:
    """One event a scalar: those of one step, within a second, are one line with the time of the first."""
    events = [
        event(1.7e9 + step + place / 100, step, [simple(tag, value)])
        for step in range(3)
        for place, (tag, value) in enumerate((("train_loss", 1.5), ("train_kl", 0.5), ("epoch", step / 2)))
    ]
    import_log(source(tmp_path / "tb", events), tmp_path / "logs" / "run")
    assert metrics(tmp_path / "logs" / "run") == [
        MetricsRecord(t=1.7e9 + step, step=step, epoch=step / 2, values={"train/loss": 1.5, "train/kl": 0.5})
        for step in range(3)
    ]


def test_a_value_that_comes_later_or_again_is_a_line_of_its_own(tmp_path: Path) -> None:
    moments = [(0.0, "loss"), (0.5, "loss"), (30.0, "val_loss")]
    events = [event(1.7e9 + t, 5, [simple(tag, 1.0)]) for t, tag in moments]
    import_log(source(tmp_path / "tb", events), tmp_path / "run")
    assert [(line.t - 1.7e9, set(line.values)) for line in metrics(tmp_path / "run")] == [
        (0.0, {"train/loss"}),
        (0.5, {"train/loss"}),
        (30.0, {"val/loss"}),
    ]


def test_the_run_is_finished_and_says_where_it_came_from(tmp_path: Path) -> None:
    log = source(tmp_path / "tb", [event(1.7e9 + step, step, [simple("loss", 1.0), image("i")]) for step in range(9)])
    report = import_log(log, tmp_path / "logs" / "run", clock=lambda: 1.8e9)
    manifest = read_manifest(tmp_path / "logs" / "run" / "run.json")
    assert isinstance(manifest, Manifest)
    assert (manifest.state, manifest.started, manifest.ended) == (RunState.FINISHED, 1.7e9, 1.7e9 + 8)
    assert (manifest.updated, manifest.total_steps, manifest.pid) == (1.8e9, 8, 0)
    (written,) = events_of(tmp_path / "logs" / "run")
    assert (written.kind, written.step, written.data["points"]) == ("imported", 8, 9)
    assert written.data["skipped"] == {"values that are no scalars": 9}
    assert written.data["names"] == {"loss": "train/loss"}
    assert (report.points, report.metrics, report.first_step, report.last_step) == (9, {"train/loss"}, 0, 8)


def test_a_restarted_session_makes_points_void_in_the_stream_too(tmp_path: Path) -> None:
    events = [event(1.7e9, 7, [simple("loss", 1.0)]), event(1.7e9 + 9, 5, session=1)]
    import_log(source(tmp_path / "tb", events), tmp_path / "run")
    assert [(event.kind, event.step) for event in events_of(tmp_path / "run")] == [("resumed", 4), ("imported", 7)]


def test_totals_and_settings_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "trainer_state.json"
    path.write_text(json.dumps({"log_history": [{"step": 1, "loss": 2.0}], "max_steps": 50, "num_train_epochs": 3}))
    import_log(Log(format=LogFormat.TRAINER_STATE, path=path, directory=path.parent, name="run"), tmp_path / "run")
    manifest = read_manifest(tmp_path / "run" / "run.json")
    assert isinstance(manifest, Manifest)
    assert (manifest.total_steps, manifest.total_epochs) == (50, 3.0)


def test_a_run_that_is_there_is_not_touched(tmp_path: Path) -> None:
    log = source(tmp_path / "tb", [event(1.7e9, 1, [simple("loss", 1.0)])])
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="exists already; choose another name with --run"):
        import_log(log, tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["mine.txt"]


def test_a_log_without_numbers_leaves_nothing_behind(tmp_path: Path) -> None:
    log = source(tmp_path / "tb", [event(1.7e9, 1, [image("i")])] * 3)
    with pytest.raises(InputError, match=r"holds no numbers: values that are no scalars \(3\)"):
        import_log(log, tmp_path / "logs" / "run")
    assert list((tmp_path / "logs").iterdir()) == []


def test_an_interrupted_import_leaves_nothing_behind(tmp_path: Path) -> None:
    log = source(tmp_path / "tb", [event(1.7e9, 1, [simple("loss", 1.0)])])

    def interrupt(read: int, size: int) -> None:
        assert find_logs(tmp_path / "logs") == [], "what is not whole is not seen"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_log(log, tmp_path / "logs" / "run", progress=interrupt)
    assert list((tmp_path / "logs").iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    log = source(tmp_path / "tb", [event(1.7e9, 1, [simple("loss", 1.0)])])
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot write .*choose another place"):
        import_log(log, tmp_path / "file" / "run")


def test_no_line_is_too_long_for_readers(tmp_path: Path) -> None:
    """They pass over lines of more than 2 MiB; a name of that length cannot be helped."""
    many = {f"metric {place}": place for place in range(5000)}
    history = [{"step": 1, **many}, {"step": 2, "x" * MAX_LINE: 1.0}]
    path = tmp_path / "trainer_state.json"
    path.write_text(json.dumps({"log_history": history}))
    report = import_log(
        Log(format=LogFormat.TRAINER_STATE, path=path, directory=path.parent, name="run"), tmp_path / "run"
    )
    assert [len(line.values) for line in metrics(tmp_path / "run")] == [4096, 904]
    assert report.points == 5000
    assert report.damaged == {TOO_LONG: 1}


def test_settings_too_large_for_a_manifest_are_left_out(tmp_path: Path) -> None:
    large = field(1, field(1, b"notes") + field(16, b'"' + b"x" * MAX_MANIFEST + b'"'))
    records = [wandb.row(1, loss=1.0), field(17, field(4, large) + field(8, b"my run"))]
    path = tmp_path / "run-1.wandb"
    path.write_bytes(wandb.file_of(records))
    report = import_log(Log(format=LogFormat.WANDB, path=path, directory=path.parent, name="run"), tmp_path / "run")
    manifest = read_manifest(tmp_path / "run" / "run.json")
    assert isinstance(manifest, Manifest)
    assert (manifest.run, manifest.config, report.skipped) == ("my run", {}, {LARGE_SETTINGS: 1})


def test_progress_reaches_the_logs_size(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    log = source(tmp_path / "tb", [event(1.7e9, step, [simple("loss", 1.0)]) for step in range(99)])
    import_log(log, tmp_path / "run", progress=lambda read, size: seen.append((read, size)))
    size = (tmp_path / "tb" / "events.out.tfevents.1.host").stat().st_size
    assert seen[-1] == (size, size)
