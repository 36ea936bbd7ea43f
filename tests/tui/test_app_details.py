"""Zooming in on a long run on the disk: buckets at once, every point as soon as it is read."""

import threading
from pathlib import Path

from textual.pilot import Pilot

from seqsetvae.logs.series_view import Axis
from seqsetvae.stream.codec import encode_metrics
from seqsetvae.stream.records import MetricsRecord
from tests.tui.logs import T0, ZONE, append
from tests.tui.test_app import shown
from tui.app import MonitorApp
from tui.follow.log_follower import Reader
from tui.panes.chart_pane import ChartPane
from tui.store.store import Store
from tui.views.window import Window

STEPS, SPIKE = 12_000, 7_777


def line(step: int) -> bytes:
    value = float("nan") if step == SPIKE + 5 else 100.0 if step == SPIKE else 1.0 + step % 3
    return encode_metrics(MetricsRecord(t=T0 + step, step=step, values={"train/loss": value}))


class ReadAlready(Reader):
    """A reader that reads when it is told to, without a thread."""

    def start(self) -> None:
        self.discover()

    def stop(self) -> None:
        """Nothing runs."""


def long_run(directory: Path) -> tuple[Reader, MonitorApp]:
    (directory / "day").mkdir()
    (directory / "day" / "metrics.jsonl").write_bytes(b"".join(map(line, range(STEPS))))
    store = Store(logdir=directory)
    reader = ReadAlready(store, notify=False)
    reader.read_all("day")
    return reader, MonitorApp(store, reader, run="day", theme_choice="dark", clock=lambda: T0 + STEPS, zone=ZONE)


def steps_in_sight(app: MonitorApp) -> list[float]:
    """The steps of the points that are drawn one by one."""
    pane = app.query_one(ChartPane)
    own, window = pane.content.own, pane.state.window
    assert own is not None
    assert window is not None
    start, end = own.shown.ends(Axis.STEP)
    seen: list[float] = start[(start >= window.low) & (end <= window.high) & (start == end)].tolist()
    return seen


async def closely(app: MonitorApp, pilot: Pilot[None], low: float, high: float) -> None:
    """Zoom in on a stretch and wait until its points have come."""
    pane = app.query_one(ChartPane)
    assert pane.extent is not None
    before = app.presenter.curves_revision()
    app.viewer.set_chart(pane.state.at(Window(low=low, high=high), pane.extent))
    while app.presenter.curves_revision() == before:
        await pilot.pause(0.01)
    await shown(app, pilot)


async def test_a_spike_and_a_nan_have_their_exact_places(tmp_path: Path) -> None:
    _, app = long_run(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(app, pilot)
        await closely(app, pilot, SPIKE - 20, SPIKE + 20)
        assert steps_in_sight(app) == list(range(SPIKE - 20, SPIKE + 21))
        pane = app.query_one(ChartPane)
        pane.put_crosshair(SPIKE)
        assert str(pane.border_title).startswith("train/loss  ┃ 100 at step 7,777 · 00:22:57")
        pane.put_crosshair(SPIKE + 5)
        assert str(pane.border_title).startswith("train/loss  ┃ NaN at step 7,782")
        assert "×" in "\n".join(strip.text for strip in pane.strips())


async def test_a_run_that_grows_into_the_window_shows_its_newest_points(tmp_path: Path) -> None:
    reader, app = long_run(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(app, pilot)
        await closely(app, pilot, STEPS - 41, STEPS - 1)
        append(tmp_path / "day" / "metrics.jsonl", line(STEPS) + line(STEPS + 1))
        reader.read_all("day")
        before = app.presenter.curves_revision()
        await shown(app, pilot)
        while app.presenter.curves_revision() == before:
            await pilot.pause(0.01)
        await shown(app, pilot)
        assert steps_in_sight(app)[-2:] == [STEPS, STEPS + 1]


async def test_quitting_while_points_are_read_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    _, app = long_run(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(app, pilot)
        await pilot.press(*["plus"] * 6)
    assert {thread.name for thread in set(threading.enumerate()) - before} <= {"asyncio_0"}
