"""The rate–distortion path on the screen: where it stands, and the keys that show and enlarge it."""

from typing import Any

import pytest
from textual.pilot import Pilot

from seqsetvae.stream.codec import encode_metrics
from seqsetvae.stream.records import MetricsRecord
from tests.tui.logs import T0, ScriptedSource
from tests.tui.test_app import app_of, shown, text_of
from tests.tui.test_app_snapshots import settled
from tests.tui.test_app_what_if import Start, start
from tui.app import MonitorApp
from tui.panes.chart_pane import ChartPane
from tui.panes.heat_pane import HeatPane
from tui.panes.metrics_pane import MetricsPane
from tui.panes.path_pane import PathPane

WIDE, NARROW = (160, 45), (80, 24)

__all__ = ["start"]


def is_shown(app: MonitorApp, pane: type[PathPane | ChartPane | HeatPane | MetricsPane]) -> bool:
    return bool(app.query_one(pane).region.area)


async def test_a_wide_screen_shows_it_beside_the_heat_strip() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        path, heat = app.query_one(PathPane).region, app.query_one(HeatPane).region
        assert (path.y, path.height, path.x) == (heat.y, heat.height, heat.right)
        assert "●" in text_of(app, PathPane)


async def test_a_narrow_screen_shows_it_in_the_place_of_the_chart() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=NARROW) as pilot:
        await shown(app, pilot)
        assert not is_shown(app, PathPane)
        chart = app.query_one(ChartPane).region
        await pilot.press("d")
        await shown(app, pilot)
        assert app.query_one(PathPane).region == chart
        assert "KL, nats a set" in text_of(app, PathPane)
        assert not is_shown(app, ChartPane)
        await pilot.press("d")
        await shown(app, pilot)
        assert app.query_one(ChartPane).region == chart
        assert isinstance(app.focused, MetricsPane)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["160x45", "80x24"])
async def test_enter_enlarges_it_and_escape_brings_the_chart_back(size: tuple[int, int]) -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=size) as pilot:
        await shown(app, pilot)
        await pilot.press("d", "enter")
        await shown(app, pilot)
        assert app.query_one(PathPane).region.width == size[0]
        assert not is_shown(app, MetricsPane)
        await pilot.press("enter")
        await shown(app, pilot)
        assert is_shown(app, MetricsPane)
        await pilot.press("escape")
        await shown(app, pilot)
        assert is_shown(app, ChartPane)


async def test_a_metric_that_is_opened_takes_its_place() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=NARROW) as pilot:
        await shown(app, pilot)
        await pilot.press("d")
        app.query_one(MetricsPane).focus()
        await pilot.press("down", "enter")
        await shown(app, pilot)
        assert is_shown(app, ChartPane)
        assert not is_shown(app, PathPane)


async def test_what_a_log_lacks_is_said_where_it_is_asked_for() -> None:
    source = ScriptedSource(steps=0)
    app = app_of(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        loss = [MetricsRecord(t=T0 + step, step=step, values={"train/loss": 1.0}) for step in range(5)]
        source.feed("p12-latent256", b"".join(map(encode_metrics, loss)))
        await shown(app, pilot)
        assert not is_shown(app, PathPane), "an empty pane beside nothing is of no use"
        await pilot.press("d")
        await shown(app, pilot)
        assert "no posterior/kl and no posterior/recon in this log" in text_of(app, PathPane)


async def test_it_tells_what_it_leaves_out_and_where_its_numbers_are_from() -> None:
    source = ScriptedSource(steps=0)
    app = app_of(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        values = [{"train/kl": 8 - step / 50, "train/recon": 2 + step / 100} for step in range(300)]
        values[100]["train/recon"] = 1e6
        values[101]["train/kl"] = float("nan")
        records = [MetricsRecord(t=T0 + step, step=step, values=value) for step, value in enumerate(values)]
        source.feed("p12-latent256", b"".join(map(encode_metrics, records)))
        await pilot.press("d")
        await shown(app, pilot)
        border = app.query_one(PathPane)._border_texts
        assert "left and up: z says less, sets are reconstructed worse" in border["title"]
        for part in ("train/kl, train/recon", "1 at the edge lie beyond", "1 not finite left out"):
            assert part in border["subtitle"]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["160x45", "80x24"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_path_of_a_collapse(snap_compare: Any, start: Start, size: tuple[int, int], theme: str) -> None:
    async def opened(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press("d")
        await settled(pilot)

    assert snap_compare(start(theme=theme).app, terminal_size=size, run_before=opened)
