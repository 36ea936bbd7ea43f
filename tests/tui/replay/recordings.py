"""Runs to replay: written whole, or cut at a moment as the live screen would have found them then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seqsetvae.logs.log import Log
from seqsetvae.logs.series_view import SeriesView
from seqsetvae.stream.codec import encode_event, encode_manifest, encode_metrics, encode_system
from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState, SystemRecord
from tests.logs.reading import our_log
from tests.tui.logs import T0, manifest, record
from tui.follow.run_follower import RunFollower
from tui.replay.recording import Recording
from tui.store.run_data import RunData

GIB = 2.0**30


@dataclass(frozen=True, kw_only=True)
class Story:
    """All lines of a run."""

    metrics: tuple[MetricsRecord, ...]
    events: tuple[EventRecord, ...] = ()
    system: tuple[SystemRecord, ...] = ()

    def until(self, t: float) -> Story:
        """What had been written at a moment."""
        return Story(
            metrics=tuple(line for line in self.metrics if line.t <= t),
            events=tuple(line for line in self.events if line.t <= t),
            system=tuple(line for line in self.system if line.t <= t),
        )

    def write(self, directory: Path, *, state: RunState = RunState.RUNNING) -> Log:
        """Write the files."""
        directory.mkdir(parents=True)
        (directory / "run.json").write_bytes(encode_manifest(head(directory.name, self, state)))
        (directory / "metrics.jsonl").write_bytes(b"".join(map(encode_metrics, self.metrics)))
        (directory / "events.jsonl").write_bytes(b"".join(map(encode_event, self.events)))
        (directory / "system.jsonl").write_bytes(b"".join(map(encode_system, self.system)))
        return our_log(directory)


def head(name: str, story: Story, state: RunState) -> Manifest:
    ended = story.metrics[-1].t if state is not RunState.RUNNING and story.metrics else None
    return replace(manifest(name, state=state), ended=ended)


def falling_ill(steps: int = 1_000) -> Story:
    """A healthy run that turns yellow at step 300, orange at 600, and recovers at 900; a reading every ten seconds."""
    course = ((0, Level.INFO), (300, Level.YELLOW), (600, Level.ORANGE), (900, Level.GREEN))
    return Story(
        metrics=tuple(record(step) for step in range(1, steps + 1)),
        events=tuple(
            EventRecord(t=T0 + step, step=step, level=level, kind="collapse", message=f"{level} from here")
            for step, level in course
            if step <= steps
        ),
        system=tuple(reading(place) for place in range(steps // 10)),
    )


def resumed() -> Story:
    """A run that is killed at step 500, resumed a night later from step 400, and then goes to step 800."""
    night = 40_000.0
    old = tuple(record(step) for step in range(1, 501))
    new = tuple(replace(record(step), t=T0 + night + step) for step in range(401, 801))
    size = len(b"".join(map(encode_metrics, old)))
    data = {"step": 400, "metrics_bytes": size}
    back = EventRecord(t=T0 + night + 390, step=400, level=Level.INFO, kind="resumed", message="resumed", data=data)
    yellow = EventRecord(t=T0 + 450, step=450, level=Level.YELLOW, kind="collapse", message="KL is low")
    return Story(metrics=old + new, events=(yellow, back), system=tuple(reading(place) for place in range(40)))


def reading(place: int) -> SystemRecord:
    values = {"cpu/percent": 30.0 + place % 7, "cpu/memory_used": 8 * GIB, "cpu/memory_total": 64 * GIB}
    return SystemRecord(t=T0 + 10 * place, step=10 * place, values=values)


def recording_of(log: Log, **options: int) -> Recording:
    """A recording whose log has been read."""
    recording = Recording(log, **options)
    while recording.extend():
        pass
    return recording


def live(log: Log) -> RunData:
    """What the live screen knows of a run."""
    data = RunData()
    follower = RunFollower(log, data, clock=lambda: 0.0)
    while follower.poll():
        pass
    return data


def assert_same(found: RunData, expected: RunData) -> None:
    """Everything that the screen shows is the same."""
    assert found.names() == expected.names()
    for name in expected.names():
        one, other = found.series(name), expected.series(name)
        assert one is not None
        assert other is not None
        assert_same_series(one, other)
    assert found.vector_names() == expected.vector_names()
    for name in expected.vector_names():
        strip, wanted = found.vector(name), expected.vector(name)
        assert strip is not None
        assert wanted is not None
        np.testing.assert_array_equal(strip.steps, wanted.steps)
        np.testing.assert_allclose(strip.rows, wanted.rows, rtol=1e-12)
    assert found.events() == expected.events()
    assert found.head == expected.head
    assert found.machine == expected.machine
    assert found.facts == expected.facts


def assert_same_series(found: SeriesView, expected: SeriesView) -> None:
    """The same buckets; their means may differ in the last digit, since sums were taken in other portions."""
    np.testing.assert_allclose(found.data, expected.data, rtol=1e-12)
    np.testing.assert_equal((found.last, found.last_step), (expected.last, expected.last_step))
