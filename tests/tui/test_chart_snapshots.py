"""Pictures of the chart with other runs' curves and the crosshair."""

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from seqsetvae.stream.codec import encode_metrics
from tests.tui.logs import ScriptedSource, record
from tests.tui.test_app import app_of
from tests.tui.test_app_snapshots import settled


class DifferentRuns(ScriptedSource):
    """Each run has curves of its own."""

    def select(self, name: str) -> None:
        if name in self.selected:
            return
        self.selected.append(name)
        factor = 1 + 0.4 * self._names.index(name)
        scaled = []
        for step in range(self._steps // len(name)):
            line = record(step * len(name))
            values = {key: value * factor for key, value in line.values.items() if isinstance(value, float)}
            scaled.append(encode_metrics(replace(line, values=values)))
        self.feed(name, b"".join(scaled))


@pytest.mark.parametrize("size", [(160, 45), (80, 24)], ids=["160x45", "80x24"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_runs_beside_each_other_with_the_crosshair(snap_compare: object, size: tuple[int, int], theme: str) -> None:
    async def compared(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press("o", "2", "o", "3", "c", "shift+left", "shift+left")
        pilot.app.clear_notifications()
        await settled(pilot)

    source = DifferentRuns(("p12-latent256", "p12-beta05", "p12-β4-名前"))
    assert callable(snap_compare)
    assert snap_compare(app_of(source, theme=theme), terminal_size=size, run_before=compared)
