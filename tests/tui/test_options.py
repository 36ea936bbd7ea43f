"""The options of the watcher, and what --replay, --at and --demo do on the command line."""

import json
import os
import shutil
from pathlib import Path

import pytest

from seqsetvae.commandline.program import BAD_INPUT
from seqsetvae.errors import InputError
from seqsetvae.stream.records import RunState
from tests.tui.logs import write_run
from tests.tui.replay.recordings import falling_ill
from tui.command import main
from tui.options import WatchOptions, parse_options
from tui.replay.playback import Opening


@pytest.mark.parametrize(
    ("words", "opening"),
    [
        (["logs"], None),
        (["logs", "--replay"], Opening(playing=True)),
        (["logs", "--replay", "50"], Opening(speed=50, playing=True)),
        (["logs", "--replay", "x1000"], Opening(speed=1_000, playing=True)),
        (["logs", "--at", "42"], Opening(step=42)),
        (["logs", "--replay", "--at", "42"], Opening(step=42)),
        (["--demo"], Opening(playing=True)),
        (["--demo", "--replay", "5", "--at", "0"], Opening(speed=5, step=0)),
    ],
)
def test_how_the_screen_begins(words: list[str], opening: Opening | None) -> None:
    assert parse_options(words, on_screen=True).opening == opening


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--demo logs", "--demo plays a run of its own: leave out LOGDIR, or leave out --demo"),
        ("--demo --once", "--demo plays on the screen: leave out --once, or report one step with --at STEP"),
        ("logs --replay --once", "--replay plays on the screen: leave out --once"),
        ("logs --replay --export a.csv", "--replay is about the past: leave out --export"),
        ("logs --at 3 --wait-for red", "--at is about the past: leave out --wait-for"),
        ("--demo --on-alert true", "--demo is about the past: leave out --on-alert"),
        ("logs --at 3 --once --thresholds a.yaml", "leave out --at to report that"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_sentence(words: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_options(words.split(), on_screen=True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("logs --replay 0", "a speed from 1 to 10000, not '0'"),
        ("--replay logs", "not 'logs'; put LOGDIR before the option"),
        ("logs --at -3", "a step, a whole number from 0 on, not '-3'"),
        ("logs --at", "argument --at: expected one argument"),
        ("--demo", "--demo needs a terminal"),
        ("logs --replay", "--replay needs a terminal; print the report of one step with --once --at STEP"),
        ("", "give LOGDIR, the directory that seqsetvae-train got as --log_dir, or --demo"),
    ],
)
def test_bad_input_is_status_2(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == BAD_INPUT
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1


def test_a_report_as_of_a_step_knows_nothing_later(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    falling_ill().write(tmp_path / "run", state=RunState.FINISHED)
    assert main([str(tmp_path), "--once", "--json", "--at", "650", "--exit-code"]) == 2
    report = json.loads(capfdbinary.readouterr().out)
    assert (report["state"], report["step"], report["level"]) == ("running", 650, "orange")
    assert report["elapsed_seconds"] == 650
    assert report["silence_seconds"] == 0
    assert [event["step"] for event in report["events"]] == [0, 300, 600]
    assert report["metrics"]["train/loss"]["points"] == 650


def test_a_report_as_of_a_step_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    falling_ill().write(tmp_path / "run", state=RunState.FINISHED)
    assert main([str(tmp_path), "--at", "350"]) == 0
    printed = capsys.readouterr().out
    assert "running" in printed
    assert "step 350/2,000" in printed
    assert "orange" not in printed


def test_a_run_without_records_has_no_past(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "young", steps=0)
    assert main([str(tmp_path), "--once", "--at", "3"]) == BAD_INPUT
    assert "young has no records yet: leave out --at" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["metrics.jsonl", "metrics.csv"])
def test_a_run_whose_records_cannot_be_read_says_why_it_has_no_past(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    write_run(tmp_path / "young", steps=0)
    if name != "metrics.jsonl":
        shutil.rmtree(tmp_path / "young")
        (tmp_path / "young").mkdir()
    (tmp_path / "young" / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / "young" / name)
    assert main([str(tmp_path), "--once", "--at", "3"]) == BAD_INPUT
    assert f"{name} is not a regular file; nothing is read from it" in capsys.readouterr().err


def test_options_are_converted_once(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("kl_threshold: 0.5\n")
    words = ["logs", "a", "--thresholds", str(tmp_path / "own.yaml"), "--on-alert", "true 'x y'", "b", "--ascii"]
    options = parse_options([*words, "--poll", "2", "--metrics", "train/*", "--theme", "light"], on_screen=True)
    assert options == WatchOptions(
        logdir=Path("logs"), runs=("a", "b"), poll=2.0, pattern="train/*", theme="light", ascii=True, fresh=False,
        overrides={"kl_threshold": 0.5}, opening=None, at=None, once=False, json=False, exit_code=False,
        wait_for=None, on_alert=("true", "x y"), export=None,
    )  # fmt: skip
    assert options.run == "a"
