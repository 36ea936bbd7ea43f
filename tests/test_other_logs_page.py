"""What the page on other tools' logs says is what the readers do."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqsetvae.importing.log_import import IMPORTED
from seqsetvae.logs.collapse_monitor_log import KIND
from seqsetvae.logs.log import FOREIGN
from seqsetvae.logs.metric_names import METRICS, STAGES, WHOLE, read_names
from seqsetvae.logs.trainer_state import LARGEST
from seqsetvae.stream.resume import RESUMED
from tests.pages import OTHER_LOGS, OTHER_LOGS_PAGES, blocks_of, cells_of, text_of


def block(language: str) -> str:
    (content,) = [content for kind, content in blocks_of(OTHER_LOGS) if kind == language]
    return content


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
    (tmp_path / "names.yaml").write_text(block("yaml"))
    assert read_names(tmp_path / "names.yaml") == {"vae_kl_per_set": "posterior/kl", "gpu_temperature": None}


def test_the_program_prints_the_newest_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lightning_logs" / "version_0").mkdir(parents=True)
    (tmp_path / "lightning_logs" / "version_0" / "metrics.csv").write_text("step,train_loss\n1,0.5\n2,0.25\n")
    monkeypatch.chdir(tmp_path)
    exec(compile(block("python"), str(OTHER_LOGS), "exec"), {})
    assert capsys.readouterr().out == "version_0 train/loss 2 0.25\n"
