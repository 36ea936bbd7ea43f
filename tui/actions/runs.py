"""Which run and which metric are on the screen."""

from __future__ import annotations

from dataclasses import replace

from tui.actions.viewer import Viewer
from tui.messages import MetricChosen, RunChosen
from tui.panes.chart_pane import ChartPane


class RunActions(Viewer):
    """Turning to runs and metrics."""

    def on_run_chosen(self, message: RunChosen) -> None:
        """Turn to another run."""
        self.turn_to(message.name)

    def on_metric_chosen(self, message: MetricChosen) -> None:
        """Show another metric."""
        self.look = self.look.at_metric(message.name)
        self.sample()
        if message.opened:
            self.screen.remove_class("-verdict")
            self.screen.add_class("-enlarged")
            self.query_one(ChartPane).focus()

    def action_run(self, by: int) -> None:
        """Turn to a neighbouring run."""
        names = [run.name for run in self.store.runs()]
        if names:
            place = names.index(self.look.run) if self.look.run in names else 0
            self.turn_to(names[(place + by) % len(names)])

    def action_nth_run(self, place: int) -> None:
        """Turn to a run by its number in the list."""
        runs = self.store.runs()
        if place <= len(runs):
            self.turn_to(runs[place - 1].name)

    def action_metric(self, by: int) -> None:
        """Show a neighbouring metric of the list."""
        names = self.presenter.names
        if names:
            place = names.index(self.look.chart.metric) + by if self.look.chart.metric in names else 0
            self.look = self.look.at_metric(names[place % len(names)])
            self.sample()

    def turn_to(self, name: str) -> None:
        """Show another run, from its beginning to its end."""
        if name != self.look.run:
            self.look = replace(self.look, run=name, chart=replace(self.look.chart, window=None))
            self.source.select(name)
            self.sample()
