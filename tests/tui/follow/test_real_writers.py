"""Logs as the tools themselves write them, while they are being written."""

from pathlib import Path

import pytest

from tests.tui.other_logs import Bench, steps
from tui.views.data_facts import data_facts


def said(bench: Bench, run: str) -> str:
    return data_facts(bench.store.data(run).facts)[0][0]


def test_a_summary_writer_is_followed(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    bench = Bench(tmp_path)
    with SummaryWriter(str(tmp_path / "runs" / "first")) as writer:
        for step in range(100):
            writer.add_scalar("train_loss_step", 1 / (step + 1), step, walltime=1.7e9 + step)
            writer.add_scalar("val_auc", step / 100, step, new_style=True)
        writer.add_text("notes", "hello", 1)
        writer.flush()
        bench.later()
        assert bench.names == ["runs/first"]
        bench.reader.select("runs/first")
        bench.later()
        data = bench.store.data("runs/first")
        assert (steps(data), steps(data, "val/auroc")) == (list(range(100)), list(range(100)))
        for step in range(100, 150):
            writer.add_scalar("train_loss_step", 1 / (step + 1), step, walltime=1.7e9 + step)
        writer.flush()
        bench.later()
        assert steps(data) == list(range(150))
    assert said(bench, "runs/first") == "TensorBoard, 250 points"


def test_a_summary_writer_that_begins_anew_at_a_step_is_followed_back(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    bench = Bench(tmp_path)
    for first, end, purge_step in ((0, 50, None), (30, 35, 30)):
        with SummaryWriter(str(tmp_path / "a"), purge_step=purge_step, filename_suffix=f".{first}") as writer:
            for step in range(first, end):
                writer.add_scalar("train_loss_step", first + step, step)
        bench.later()
        data = bench.read("a")
    view = data.series("train/loss")
    assert view is not None
    assert view.steps.tolist() == list(range(35))
    assert view.final[30:].tolist() == [60, 61, 62, 63, 64]


def test_lightnings_table_is_followed_also_when_a_metric_joins(tmp_path: Path) -> None:
    from pytorch_lightning.loggers import CSVLogger

    logger = CSVLogger(tmp_path, name="lightning_logs", flush_logs_every_n_steps=1)
    bench = Bench(tmp_path)
    for step in range(20):
        logger.log_metrics({"train_loss_step": 1.0 / (step + 1), "epoch": step // 10}, step)
    bench.later()
    assert bench.names == ["lightning_logs/version_0"]
    data = bench.read("lightning_logs/version_0")
    assert steps(data) == list(range(20))
    assert data.head.epoch == 1
    logger.log_metrics({"train_loss_step": 0.04, "val_auc": 0.75, "epoch": 2}, 20)
    bench.later()
    bench.later()
    data = bench.store.data("lightning_logs/version_0")
    assert (steps(data), steps(data, "val/auroc")) == (list(range(21)), [20])
    assert said(bench, "lightning_logs/version_0") == "Lightning's metrics.csv, 22 points"
