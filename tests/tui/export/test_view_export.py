"""The chart's points as a file: the metric and the stretch of it that are on the screen."""

import math
from datetime import UTC
from pathlib import Path

import pytest

from seqsetvae.errors import InputError
from seqsetvae.logs.series_view import Axis
from seqsetvae.stream.codec import encode_metrics
from seqsetvae.stream.records import MetricsRecord
from tests.logs.reading import our_log
from tests.tui.logs import T0, append, write_run
from tui.export.view_export import view_name, write_view
from tui.views.window import ChartState, Window


def steps_of(run: Path, target: Path, state: ChartState) -> list[str]:
    count = write_view(our_log(run), state, T0, target)
    head, *rows = target.read_text().splitlines()
    assert head == f"step,epoch,t,{state.metric}"
    assert count == len(rows)
    return [row.split(",")[0] for row in rows]


def test_without_a_window_it_is_the_whole_run(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=50)
    assert steps_of(run, tmp_path / "a.csv", ChartState(metric="posterior/kl")) == ["0", "10", "20", "30", "40"]


@pytest.mark.parametrize(
    ("axis", "low", "high"),
    [(Axis.STEP, 10, 20), (Axis.EPOCH, 0.02, 0.04), (Axis.WALL, T0 + 10, T0 + 20), (Axis.RELATIVE, 10, 20)],
)
def test_a_window_holds_on_its_own_axis(tmp_path: Path, axis: Axis, low: float, high: float) -> None:
    run = write_run(tmp_path / "a", steps=50)
    state = ChartState(metric="posterior/kl", axis=axis, window=Window(low=low, high=high))
    assert steps_of(run, tmp_path / "a.csv", state) == ["10", "20"]


def test_numbers_that_are_none_survive_and_an_unknown_epoch_is_empty(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=1)
    append(run / "metrics.jsonl", encode_metrics(MetricsRecord(t=T0, step=5, values={"train/loss": math.nan})))
    append(run / "metrics.jsonl", encode_metrics(MetricsRecord(t=T0, step=6, values={"train/loss": -math.inf})))
    write_view(our_log(run), ChartState(metric="train/loss"), T0, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().splitlines()[-2:] == [f"5,,{T0!r},NaN", f"6,,{T0!r},-Infinity"]


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("mine")
    with pytest.raises(FileExistsError):
        write_view(our_log(write_run(tmp_path / "a")), ChartState(metric="train/loss"), T0, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "mine"


def test_whoever_quits_leaves_no_half_of_a_file(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a")
    with pytest.raises(InputError, match="was quit"):
        write_view(our_log(run), ChartState(metric="train/loss"), T0, tmp_path / "a.csv", stopped=lambda: True)
    assert not (tmp_path / "a.csv").exists()


def test_a_log_that_is_gone_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not there"):
        write_view(our_log(tmp_path / "gone"), ChartState(metric="train/loss"), T0, tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    ("run", "metric", "name"),
    [
        ("p12", "posterior/kl", "p12-posterior-kl-20231114-221320"),
        ("a/b", None, "a-b-20231114-221320"),
        ("../../etc/x", "\x1b[31m", "etc-x-31m-20231114-221320"),
        (".", "…", "run-20231114-221320"),
        ("r" * 500, "m", "r" * 80 + "-20231114-221320"),
    ],
)
def test_names_of_files_are_harmless(run: str, metric: str | None, name: str) -> None:
    assert view_name(run, metric, T0, UTC) == name
