"""Verdict and machine on the screen: where they stand, the key that shows them, and the run list's levels."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from seqsetvae.stream.records import EventRecord, Level, SystemRecord
from tests.tui.logs import T0, ScriptedSource
from tests.tui.test_app import app_of, shown, text_of
from tests.tui.test_app_snapshots import NAMES, SIZES, settled
from tui.app import MonitorApp
from tui.panes.chart_pane import ChartPane
from tui.panes.metrics_pane import MetricsPane
from tui.panes.runs_pane import RunsPane
from tui.panes.system_pane import SystemPane
from tui.panes.verdict_pane import VerdictPane
from tui.store.machine import machine_of

WIDE, NORMAL, NARROW = (160, 45), (120, 36), (80, 24)
GIB = 2.0**30

DEVELOPING: Mapping[str, Any] = {
    "condition": "collapse",
    "reasons": ["KL 0.021 < 1.28 nats", "active units 9.0 % < 10 %", "mutual information 0.31 < 0.42 nats"],
    "advice": ["lower --max_beta from 0.1 to 0.03", "raise --free_bits from 0.1 to 0.3"],
    "since": 600,
    "checks": 1,
    "actions": ["warn", "lower_beta"],
}
MESSAGE = "collapse: KL 0.021 < 1.28 nats; active units 9.0 % < 10 %"


class JudgedSource(ScriptedSource):
    """Runs with whole verdicts, on a machine with two GPUs."""

    def __init__(self) -> None:
        super().__init__(("p12-latent256", "p12-beta05", "p12-beta4"))
        levels = (Level.ORANGE, Level.GREEN, Level.RED)
        self.store.set_runs([replace(run, level=level) for run, level in zip(self.store.runs(), levels, strict=True)])

    def select(self, name: str) -> None:
        if name in self.selected:
            return
        super().select(name)
        lowered = "max β is lowered from 0.1 to 0.05, orange: collapse"
        self.store.data(name).add_events(
            [
                EventRecord(
                    t=T0 + 610, step=610, level=Level.ORANGE, kind="collapse", message=MESSAGE, data=DEVELOPING
                ),
                EventRecord(t=T0 + 611, step=611, level=Level.INFO, kind="lower_beta", message=lowered),
            ]
        )
        self.store.data(name).set_machine(machine_of({rank: readings(rank) for rank in (0, 1)}))


def readings(rank: int) -> list[SystemRecord]:
    return [
        SystemRecord(
            t=T0 + 10 * k,
            step=10 * k,
            rank=rank,
            values={
                "cpu/percent": 35.0 + k,
                "cpu/memory_used": 31 * GIB,
                "cpu/memory_total": 125 * GIB,
                f"gpu{rank}/utilization": 98.0 - 3 * k * (rank + 1),
                f"gpu{rank}/memory_used": (31 + 46 * rank) * GIB,
                f"gpu{rank}/memory_total": 80 * GIB,
            },
        )
        for k in range(12)
    ]


def is_shown(app: MonitorApp, pane: type[VerdictPane | SystemPane | ChartPane | MetricsPane]) -> bool:
    return bool(app.query_one(pane).region.area)


async def test_a_wide_screen_shows_verdict_and_machine_beside_the_chart() -> None:
    app = app_of(JudgedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        verdict, system = text_of(app, VerdictPane), text_of(app, SystemPane)
        for part in ("ORANGE", "collapse", "since step 600 · 40 checks", "active units 9.0 % < 10 %", "0.1 to 0.03"):
            assert part in verdict
        assert "max β is lowered" in verdict
        assert "r0 memory  25 %  31.0/125 GiB" in system
        assert "r1 gpu1" in system
        assert is_shown(app, ChartPane)


async def test_the_key_hides_the_verdict_on_a_wide_screen_and_shows_it_again() -> None:
    app = app_of(JudgedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        width = app.query_one(ChartPane).region.width
        await pilot.press("v")
        assert not is_shown(app, VerdictPane)
        assert app.query_one(ChartPane).region.width > width
        await pilot.press("v")
        assert is_shown(app, VerdictPane)
        assert app.query_one(ChartPane).region.width == width


@pytest.mark.parametrize("size", [NORMAL, NARROW], ids=["120x36", "80x24"])
@pytest.mark.parametrize("back", ["v", "escape"])
async def test_without_room_the_key_shows_the_verdict_in_place_of_the_chart(size: tuple[int, int], back: str) -> None:
    app = app_of(JudgedSource())
    async with app.run_test(size=size) as pilot:
        await shown(app, pilot)
        assert not is_shown(app, VerdictPane)
        await pilot.press("v")
        await pilot.pause()
        assert is_shown(app, VerdictPane)
        assert is_shown(app, SystemPane)
        assert not is_shown(app, ChartPane)
        assert app.query_one(VerdictPane).has_focus
        assert "ORANGE" in text_of(app, VerdictPane)
        await pilot.press(back)
        await pilot.pause()
        assert is_shown(app, ChartPane)
        assert not is_shown(app, VerdictPane)
        assert app.query_one(MetricsPane).has_focus


async def test_an_enlarged_chart_and_the_filter_close_the_verdict_and_the_key_brings_it_back() -> None:
    app = app_of(JudgedSource())
    async with app.run_test(size=(80, 18)) as pilot:
        await shown(app, pilot)
        await pilot.press("enter", "v")
        await pilot.pause()
        assert is_shown(app, VerdictPane)
        assert not is_shown(app, ChartPane)
        await pilot.press("slash")
        await pilot.pause()
        assert not is_shown(app, VerdictPane)
        assert is_shown(app, MetricsPane)


async def test_over_an_enlarged_chart_on_a_wide_screen_the_key_brings_all_back() -> None:
    app = app_of(JudgedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        await pilot.press("v", "enter")
        await pilot.pause()
        assert not is_shown(app, VerdictPane)
        await pilot.press("v")
        await pilot.pause()
        assert is_shown(app, VerdictPane)
        assert is_shown(app, MetricsPane)


async def test_a_verdict_longer_than_the_pane_scrolls_to_its_end_and_back() -> None:
    app = app_of(JudgedSource())
    async with app.run_test(size=(80, 18)) as pilot:
        await shown(app, pilot)
        await pilot.press("v")
        await pilot.pause()
        pane = app.query_one(VerdictPane)
        assert "more ↓" in str(pane.border_subtitle)
        beginning = text_of(app, VerdictPane)
        assert "max β is lowered" not in beginning
        await pilot.press(*["j"] * 30)
        assert "(step 611)" in text_of(app, VerdictPane)
        assert "above ↑" in str(pane.border_subtitle)
        await pilot.press(*["up"] * 30)
        assert text_of(app, VerdictPane) == beginning


async def test_a_run_without_verdict_and_without_system_readings_says_so_and_hides_the_panel() -> None:
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        source.store.data("p12-latent256").forget_events()
        await shown(app, pilot)
        assert "No verdict was written to this log." in text_of(app, VerdictPane)
        assert not is_shown(app, SystemPane)


async def test_the_run_list_shows_each_runs_level_beside_its_progress() -> None:
    app = app_of(JudgedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        colours = [app.query_one(RunsPane).draw_row(place, 40, chosen=place == 0)[4] for place in range(3)]
        assert colours == [(" ▲", "selected-orange"), (" ●", "good"), (" ■", "red")]


async def test_a_log_that_tries_to_be_markup_is_shown_as_it_is() -> None:
    source = ScriptedSource(("[bold]run", "\x1b]0;x\x07"))
    app = app_of(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        data = {"condition": "[red]c", "reasons": ["\x1b]0;x\x07"], "advice": ["[link=x]y"]}
        evil = EventRecord(t=T0 + 900, step=900, level=Level.RED, kind="collapse", data=data)
        source.store.data("[bold]run").add_events([evil])
        await shown(app, pilot)
        await shown(app, pilot)  # the alert comes first, and the verdict with the next look
        verdict, runs = text_of(app, VerdictPane), text_of(app, RunsPane)
        for part in ("[red]c", "· �]0;x�", "· [link=x]y"):
            assert part in verdict
        assert "[bold]run" in runs
        assert "�]0;x�" in runs


@pytest.mark.parametrize("size", SIZES[::2], ids=NAMES[::2])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_verdict(snap_compare: object, size: tuple[int, int], theme: str) -> None:
    async def opened(pilot: Pilot[None]) -> None:
        await settled(pilot)
        if size == NARROW:
            await pilot.press("v")
        await settled(pilot)

    assert callable(snap_compare)
    assert snap_compare(app_of(JudgedSource(), theme=theme), terminal_size=size, run_before=opened)
