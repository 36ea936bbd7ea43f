"""Directories that other tools log to are runs, named by where they lie; this package's own come first."""

import json
import os
from pathlib import Path

import pytest

from seqsetvae.logs.log import LogFormat
from tests.logs import wandb_files
from tests.logs.event_files import event, image
from tests.tui.logs import T0, append, write_run
from tests.tui.other_logs import Bench, events, records, steps, write_csv, write_events
from tui.follow.catalog import Catalog
from tui.follow.liveness import FOREIGN_SILENCE, State
from tui.views.run_state import run_rows


def test_directories_with_event_files_or_a_table_are_runs_named_by_their_path(tmp_path: Path) -> None:
    write_events(tmp_path / "sweep" / "lr1", events(0, 5))
    write_csv(tmp_path / "lightning_logs" / "version_0", ["0,0,1.0,"])
    write_run(tmp_path / "ours")
    bench = Bench(tmp_path)
    assert sorted(bench.names) == ["lightning_logs/version_0", "ours", "sweep/lr1"]
    formats = {run.name: run.log.format for run in bench.store.runs()}
    assert formats == {
        "sweep/lr1": LogFormat.TENSORBOARD,
        "lightning_logs/version_0": LogFormat.CSV,
        "ours": LogFormat.JSONL,
    }


def test_a_log_directory_may_be_the_run_itself(tmp_path: Path) -> None:
    write_csv(tmp_path / "version_3", ["0,0,1.0,"])
    assert Bench(tmp_path / "version_3").names == ["version_3"]


def test_only_the_runs_that_are_asked_for_are_listed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_events(tmp_path / name, events(0, 2))
    assert sorted(Bench(tmp_path).names) == ["a", "b"]
    assert [run.name for run in Catalog(tmp_path, ["b"]).look()] == ["b"]


def test_a_directory_with_our_log_too_shows_ours_and_so_do_those_below_it(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=7)
    write_events(run, events(0, 50))
    write_events(run / "tensorboard", events(0, 50))
    bench = Bench(tmp_path)
    assert bench.names == ["a"]
    assert len(steps(bench.read("a"))) == 7


def test_of_a_table_beside_event_files_the_events_are_shown_since_they_have_times(tmp_path: Path) -> None:
    write_csv(tmp_path / "version_0", ["0,0,1.0,"])
    write_events(tmp_path / "version_0", events(0, 3))
    (run,) = Bench(tmp_path).store.runs()
    assert (run.name, run.log.format) == ("version_0", LogFormat.TENSORBOARD)


def test_wandb_files_and_states_of_hugging_face_are_watched_and_followed(tmp_path: Path) -> None:
    wandb = tmp_path / "wandb" / "run-1" / "run-1.wandb"
    wandb.parent.mkdir(parents=True)
    wandb.write_bytes(wandb_files.file_of([wandb_files.row(step, train__loss=1.0) for step in range(5)]))
    write_state(tmp_path / "hf" / "checkpoint-5", 5)
    bench = Bench(tmp_path)
    assert sorted(bench.names) == ["hf", "wandb/run-1"]
    assert steps(bench.read("wandb/run-1")) == list(range(5))
    assert {run.name: run.last_step for run in bench.store.runs()} == {"hf": 4, "wandb/run-1": 4}
    assert steps(bench.read("hf")) == list(range(5))
    wandb.write_bytes(wandb_files.file_of([wandb_files.row(step, train__loss=1.0) for step in range(8)]))
    write_state(tmp_path / "hf" / "checkpoint-20", 20)
    bench.later()
    assert steps(bench.store.data("wandb/run-1")) == list(range(8))
    assert steps(bench.store.data("hf")) == list(range(20))
    assert [bench.store.data(name).facts.resets for name in bench.names] == [0, 0]
    assert bench.store.data("hf").facts.tool == "Hugging Face's trainer_state.json"


def write_state(directory: Path, count: int) -> None:
    directory.mkdir(parents=True)
    history = [{"step": step, "loss": 1.0} for step in range(count)]
    (directory / "trainer_state.json").write_text(json.dumps({"log_history": history}))


def test_a_log_that_is_imported_only_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "collapse_detection_1.log").write_text("")
    assert Bench(tmp_path).names == []


def test_the_list_shows_the_newest_step_of_runs_that_are_not_followed(tmp_path: Path) -> None:
    path = write_events(tmp_path / "a", events(0, 400))
    bench = Bench(tmp_path)
    assert [run.last_step for run in bench.store.runs()] == [399]
    append(path, records(events(400, 420)))
    os.utime(path, (T0, T0))
    bench.later(10)
    assert [run.last_step for run in bench.store.runs()] == [419]


def test_of_many_runs_the_steps_are_learnt_a_few_at_a_time(tmp_path: Path) -> None:
    for place in range(30):
        os.utime(write_events(tmp_path / f"{place:02}", events(0, 3)), (T0, T0 + place))
    catalog = Catalog(tmp_path)
    known = [run.last_step is not None for run in catalog.look()]
    assert known == [True] * 20 + [False] * 10, "the last written first"
    assert all(run.last_step == 2 for run in catalog.look())


def test_a_log_without_a_number_is_a_run_without_a_step(tmp_path: Path) -> None:
    write_events(tmp_path / "a", [event(T0, 3, [image("samples")])])
    bench = Bench(tmp_path)
    assert [run.last_step for run in bench.store.runs()] == [None]
    assert bench.read("a").names() == ()


def test_a_directory_that_becomes_a_run_of_ours_is_read_as_one_from_then_on(tmp_path: Path) -> None:
    write_events(tmp_path / "a", events(0, 50))
    bench = Bench(tmp_path)
    assert len(steps(bench.read("a"))) == 50
    ours = write_run(tmp_path / "elsewhere", steps=7)
    for file in ours.iterdir():
        file.rename(tmp_path / "a" / file.name)
    ours.rmdir()
    bench.later(10)
    assert bench.store.data("a").facts.tool is None
    assert len(steps(bench.store.data("a"))) == 7


def test_a_table_beside_which_event_files_appear_is_left_for_them(tmp_path: Path) -> None:
    write_csv(tmp_path / "a", ["0,0,1.0,"])
    bench = Bench(tmp_path)
    assert len(steps(bench.read("a"))) == 1
    write_events(tmp_path / "a", events(0, 50))
    bench.later(10)
    assert len(steps(bench.store.data("a"))) == 50


@pytest.mark.parametrize(
    ("silence", "state"),
    [
        (10, State.RUNNING),
        (FOREIGN_SILENCE - 1, State.RUNNING),
        (FOREIGN_SILENCE + 1, State.QUIET),
        (10**6, State.QUIET),
    ],
)
def test_silence_is_no_end_since_such_logs_do_not_tell_it(tmp_path: Path, silence: float, state: State) -> None:
    path = write_events(tmp_path / "a", events(0, 50))
    os.utime(path, (T0, T0))
    bench = Bench(tmp_path)
    bench.read("a")
    (row,) = run_rows(bench.store, T0 + silence)
    assert row.liveness.state is state
    assert (row.liveness.reason != "") is (state is State.QUIET)


def test_a_slow_log_is_granted_longer_silence(tmp_path: Path) -> None:
    slow = [record for step in range(5) for record in events(step, step + 1, t=T0 + 400 * step)]
    path = write_events(tmp_path / "a", slow)
    os.utime(path, (T0, T0))
    bench = Bench(tmp_path)
    bench.read("a")
    (row,) = run_rows(bench.store, T0 + 700)
    assert row.liveness.state is State.RUNNING
