"""How often panes are drawn while a run writes ten lines a second; looks are driven, no clock runs."""

from collections.abc import Iterator

import pytest
from textual.pilot import Pilot
from textual.strip import Strip

from tests.tui.logs import ScriptedSource, lines
from tests.tui.test_app import SIZE, app_of, shown, text_of
from tui.app import MonitorApp
from tui.panes.chart_pane import ChartPane
from tui.panes.header_line import HeaderLine
from tui.panes.metrics_pane import MetricsPane
from tui.presenter import CHART_EVERY, VALUES_EVERY
from tui.store.priority import Priority

RUN = "p12-latent256"


class Drawings:
    """Counts how often the header, the list and the chart are drawn again."""

    def __init__(self, app: MonitorApp, monkeypatch: pytest.MonkeyPatch) -> None:
        self.counts: dict[str, int] = {}
        for pane in (app.query_one(HeaderLine), app.query_one(MetricsPane), app.query_one(ChartPane)):
            self._count(pane, monkeypatch)

    def _count(self, pane: HeaderLine | MetricsPane | ChartPane, monkeypatch: pytest.MonkeyPatch) -> None:
        name, draw = str(pane.id), pane.redraw
        self.counts[name] = 0

        def counted() -> None:
            self.counts[name] += 1
            draw()

        monkeypatch.setattr(pane, "redraw", counted)


def steps(first: int) -> Iterator[bytes]:
    """One line after another of the scripted run."""
    while True:
        yield lines(first, first + 1)
        first += 1


async def follow(app: MonitorApp, source: ScriptedSource, looks: int) -> None:
    """Look at the store as the timer does, with a new line at every look."""
    for line, _ in zip(steps(1_000), range(looks), strict=False):
        source.feed(RUN, line)
        app.tick()


async def still(app: MonitorApp, pilot: Pilot[None]) -> None:
    """Everything drawn, and the timer out of the way: from now on only the test looks at the store."""
    await shown(app, pilot)
    for timer in list(app._timers):
        timer.pause()


async def test_a_busy_run_is_followed_by_the_header_and_drawn_at_leisure(monkeypatch: pytest.MonkeyPatch) -> None:
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await still(app, pilot)
        await pilot.press("n", "n", "n", "n", "n", "n")  # a metric that every line carries
        drawings = Drawings(app, monkeypatch)
        looks = 3 * CHART_EVERY
        await follow(app, source, looks)
        assert f"{1_000 + looks - 1:,}/2,000" in text_of(app, HeaderLine)
        assert drawings.counts["header"] == looks
        assert drawings.counts["metrics"] == pytest.approx(looks / VALUES_EVERY, abs=1)
        assert drawings.counts["chart"] == pytest.approx(looks / CHART_EVERY, abs=1)


async def test_the_last_line_of_a_run_reaches_every_pane(monkeypatch: pytest.MonkeyPatch) -> None:
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await still(app, pilot)
        await follow(app, source, 11)
        for _ in range(CHART_EVERY):
            app.tick()
        assert "at step 1,010" in str(app.query_one(ChartPane).border_title)
        drawings = Drawings(app, monkeypatch)
        for _ in range(CHART_EVERY):
            app.tick()
        assert set(drawings.counts.values()) == {0}


async def test_a_key_draws_what_it_concerns_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await still(app, pilot)
        drawings = Drawings(app, monkeypatch)
        source.feed(RUN, lines(1_000, 1_001))
        await pilot.press("l")
        assert "log" in str(app.query_one(ChartPane).border_subtitle)
        assert drawings.counts == {"header": 1, "metrics": 0, "chart": 1}


async def test_a_past_that_has_been_read_is_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await still(app, pilot)
        await pilot.press("n", "n", "n", "n", "n", "n")
        data = source.store.data(RUN)
        data.note(progress=0.5, pending=False, missing=False, problem=None)
        app.tick()
        drawings = Drawings(app, monkeypatch)
        source.feed(RUN, lines(1_000, 1_001))
        app.tick()
        assert drawings.counts == {"header": 0, "metrics": 0, "chart": 0}
        data.note(progress=1.0, pending=False, missing=False, problem=None)
        app.tick()
        assert drawings.counts == {"header": 1, "metrics": 1, "chart": 1}


async def test_reading_a_past_waits_for_the_answer_to_a_key() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await still(app, pilot)
        app.viewer.store.priority = Priority(lambda: 0.0)
        assert not app.viewer.store.priority.claimed
        await pilot.press("f12")
        assert app.viewer.store.priority.claimed


async def test_a_text_on_the_border_repaints_no_line_of_the_pane(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await still(app, pilot)
        pane = app.query_one(ChartPane)
        drawn: list[int] = []
        paint = pane.render_line

        def noted(y: int) -> Strip:
            drawn.append(y)
            return paint(y)

        monkeypatch.setattr(pane, "render_line", noted)
        pane.write_border(title="another [title]", subtitle="another subtitle")
        await pilot.pause()
        rows = ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]
        assert any("another [title]" in row for row in rows)
        assert any("another subtitle" in row for row in rows)
        assert drawn == []
        pane.refresh()
        await pilot.pause()
        assert drawn
