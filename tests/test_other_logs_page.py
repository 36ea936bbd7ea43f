"""What the page on other tools' logs says is what the readers do."""

from __future__ import annotations

from pathlib import Path

import pytest

import seqsetvae.logs
from seqsetvae.importing.log_import import IMPORTED
from seqsetvae.logs.collapse_monitor_log import KIND
from seqsetvae.logs.log import FOREIGN
from seqsetvae.logs.metric_names import METRICS, STAGES, WHOLE, read_names
from seqsetvae.logs.trainer_state import LARGEST
from seqsetvae.stream.resume import RESUMED
from tests.pages import OTHER_LOGS, OTHER_LOGS_PAGES, blocks_of, cells_of, text_of
from tests.tui.logs import write_run


def blocks(language: str) -> list[str]:
    return [content for kind, content in blocks_of(OTHER_LOGS) if kind == language]


@OTHER_LOGS_PAGES
def test_the_tables_of_names_are_the_codes(page: Path) -> None:
    rows = {left.strip("`"): right.strip("`") for left, right in cells_of(page, 2) if left.startswith("`")}
    assert rows == {**WHOLE, **{stage: f"{ours}/" for stage, ours in STAGES.items()}, **METRICS}


@OTHER_LOGS_PAGES
def test_every_format_is_described(page: Path) -> None:
    assert [row[0].strip("`") for row in cells_of(page, 4) if row[0].startswith("`")] == list(FOREIGN)


@OTHER_LOGS_PAGES
def test_kinds_of_events_and_limits_are_the_codes(page: Path) -> None:
    for kind in (IMPORTED, RESUMED, KIND):
        assert f"`{kind}`" in text_of(page)
    assert f"{LARGEST >> 20} MB" in text_of(page)


def test_the_example_of_names_is_a_table_of_names(tmp_path: Path) -> None:
    (names,) = blocks("yaml")
    (tmp_path / "names.yaml").write_text(names)
    assert read_names(tmp_path / "names.yaml") == {"vae_kl_per_set": "posterior/kl", "gpu_temperature": None}


def test_the_line_for_a_notebook_gives_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path / "logs" / "run", steps=20)
    monkeypatch.chdir(tmp_path)
    notebook, _ = blocks("python")
    assert len(eval(notebook.splitlines()[-1], {"seqsetvae": seqsetvae})) == 2


def test_the_program_prints_the_newest_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lightning_logs" / "version_0").mkdir(parents=True)
    (tmp_path / "lightning_logs" / "version_0" / "metrics.csv").write_text("step,train_loss\n1,0.5\n2,0.25\n")
    monkeypatch.chdir(tmp_path)
    _, program = blocks("python")
    exec(compile(program, str(OTHER_LOGS), "exec"), {})
    assert capsys.readouterr().out == "version_0 train/loss 2 0.25\n"
