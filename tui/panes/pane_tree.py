"""All panes in their rows and columns, from top to bottom."""

from __future__ import annotations

from datetime import tzinfo

from textual.app import ComposeResult

from tui.panes.cached_widget import PaneColumn, PaneRow
from tui.panes.chart_pane import ChartPane
from tui.panes.data_line import DataLine
from tui.panes.events_pane import EventsPane
from tui.panes.filter_field import FilterField
from tui.panes.header_line import HeaderLine
from tui.panes.heat_pane import HeatPane
from tui.panes.key_line import KeyLine
from tui.panes.metrics_pane import MetricsPane
from tui.panes.pane_layout import PaneLayout
from tui.panes.path_pane import PathPane
from tui.panes.replay_bar import ReplayBar
from tui.panes.runs_pane import RunsPane
from tui.panes.step_prompt import StepPrompt
from tui.panes.system_pane import SystemPane
from tui.panes.tile import Tile
from tui.panes.verdict_pane import VerdictPane
from tui.viewer import Viewer

TILES = 4
"""Tiles over the chart."""


def pane_tree(
    viewer: Viewer, layout: PaneLayout, replay: ReplayBar, *, heat_ramp: str, zone: tzinfo | None
) -> ComposeResult:
    """The panes.

    Args:
        viewer: what is selected.
        layout: which panes are in sight.
        replay: the bar of the replay.
        heat_ramp: signs from dead to alive where shades of colour cannot say it; empty where they can.
        zone: time zone of clock times; the machine's own when None.
    """
    yield HeaderLine()
    with PaneRow(id="tiles"):
        for place in range(TILES):
            yield Tile(place, viewer)
    with PaneRow(id="main"):
        with PaneColumn(id="side"):
            yield RunsPane(viewer)
            yield MetricsPane(viewer, layout)
            yield FilterField(viewer, layout)
        with PaneColumn(id="centre"):
            yield ChartPane(viewer, zone)
            with PaneRow(id="latent"):
                yield HeatPane(heat_ramp)
                yield PathPane(viewer, layout)
        with PaneColumn(id="right"):
            yield VerdictPane(layout)
            yield SystemPane()
    yield EventsPane(layout, zone)
    yield replay
    yield StepPrompt()
    yield DataLine()
    yield KeyLine()
