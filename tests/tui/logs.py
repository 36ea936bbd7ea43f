"""Small logs for the watcher's tests: written to disk with the package's own codec, or put into a store directly."""

from __future__ import annotations

from datetime import UTC
from functools import cache
from pathlib import Path

import numpy as np

from seqsetvae.stream.codec import encode_event, encode_manifest, encode_metrics
from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState
from tests.logs.reading import block_of, our_log
from tui.store.run_info import RunInfo
from tui.store.store import Store

T0 = 1_700_000_000.0
"""When every test run starts."""

ZONE = UTC

DIMENSIONS = 16


def manifest(name: str, *, state: RunState = RunState.RUNNING, total_steps: int | None = 2_000) -> Manifest:
    ended = None if state is RunState.RUNNING else T0 + 1_000
    return Manifest(
        run=name, started=T0, updated=T0, state=state, ended=ended, total_steps=total_steps, total_epochs=4.0
    )


def record(step: int) -> MetricsRecord:
    """A line of a healthy run: deterministic curves, one line every step at one step a second."""
    values: dict[str, float | tuple[float, ...]] = {
        "train/loss": 1 + 2 * float(np.exp(-step / 200)),
        "train/kl": 2 + float(np.sin(step / 30)),
        "time/patients_per_second": 17.0 + step % 3,
    }
    if step % 10 == 0:
        kl = tuple(float(0.8 * np.exp(-j / 5) * (1 - np.exp(-step / 100))) for j in range(DIMENSIONS))
        values |= {
            "posterior/kl": sum(kl),
            "posterior/variance": 0.5,
            "posterior/active_units": 0.75,
            "posterior/recon": 1.5 - step / 4_000,
            "posterior/kl_per_dim": kl,
        }
    return MetricsRecord(t=T0 + step, step=step, epoch=step / 500, values=values)


@cache
def lines(start: int, end: int) -> bytes:
    return b"".join(encode_metrics(record(step)) for step in range(start, end))


def story() -> list[EventRecord]:
    return [
        EventRecord(t=T0, step=0, level=Level.INFO, kind="started", message="training 2,000 steps"),
        EventRecord(t=T0 + 300, step=300, level=Level.YELLOW, kind="collapse", message="KL 0.07 < 0.08"),
        EventRecord(t=T0 + 600, step=600, level=Level.ORANGE, kind="collapse", message="active units 9 % < 10 %"),
    ]


def write_run(directory: Path, *, steps: int = 50, state: RunState = RunState.RUNNING) -> Path:
    directory.mkdir(parents=True)
    (directory / "run.json").write_bytes(encode_manifest(manifest(directory.name, state=state)))
    (directory / "metrics.jsonl").write_bytes(lines(0, steps))
    (directory / "events.jsonl").write_bytes(b"".join(encode_event(event) for event in story()[:1]))
    return directory


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


class ScriptedSource:
    """A source that a test drives: it fills the store when told to, and starts no thread."""

    def __init__(self, names: tuple[str, ...] = ("p12-latent256", "p12-beta05"), *, steps: int = 1_000) -> None:
        self.store = Store(logdir=Path("logs"))
        self.store.report(watching="inotify + poll", problem=None)
        self.selected: list[str] = []
        self.running = False
        self._steps = steps
        self._names = names
        self.list_runs()

    def list_runs(self) -> None:
        states = [RunState.RUNNING, RunState.FINISHED, RunState.FAILED]
        self.store.set_runs(
            [
                RunInfo(
                    log=our_log(Path("logs") / name),
                    manifest=manifest(name, state=states[place % 3]),
                    last_write=T0 + self._steps,
                    last_step=self._steps - 1,
                )
                for place, name in enumerate(self._names)
            ]
        )

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def select(self, name: str) -> None:
        if name in self.selected:
            return
        self.selected.append(name)
        self.feed(name, lines(0, self._steps))
        self.store.data(name).add_events(story())

    def follow(self, names: tuple[str, ...]) -> None:
        for name in names:
            self.select(name)

    def feed(self, name: str, data: bytes) -> None:
        self.store.data(name).apply(block_of(data))
