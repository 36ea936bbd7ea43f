"""Pictures of the screen in a replay."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from seqsetvae.stream.records import RunState
from tests.tui.replay.recordings import falling_ill
from tests.tui.replay.screens import app_of, settled
from tui.app import MonitorApp
from tui.replay.playback import Opening


@pytest.mark.parametrize("size", [(160, 45), (80, 24)], ids=["160x45", "80x24"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_moment_of_the_past(snap_compare: object, tmp_path: Path, size: tuple[int, int], theme: str) -> None:
    falling_ill().write(tmp_path / "p12-latent256", state=RunState.FINISHED)
    app, _ = app_of(tmp_path, opening=Opening(speed=100, step=650), theme=theme)

    async def drawn(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, MonitorApp)
        pilot.app.query_one("#filter", Input).cursor_blink = False
        await settled(pilot.app, pilot)

    assert callable(snap_compare)
    assert snap_compare(app, terminal_size=size, run_before=drawn)
