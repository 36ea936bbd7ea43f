"""`seqsetvae-import` from the outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tui.command
from seqsetvae.cli.import_logs import main
from tests.logs.event_files import event, file_of, image, simple


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A directory with a TensorBoard run, a metrics.csv and a log without numbers."""
    for name in ("tb", "pictures", "lightning/version_0"):
        (tmp_path / "src" / name).mkdir(parents=True)
    events = [event(1.7e9 + step, step, [simple("train_kl_step", step)]) for step in range(1200)]
    (tmp_path / "src" / "tb" / "events.out.tfevents.1.host").write_bytes(file_of(events))
    pictures = file_of([event(1.7e9, 1, [image("i")])])
    (tmp_path / "src" / "pictures" / "events.out.tfevents.1.host").write_bytes(pictures)
    table = "epoch,step,train_loss,val_auc\n0,10,0.5,\n0,10,,0.75\n0,20,low,\n"
    (tmp_path / "src" / "lightning" / "version_0" / "metrics.csv").write_text(table)
    return tmp_path / "src"


def test_every_run_of_a_directory_is_imported(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = tmp_path / "logs"
    assert main([str(source), str(logs)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"{logs}/lightning/version_0: Lightning's metrics.csv, 2 points of 2 metrics, steps 10 to 10",
        "  names: train_loss → train/loss, val_auc → val/auroc",
        "  not understood: non-numeric cells (1)",
        f"{logs}/tb: TensorBoard, 1,200 points of 1 metric, steps 0 to 1,199",
        "  names: train_kl_step → train/kl",
    ]
    (left_out,) = said.err.splitlines()
    assert left_out.startswith("seqsetvae-import: left out: ")
    assert left_out.endswith("pictures holds no numbers: values that are no scalars (1)")
    assert sorted(path.name for path in logs.iterdir()) == ["lightning", "tb"]


def test_the_watcher_shows_an_imported_run(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(source / "tb"), str(tmp_path / "logs"), "--run", "old"]) == 0
    capsys.readouterr()
    assert tui.command.main([str(tmp_path / "logs"), "old", "--once"]) == 0
    report = capsys.readouterr().out
    assert "finished" in report
    assert "train/kl" in report
    assert "imported from TensorBoard" in report
    assert "1,200 lines · 0 bad" in report


def test_a_single_file_is_imported_under_the_name_of_its_directory(source: Path, tmp_path: Path) -> None:
    assert main([str(source / "lightning" / "version_0" / "metrics.csv"), str(tmp_path / "logs")]) == 0
    assert (tmp_path / "logs" / "version_0" / "metrics.jsonl").is_file()


def test_several_runs_go_below_the_given_name(source: Path, tmp_path: Path) -> None:
    assert main([str(source), str(tmp_path / "logs"), "--run", "old/ones"]) == 0
    assert (tmp_path / "logs" / "old" / "ones" / "tb" / "run.json").is_file()


def test_only_one_format_may_be_asked_for(source: Path, tmp_path: Path) -> None:
    assert main([str(source), str(tmp_path / "logs"), "--format", "csv"]) == 0
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["lightning"]


def test_names_may_be_chosen(source: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.yaml"
    names.write_text("train_kl_step: posterior/kl\n")
    assert main([str(source / "tb"), str(tmp_path / "logs"), "--names", str(names)]) == 0
    assert b'"posterior/kl":' in (tmp_path / "logs" / "tb" / "metrics.jsonl").read_bytes()


def test_nothing_is_overwritten_and_nothing_is_begun(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs" / "tb").mkdir(parents=True)
    assert main([str(source), str(tmp_path / "logs")]) == 2
    assert "logs/tb exists already; choose another name with --run" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["tb"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["none", "logs"], "none does not exist; name a log or a directory with logs"),
        (
            ["empty", "logs"],
            "empty holds no logs of other tools; formats and their file names are in docs/en/other-logs.md",
        ),
        (["src", "logs", "--format", "wandb"], "src holds no logs of W&B"),
        (["notes.txt", "logs"], "notes.txt has a name that tells no format; choose one with --format"),
        (["notes.txt", "logs", "--format", "tensorboard"], "notes.txt holds no numbers"),
        (["src/tb", "logs", "--run", "../out"], "--run ../out is no name of a run"),
        (["src/tb", "logs", "--run", "/abs"], "--run /abs is no name of a run"),
        (["src/tb", "logs", "--names", "none.yaml"], "cannot read none.yaml"),
        (["src/pictures", "logs"], "holds no numbers: values that are no scalars (1)"),
        (["src"], "the following arguments are required: LOGDIR; see seqsetvae-import --help"),
        (["src", "logs", "--format", "neptune"], "see seqsetvae-import --help"),
    ],
)
def test_bad_input_is_one_sentence(
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("hello\n")
    assert main(words) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_names_from_a_log_never_reach_the_terminal_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = tmp_path / "evil"
    evil.mkdir()
    names = ["train_\x1b]0;owned\x07", "train_[red]x"]
    events = [event(1.7e9, 1, [simple(name, 1.0) for name in names])]
    (evil / "events.out.tfevents.1.host").write_bytes(file_of(events))
    assert main([str(evil), str(tmp_path / "logs")]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\x07" not in said
    assert "train_[red]x → train/[red]x" in said


def test_without_words_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "SRC LOGDIR" in capsys.readouterr().out


def test_it_runs_without_torch() -> None:
    """The command is for login nodes: the light installation is enough."""
    code = "import sys, seqsetvae.cli.import_logs; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=240)
    heavy = {"torch", "pytorch_lightning", "pandas", "pyarrow", "textual", "tensorboard", "wandb", "google"}
    assert set(result.stdout.split()) & heavy == set()
