"""What scripts use of the command line: exit statuses, waiting, other thresholds, exports, and pipes."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seqsetvae.stream.codec import encode_event
from seqsetvae.stream.records import EventRecord, Level, RunState
from tests.tui.logs import T0, append, write_run
from tui.command import main

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "logs"


def judged(logdir: Path, level: Level | None, state: RunState = RunState.RUNNING, name: str = "a") -> Path:
    run = write_run(logdir / name, state=state)
    if level is not None:
        event = EventRecord(t=T0 + 9, step=9, level=level, kind="collapse", message="KL 0.07 < 0.08")
        append(run / "events.jsonl", encode_event(event))
    return run


@pytest.mark.parametrize(
    ("level", "code"), [(None, 0), (Level.GREEN, 0), (Level.YELLOW, 1), (Level.ORANGE, 2), (Level.RED, 3)]
)
@pytest.mark.parametrize("how", [["--once"], ["--once", "--json"], ["--wait-for", "finished"]], ids=" ".join)
def test_the_exit_status_is_the_level(tmp_path: Path, level: Level | None, code: int, how: list[str]) -> None:
    judged(tmp_path, level, RunState.FINISHED)
    assert main([str(tmp_path), *how, "--exit-code"]) == code


def test_without_being_asked_a_report_of_a_red_run_is_a_success(tmp_path: Path) -> None:
    judged(tmp_path, Level.RED)
    assert main([str(tmp_path), "--once"]) == 0


def test_the_exit_status_is_that_of_the_run_that_is_asked_for(tmp_path: Path) -> None:
    judged(tmp_path, Level.RED, name="a")
    judged(tmp_path, Level.GREEN, name="b")
    assert main([str(tmp_path), "a", "--once", "--exit-code"]) == 3
    assert main([str(tmp_path), "b", "--once", "--exit-code"]) == 0


def test_no_run_is_no_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--once", "--exit-code"]) == 4
    assert "No runs in" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["gone", "--once"], [".", "--once", "--bogus"], [".", "nobody", "--wait-for", "red"], ["."]]
)
def test_bad_input_is_no_level_either(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--exit-code"]) == 4


@pytest.mark.parametrize(
    ("goal", "level", "state", "code"),
    [
        ("red", Level.RED, RunState.RUNNING, 0),
        ("red", Level.ORANGE, RunState.FINISHED, 1),
        ("finished", Level.RED, RunState.FINISHED, 0),
        ("finished", Level.GREEN, RunState.FAILED, 1),
        ("finished", Level.GREEN, RunState.INTERRUPTED, 1),
    ],
)
def test_waiting_succeeds_when_what_was_waited_for_has_come(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], goal: str, level: Level, state: RunState, code: int
) -> None:
    judged(tmp_path, level, state)
    assert main([str(tmp_path), "--wait-for", goal]) == code
    out = capsys.readouterr().out
    assert out == f"a: {state.value} at step 49, {level.value}: KL 0.07 < 0.08\n"


def test_after_the_wait_comes_the_report_that_is_asked_for(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    judged(tmp_path, Level.RED, RunState.FAILED)
    assert main([str(tmp_path), "--wait-for", "finished", "--once", "--json", "--exit-code"]) == 3
    assert json.loads(capfdbinary.readouterr().out)["state"] == "failed"


@contextmanager
def waiting(logdir: Path, goal: str) -> "Iterator[subprocess.Popen[str]]":
    """A watcher that waits, has run its command for an alert, and gets no notification any more."""
    said = logdir / "said.json"
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    command = shlex.join([sys.executable, "-c", code, str(said)])
    words = [str(logdir), "a", "--wait-for", goal, "--poll", "0.05", "--on-alert", command]
    with subprocess.Popen(
        [sys.executable, "-m", "tui.command", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while not (said.exists() and said.read_text()):
            assert process.poll() is None, "it has ended"
            for level in (Level.GREEN, Level.ORANGE):  # what is there when it begins to read is no alert
                event = EventRecord(t=time.time(), step=9, level=level, kind="collapse", message="KL 0.07 < 0.08")
                append(logdir / "a" / "events.jsonl", encode_event(event))
            threading.Event().wait(0.05)
        yield process


def test_a_waiting_watcher_runs_the_command_and_ends_when_the_run_turns_red(tmp_path: Path) -> None:
    run = judged(tmp_path, None)
    with waiting(tmp_path, "red") as process:
        event = EventRecord(t=T0 + 9, step=9, level=Level.RED, kind="collapse", message="dead")
        append(run / "events.jsonl", encode_event(event))
        out, err = process.communicate(timeout=240)
    assert (process.returncode, out, err) == (0, "a: running at step 49, red: dead\n", "")
    alert = json.loads((tmp_path / "said.json").read_text())
    assert alert["run"] == "a"
    assert alert["level"] in ("orange", "red"), "each alert has its turn, the last one wrote last"


def test_ctrl_c_ends_a_wait(tmp_path: Path) -> None:
    judged(tmp_path, None)
    with waiting(tmp_path, "finished") as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=240)
    assert (process.returncode, out, err) == (130, "", "seqsetvae-watch: interrupted\n")


def test_a_report_tells_what_other_thresholds_would_have_said(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    settings = tmp_path / "t.yaml"
    settings.write_text("collapse:\n  kl_threshold: 4\n  var_threshold: 0.5\n")
    assert main([str(EXAMPLES), "collapsing", "--once", "--thresholds", str(settings)]) == 0
    report = capfdbinary.readouterr().out.decode()
    assert "with kl_threshold 4.0, var_threshold 0.5: yellow at step" in report
    assert "red at the last of 60 checks" in report
    assert main([str(EXAMPLES), "collapsing", "--once", "--json", "--thresholds", str(settings)]) == 0
    what_if = json.loads(capfdbinary.readouterr().out)["what_if"]
    assert what_if["settings"] == {"kl_threshold": 4.0, "var_threshold": 0.5}
    assert what_if["first"]["yellow"] < what_if["first"]["orange"] <= what_if["first"]["red"]


def test_the_table_of_a_report_has_the_limits_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "t.json"
    settings.write_text('{"kl_threshold": 123.5}')
    main([str(EXAMPLES), "collapsing", "--once", "--thresholds", str(settings), "--metrics", "posterior/kl"])
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("posterior/kl ")]
    assert "123.5" in row


def test_an_export_says_what_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(tmp_path, None)
    monkeypatch.chdir(tmp_path)
    assert main([str(tmp_path), "--export", "out.csv", "--metrics", "train/*"]) == 0
    assert capsys.readouterr().out == "out.csv: 50 rows of 2 metrics\n"
    assert (tmp_path / "out.csv").read_text().startswith("step,epoch,t,train/kl,train/loss\n0,0.0,")


def test_parquet_without_pyarrow_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(tmp_path, None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "tui.export.parquet", raising=False)
    assert main([str(tmp_path), "--export", str(tmp_path / "a.parquet")]) == 2
    err = capsys.readouterr().err
    assert err == "seqsetvae-watch: Parquet needs pyarrow: pip install pyarrow, or export to a name that ends in .csv\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged(tmp_path, None)
    assert main([str(tmp_path), "--export", str(tmp_path / "none" / "a.csv")]) == 2
    assert "a.csv cannot be written (No such file or directory)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--export", "-"], 0),
        (["--once", "--exit-code"], 3),
        (["--once", "--json", "--exit-code"], 3),
        (["--wait-for", "red", "--exit-code"], 3),
    ],
)
def test_a_pipe_that_is_closed_early_is_no_error_and_changes_no_status(
    tmp_path: Path, words: list[str], code: int
) -> None:
    run = judged(tmp_path, Level.RED)
    append(run / "metrics.jsonl", (run / "metrics.jsonl").read_bytes() * 100)
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "tui.command", str(tmp_path), *words]
    with os.fdopen(writing, "wb") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, "")
