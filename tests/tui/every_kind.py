"""One made-up run as each tool whose logs are watched would have logged it."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seqsetvae.logs.discovery import find_watched
from seqsetvae.logs.log import Log
from tests.logs import wandb_files
from tests.logs.event_files import event, simple
from tests.tui.logs import T0
from tests.tui.other_logs import write_csv, write_events
from tui.follow.run_follower import RunFollower
from tui.store.run_data import RunData

STEPS = 400


def kl(step: int) -> float:
    """A posterior that diverges at step 200."""
    return 8.0 if step < 200 else math.nan


def tensorboard(directory: Path, steps: int) -> None:
    """A posterior's numbers and Lightning's epoch, one event each, in three files."""
    for stamp, first in enumerate(range(0, steps, 150), start=1):
        content: list[bytes] = []
        for step in range(first, min(first + 150, steps)):
            numbers = {"posterior/kl": kl(step), "train_loss": 1.0 / (1 + step), "epoch": step // 50}
            content += [event(T0 + step, step, [simple(tag, value)]) for tag, value in numbers.items()]
        write_events(directory, content, stamp=stamp)


def table(directory: Path, steps: int) -> None:
    """Lightning's table, whose newest row has the time of the file."""
    path = write_csv(directory, (f"{step // 50},{step},{1.0 / (1 + step)!r},{kl(step)}" for step in range(steps)))
    path.write_text(path.read_text().replace("val_auc", "posterior/kl"))
    os.utime(path, (T0 + steps - 1, T0 + steps - 1))


def wandb(directory: Path, steps: int) -> None:
    """W&B's file, with rows long enough that some reach over a block's end."""
    directory.mkdir(parents=True)
    rows = (
        wandb_files.row(step, **{"posterior__kl": kl(step), "train__loss": 1.0 / (1 + step), "x" * 700: 1.0})
        for step in range(steps)
    )
    (directory / "run-a.wandb").write_bytes(wandb_files.file_of(rows))


def hugging_face(directory: Path, steps: int) -> None:
    """The state of a Hugging Face run, whose newest entry has the time of the file."""
    directory.mkdir(parents=True)
    entries = [
        {"step": step, "epoch": step // 50, "loss": 1.0 / (1 + step), "posterior/kl": kl(step)} for step in range(steps)
    ]
    path = directory / "trainer_state.json"
    path.write_text(json.dumps({"global_step": steps, "log_history": entries}))
    os.utime(path, (T0 + steps - 1, T0 + steps - 1))


Writer = Callable[[Path, int], None]
KINDS: tuple[Writer, ...] = (tensorboard, table, wandb, hugging_face)
every_kind = pytest.mark.parametrize("write", KINDS, ids=lambda write: write.__name__)


def log_of(write: Writer, directory: Path, steps: int = STEPS) -> Log:
    write(directory / "a", steps)
    (log,) = find_watched(directory)
    return log


def live(log: Log) -> RunData:
    """What the live screen knows of a run whose log has been silent for a while."""
    data = RunData()
    follower = RunFollower(log, data, clock=lambda: 0.0)
    while follower.poll():
        pass
    follower.finish()
    return data
