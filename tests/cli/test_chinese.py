"""The commands in Chinese: help, and sentences of errors, with `--lang` anywhere and by the locale."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from rich.cells import cell_len

from seqsetvae.cli import analyze, bench, import_logs, prepare, train, visualize

CHINESE = re.compile(r"[\u4e00-\u9fff]")
Main = Callable[[Sequence[str]], int]

MAINS: dict[str, Main] = {
    "seqsetvae-train": train.main,
    "seqsetvae-prepare": prepare.main,
    "seqsetvae-bench": bench.main,
    "seqsetvae-analyze": analyze.main,
    "seqsetvae-visualize": visualize.main,
    "seqsetvae-import": import_logs.main,
}


@pytest.fixture(autouse=True)
def utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LC_CTYPE", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("COLUMNS", "90")


@pytest.mark.parametrize("program", MAINS)
def test_help_is_in_chinese_and_fits_the_terminal(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        MAINS[program](["--help", "--lang", "zh"])
    text = capsys.readouterr().out
    assert text.startswith(f"用法： {program} [-h]")
    assert "显示本帮助后退出" in text
    _usage, _, rest = text.partition("\n\n")
    assert max(map(cell_len, rest.splitlines())) <= 90


def test_a_command_s_own_help_is_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["--lang", "zh", "memory", "--help"])
    assert "训练步各部分占用多少内存" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("program", "words", "sentence"),
    [
        ("seqsetvae-train", ["--data_dir", "d", "--max_beta", "-1"], "--max_beta 必须不小于 0，而不是 -1.0"),
        (
            "seqsetvae-train",
            ["--data_dir", "d", "--label_smoothing", "1"],
            "--label_smoothing 必须在 [0, 1) 之内，而不是 1.0",
        ),
        ("seqsetvae-train", ["--run_name", "x"], "缺少 --data_dir：数据目录，内有 patient_ehr/"),
        ("seqsetvae-train", ["--precision", "8"], "--precision 为 '8'，请从 16-mixed, bf16-mixed, 32 中选择"),
        ("seqsetvae-train", ["--fokal", "8"], "不认识的参数：--fokal 8；见 seqsetvae-train --help"),
        ("seqsetvae-prepare", ["synthetic", "out", "--patients", "3"], "--patients 为 3，但填满三个划分至少需要 20。"),
        ("seqsetvae-bench", ["train", "--rounds", "-1"], "--rounds 不能为负，而不是 -1"),
        ("seqsetvae-analyze", ["nowhere"], "nowhere 不存在；请给出存放运行的目录，或一次运行自己的目录"),
        ("seqsetvae-import", ["nowhere", "logs"], "nowhere 不存在；请指定一份日志，或含有日志的目录"),
    ],
)
def test_what_is_wrong_is_one_sentence_in_chinese(
    program: str,
    words: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert MAINS[program]([*words, "--lang", "zh"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"{program}: {sentence}")
    assert error.count("\n") == 1


def test_the_locale_is_enough(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert analyze.main(["nowhere"]) == 2
    assert CHINESE.search(capsys.readouterr().err)
    assert analyze.main(["nowhere", "--lang", "en"]) == 2
    assert not CHINESE.search(capsys.readouterr().err)


def test_another_language_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert train.main(["--lang", "fr"]) == 2
    assert capsys.readouterr().err == "seqsetvae-train: --lang is 'fr', choose en or zh\n"


def test_an_import_reports_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "version_0").mkdir()
    (tmp_path / "version_0" / "metrics.csv").write_text("epoch,step,train_loss\n0,0,1.0\n0,1,0.5\n", encoding="utf-8")
    assert import_logs.main([str(tmp_path / "version_0"), str(tmp_path / "logs"), "--lang", "zh"]) == 0
    out = capsys.readouterr().out
    assert "1 个指标，2 个点，第 0 至 1 步" in out
    assert "  名字：train_loss → train/loss" in out
