"""A log as a data frame: of any tool, without what a resumption superseded."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

import seqsetvae.logs
from seqsetvae.errors import InputError
from seqsetvae.stream.codec import encode_event
from seqsetvae.stream.records import EventRecord, Level
from tests.logs import wandb_files
from tests.tui.logs import T0, append, lines, write_run
from tests.tui.other_logs import events, write_csv, write_events

frame = seqsetvae.logs.frame


def test_a_row_is_a_line_and_a_column_a_metric(tmp_path: Path) -> None:
    table = frame(write_run(tmp_path / "a", steps=20))
    assert list(table.columns[:3]) == ["step", "epoch", "t"]
    assert table["step"].tolist() == list(range(20))
    assert table["t"].tolist() == [T0 + step for step in range(20)]
    assert table["train/loss"][0] == 3.0
    assert np.flatnonzero(table["posterior/kl"].notna()).tolist() == [0, 10]
    assert "posterior/kl_per_dim" not in table.columns


def test_only_the_wanted_metrics_and_their_lines_and_lists_on_request(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=20)
    table = frame(run, metrics="posterior/*", lists=True)
    assert table["step"].tolist() == [0, 10]
    assert {name.partition("/")[0] for name in table.columns[3:]} == {"posterior"}
    per_dim = table[[f"posterior/kl_per_dim[{place}]" for place in range(16)]]
    assert per_dim.sum(axis=1).tolist() == pytest.approx(table["posterior/kl"].tolist())


def test_superseded_points_are_left_out(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=20)
    size = (run / "metrics.jsonl").stat().st_size
    resumed = EventRecord(
        t=T0 + 50, step=10, level=Level.INFO, kind="resumed", data={"step": 10, "metrics_bytes": size}
    )
    append(run / "events.jsonl", encode_event(resumed))
    append(run / "metrics.jsonl", lines(11, 13))
    assert frame(run)["step"].tolist() == [*range(11), 11, 12]


def test_numbers_that_are_none_are_kept(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=1)
    append(run / "metrics.jsonl", b'{"t":1,"step":1,"a":"Infinity"}\n{"t":2,"step":2,"a":"NaN"}\n')
    assert frame(str(run), metrics="a*")["a"].tolist()[0] == math.inf
    assert frame(run, metrics="a")["step"].tolist()[-1] == 2


def test_logs_of_other_tools_are_tables_too(tmp_path: Path) -> None:
    write_events(tmp_path / "tensorboard", events(0, 5))
    table = frame(tmp_path / "tensorboard")
    assert (table["step"].tolist(), table["train/loss"].tolist()) == (list(range(5)), [1.0, 2.0, 3.0, 4.0, 5.0])
    write_csv(tmp_path / "csv", ["0,0,1.5,", "1,1,,0.5"])
    assert frame(tmp_path / "csv")["epoch"].tolist() == [0.0, 1.0]
    (tmp_path / "run.wandb").write_bytes(wandb_files.file_of([wandb_files.row(3, loss=2.0)]))
    assert frame(tmp_path / "run.wandb")["train/loss"].tolist() == [2.0]


def test_a_log_without_the_metric_is_an_empty_table(tmp_path: Path) -> None:
    table = frame(write_run(tmp_path / "a"), metrics="nothing*")
    assert (len(table), list(table.columns)) == (0, ["step", "epoch", "t"])


def test_what_is_no_log_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no log; give the directory of a run"):
        frame(tmp_path)


def test_without_pandas_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match=r"pip install \"seqsetvae\[pandas\]\""):
        frame(write_run(tmp_path / "a"))
