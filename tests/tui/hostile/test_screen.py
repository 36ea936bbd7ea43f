"""What the terminal is handed while the app shows a hostile log: text, and no sequence but the app's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.tui.hostile.corpus import CORPUS, RAW
from tests.tui.logs import T0, ZONE
from tui.app import MonitorApp
from tui.follow.log_follower import Reader
from tui.panes.cell_pane import CellPane
from tui.store.store import Store

_OWN = re.compile(r"\x1b\[[0-9;]*[mHK]")
"""What an app's frame is made of beside text: colours, and where a line begins."""

SHOWN = [name for name in CORPUS if name.startswith(("text", "metrics", "events")) or "e+3" in name or "308" in name]
SHOWN += ["deep nesting", "a clock that jumps", "random bytes", "not UTF-8", "odd config", "many ranks"]


class Pull:
    """A source without a thread: a run is read when it is chosen."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def start(self) -> None:
        self._reader.discover()

    def stop(self) -> None:
        pass

    def select(self, name: str) -> None:
        self._reader.read_all(name)

    def follow(self, names: Sequence[str]) -> None:
        pass


def frame(app: MonitorApp) -> str:
    """The bytes of a whole frame, as the driver would write them."""
    return app.screen._compositor.render_full_update().render_segments(app.console)


@pytest.mark.parametrize(("size", "shown"), [((160, 45), SHOWN), ((80, 24), SHOWN[:6])])
async def test_no_frame_holds_a_control_character_of_a_log(
    size: tuple[int, int], shown: list[str], tmp_path: Path
) -> None:
    for place, name in enumerate(shown):
        CORPUS[name].write(tmp_path / f"{place:03d}")
    store = Store(logdir=tmp_path)
    app = MonitorApp(store, Pull(Reader(store, notify=False)), clock=lambda: T0 + 60, zone=ZONE, theme_choice="dark")
    seen: set[str | None] = set()
    async with app.run_test(size=size) as pilot:
        for _ in shown:
            await pilot.press("]", "x")
            app.sample()
            await pilot.pause()
            seen.add(app.viewer.selection.run)
            assert not set(_OWN.sub("", frame(app))) & RAW - set("\r\n"), app.viewer.selection.run
    assert len(seen) == len(shown)


async def test_the_data_line_says_what_cannot_be_read(tmp_path: Path) -> None:
    problems = {name: run.problem for name, run in CORPUS.items() if run.problem}
    for place, name in enumerate(problems):
        CORPUS[name].write(tmp_path / f"{place:03d}")
    store = Store(logdir=tmp_path)
    app = MonitorApp(store, Pull(Reader(store, notify=False)), clock=lambda: T0, zone=ZONE)
    said: dict[str | None, str] = {}
    async with app.run_test(size=(300, 30)) as pilot:
        for _ in problems:
            await pilot.press("]")
            app.sample()
            await pilot.pause()
            said[app.viewer.selection.run] = "".join(strip.text for strip in app.query_one("#data", CellPane).strips())
    for place, (name, sentence) in enumerate(problems.items()):
        assert sentence in said[f"{place:03d}"], name
