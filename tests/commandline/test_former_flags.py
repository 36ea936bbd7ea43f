"""Flags that a program does not have: what is said of those of the original code, and of slips."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seqsetvae.cli import analyze, import_logs, prepare, train, visualize
from seqsetvae.commandline.former_flags import DROPPED, RENAMED
from seqsetvae.commandline.program_parser import ProgramParser
from tui import command, options

PARSERS: dict[str, Callable[[], ProgramParser]] = {
    module.PROGRAM: module.make_parser for module in (analyze, import_logs, prepare, train, visualize, options)
}
PROGRAMS: dict[str, Callable[[list[str]], int]] = {
    "seqsetvae-analyze": analyze.main,
    "seqsetvae-import": import_logs.main,
    "seqsetvae-prepare": prepare.main,
    "seqsetvae-train": train.main,
    "seqsetvae-visualize": visualize.main,
    "seqsetvae-watch": command.main,
}


@pytest.mark.parametrize("program", sorted(RENAMED))
def test_what_is_named_is_there_and_what_is_known_is_not(program: str) -> None:
    known = {flag for action in PARSERS[program]()._actions for flag in action.option_strings}
    assert not known & {f"--{name}" for name in (*RENAMED[program], *DROPPED.get(program, ()))}
    assert {today for today in RENAMED[program].values() if today.startswith("--") and " " not in today} <= known


@pytest.mark.parametrize("program", sorted(RENAMED))
def test_each_ends_with_one_sentence(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["synthetic"] if program == "seqsetvae-prepare" else []
    for name in (*RENAMED[program], *DROPPED.get(program, ())):
        for words in ([f"--{name}", "3"], [f"--{name.replace('_', '-')}=3"]):
            assert PROGRAMS[program]([*command, *words]) == 2
            said = capsys.readouterr().err
            assert said.startswith(f"{program}: --{name.split('_')[0]}")
            assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("program", "words", "said"),
    [
        ("train", ["--beta", "0.1"], "--beta is no flag of seqsetvae-train; did you mean --max_beta?"),
        ("train", ["--check-frequency=50"], "--check_frequency is no flag of seqsetvae-train; did you mean --update_"),
        ("train", ["--max_epoch", "3"], "--max_epoch is no flag of seqsetvae-train; did you mean --max_epochs?"),
        ("train", ["--fokal", "3"], "unrecognized arguments: --fokal 3; see seqsetvae-train --help"),
        ("train", ["--kl_annealing", "false", "--data_dir=d"], "--kl_annealing is 'false', choose one of linear, "),
        ("watch", ["--log_dir", "logs"], "--log_dir is no flag of seqsetvae-watch; did you mean the directory alone"),
        ("watch", ["logs", "--update_interval", "2000"], "--update_interval is no flag of seqsetvae-watch; did you "),
        ("analyze", ["--log_dir", "logs", "--save_dir", "s"], "--log_dir is no flag of seqsetvae-analyze; did you "),
        ("visualize", ["--checkpoint", "c", "--log_dir", "d"], "--log_dir is no flag of seqsetvae-visualize; did "),
    ],
)
def test_a_command_line_of_the_original(
    program: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert PROGRAMS[f"seqsetvae-{program}"](words) == 2
    assert capsys.readouterr().err.startswith(f"seqsetvae-{program}: {said}")


def test_true_of_the_original_is_a_linear_rise_of_beta(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train.main(["--data_dir=d", "--kl_annealing", "true", "--print_config"]) == 0
    assert "kl_annealing: linear" in capsys.readouterr().out
    (tmp_path / "config.yaml").write_text("kl_annealing: true\ndata_dir: d\n")
    assert train.main([f"--config={tmp_path}/config.yaml", "--print_config"]) == 0
    assert "kl_annealing: linear" in capsys.readouterr().out


def test_a_setting_of_the_original_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yaml").write_text("data_dir: d\nlr: 0.1\n")
    assert train.main([f"--config={tmp_path}/config.yaml"]) == 2
    assert capsys.readouterr().err.endswith("has unknown settings: lr; did you mean --learning_rate?\n")
