"""What the command line does with other tools' logs: reports, exports, thresholds, waiting; and what it refuses."""

import csv
import io
import json
from pathlib import Path

import pytest

from seqsetvae.errors import InputError
from seqsetvae.stream.records import Level
from tests.logs import wandb_files
from tests.logs.event_files import event, field, simple
from tests.tui.logs import T0
from tests.tui.other_logs import Bench, events, example_events, write_csv, write_events
from tui.alerts.wait_for import Goal, Wait
from tui.command import main
from tui.follow.liveness import State


def test_a_report_tells_whose_log_it_is_and_what_it_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_events(tmp_path / "a", events(0, 30))
    assert main([str(tmp_path), "--once"]) == 0
    printed = capsys.readouterr().out
    assert "train/kl" in printed
    assert "data: TensorBoard, 90 points · 0 bad" in printed


def test_a_report_for_programs_has_the_metrics_by_our_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(tmp_path / "version_0", ["0,0,1.5,", "0,1,1.25,0.5"])
    assert main([str(tmp_path), "--once", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["metrics"]["train/loss"] == {
        "latest": 1.25,
        "step": 1,
        "min": 1.25,
        "max": 1.5,
        "points": 2,
        "not_finite": 0,
    }
    assert (facts["step"], facts["epoch"], facts["data"]["lines"]) == (1, 0.0, 3)


@pytest.mark.parametrize(("run", "code"), [("healthy", 0), ("collapsing", 3)])
def test_the_exit_status_is_the_level_that_is_found_here(tmp_path: Path, run: str, code: int) -> None:
    write_events(tmp_path / run, example_events(run))
    assert main([str(tmp_path), "--once", "--exit-code"]) == code


def test_an_export_has_a_row_for_what_was_logged_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    later = T0 + 1_000
    write_events(tmp_path / "a", events(0, 5))
    write_events(tmp_path / "a", [event(later, 3, session=1), *events(3, 4, t=later)], stamp=2)
    assert main([str(tmp_path), "--export", "-"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["step", "epoch", "t", "train/kl", "train/loss", "val/auroc"]
    assert [row[0] for row in rows[1:]] == ["0", "1", "2", "3"]
    assert rows[-1] == ["3", "", str(later + 3), "5.0", "4.0", "3.5"]


def test_an_export_says_what_was_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(tmp_path / "a", ["0,0,1.5,", "0,1,oops,0.5"])
    target = tmp_path / "a.csv"
    assert main([str(tmp_path), "--export", str(target), "--metrics", "train/*"]) == 0
    assert capsys.readouterr().out == f"{target}: 1 row of 1 metric, 1 bad line left out\n"
    assert target.read_text().splitlines()[1].startswith("0,0.0,")


def test_an_export_of_a_log_without_numbers_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_events(tmp_path / "a", [])
    assert main([str(tmp_path), "--export", "-"]) == 2
    assert "no metrics: the log holds none yet" in capsys.readouterr().err


def test_other_thresholds_are_tried_on_a_log_with_numbers_of_the_posterior(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_events(tmp_path / "logs" / "a", example_events("collapsing"))
    strict = tmp_path / "strict.yaml"
    strict.write_text("kl_threshold: 100.0\nvar_threshold: 0.5\n")
    assert main([str(tmp_path / "logs"), "--once", "--json", "--thresholds", str(strict)]) == 0
    facts = json.loads(capsys.readouterr().out)
    own = next(event["step"] for event in facts["events"] if event["level"] == "yellow")
    assert facts["what_if"]["first"]["yellow"] < own
    assert facts["what_if"]["checks"] == facts["metrics"]["posterior/kl"]["points"]


def test_other_thresholds_find_no_checks_in_a_log_of_other_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_events(tmp_path / "logs" / "a", events(0, 30))
    strict = tmp_path / "strict.yaml"
    strict.write_text("kl_threshold: 100.0\nvar_threshold: 0.5\n")
    assert main([str(tmp_path / "logs"), "--once", "--json", "--thresholds", str(strict)]) == 0
    assert json.loads(capsys.readouterr().out)["what_if"]["checks"] == 0


def test_an_earlier_step_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_events(tmp_path / "my run", events(0, 30))
    assert main([str(tmp_path), "--once", "--json", "--at", "5"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["step"], facts["metrics"]["train/loss"]["points"]) == (5, 6)


def test_waiting_for_an_end_that_no_such_log_tells_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_events(tmp_path / "a", events(0, 30))
    assert main([str(tmp_path), "--wait-for", "finished"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("seqsetvae-watch: a is a log of TensorBoard, which never says that its run has finished")


@pytest.mark.parametrize(
    ("code", "state", "reached"), [(0, State.FINISHED, True), (1, State.FAILED, False)], ids=["finished", "failed"]
)
def test_the_end_of_a_run_of_weights_and_biases_is_waited_for(
    tmp_path: Path, code: int, state: State, reached: bool
) -> None:
    rows = [wandb_files.row(step, train__loss=1.0) for step in range(20)]
    path = tmp_path / "a" / "run-a.wandb"
    path.parent.mkdir()
    path.write_bytes(wandb_files.file_of(rows))
    bench = Bench(tmp_path)

    def pause() -> None:
        path.write_bytes(wandb_files.file_of([*rows, field(18, field(1, code) if code else b"")]))
        bench.clock.now += 10

    outcome = Wait(bench.store, bench.reader, run=None, goal=Goal.FINISHED, clock=lambda: T0).until_then(pause)
    assert (outcome.reached, outcome.state, outcome.step) == (reached, state, 19)


def test_the_last_step_of_a_hugging_face_run_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a" / "trainer_state.json"
    path.parent.mkdir()

    def save(step: int) -> None:
        history = [{"step": at, "loss": 1.0} for at in range(0, step + 1, 10)]
        path.write_text(json.dumps({"global_step": step, "max_steps": 40, "log_history": history}))

    save(30)
    bench = Bench(tmp_path)

    def pause() -> None:
        save(40)
        bench.clock.now += 10

    outcome = Wait(bench.store, bench.reader, run=None, goal=Goal.FINISHED, clock=lambda: T0).until_then(pause)
    assert (outcome.reached, outcome.state, outcome.step) == (True, State.FINISHED, 40)


def test_a_wait_that_began_before_the_log_did_is_refused_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    def pause() -> None:
        write_events(tmp_path / "a", events(0, 30))
        bench.clock.now += 10

    with pytest.raises(InputError, match="a is a log of TensorBoard"):
        Wait(bench.store, bench.reader, run=None, goal=Goal.FINISHED).until_then(pause)


def test_waiting_for_red_ends_when_the_posterior_is_no_number(tmp_path: Path) -> None:
    write_events(tmp_path / "a", events(0, 30, {"posterior/kl": 3.0}))
    bench = Bench(tmp_path)
    nan = [event(T0 + 40 + step, 40 + step, [simple("posterior/kl", float("nan"))]) for step in range(3)]

    def pause() -> None:
        write_events(tmp_path / "a", nan, stamp=2)
        bench.clock.now += 10

    outcome = Wait(bench.store, bench.reader, run=None, goal=Goal.RED, clock=lambda: T0).until_then(pause)
    assert (outcome.reached, outcome.level) == (True, Level.RED)
