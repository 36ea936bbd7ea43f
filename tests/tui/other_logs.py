"""Small logs of other tools, byte by byte, and the example runs as another tool would have logged them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import orjson

from tests.logs.event_files import event, file_of, record, simple
from tests.tui.logs import T0
from tui.follow.log_follower import Reader
from tui.store.run_data import RunData
from tui.store.store import Store

EXAMPLES = Path(__file__).parents[2] / "examples" / "logs"

TAGS: Mapping[str, float] = {"train_loss_step": 1.0, "train_kl_step": 2.0, "val_auc": 0.5}
"""Metrics as Lightning names them, each with its value at step 0; here they are train/loss, train/kl and val/auroc."""


class Clock:
    """A monotonic clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A reader without a thread, stepped by hand."""

    def __init__(self, logdir: Path) -> None:
        self.clock = Clock()
        self.store = Store(logdir=logdir)
        self.reader = Reader(self.store, notify=False, clock=self.clock)
        self.reader.discover()

    @property
    def names(self) -> list[str]:
        return [run.name for run in self.store.runs()]

    def read(self, name: str) -> RunData:
        self.reader.read_all(name)
        return self.store.data(name)

    def later(self, seconds: float = 2.0) -> None:
        self.clock.now += seconds
        while self.reader.step():
            pass


def events(first: int, end: int, tags: Mapping[str, float] = TAGS, *, t: float = T0) -> list[bytes]:
    """One event a metric and step, as SummaryWriter writes them, a second apart."""
    return [
        event(t + step, step, [simple(tag, value + step)]) for step in range(first, end) for tag, value in tags.items()
    ]


def records(content: Iterable[bytes]) -> bytes:
    """What a writer appends to its file."""
    return b"".join(record(data) for data in content)


def write_events(directory: Path, content: Iterable[bytes], *, stamp: int = 1) -> Path:
    """An event file in a directory that is made for it."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"events.out.tfevents.{1_700_000_000 + stamp}.host.1.0"
    path.write_bytes(file_of(content))
    return path


def write_csv(directory: Path, rows: Iterable[str], header: str = "epoch,step,train_loss_step,val_auc") -> Path:
    """Lightning's table in a directory that is made for it."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "metrics.csv"
    path.write_text("\n".join([header, *rows, ""]))
    return path


@cache
def example_events(run: str) -> tuple[bytes, ...]:
    """An example run as TensorBoard has it: its numbers, and neither lists nor verdicts."""
    out: list[bytes] = []
    for line in (EXAMPLES / run / "metrics.jsonl").read_bytes().splitlines():
        body = orjson.loads(line)
        t, step = body.pop("t"), body.pop("step")
        values = [simple(name, value) for name, value in body.items() if isinstance(value, float | int)]
        out += [event(t, step, [value]) for value in values]
    return tuple(out)


def steps(data: RunData, metric: str = "train/loss") -> list[float]:
    view = data.series(metric)
    return view.steps.tolist() if view is not None else []
