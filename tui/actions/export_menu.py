"""Choosing what to take along, and as what kind of file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.worker import get_current_worker

from seqsetvae.errors import InputError
from seqsetvae.i18n.language import told, tr
from tui.actions.viewer import Viewer
from tui.dialogs.menu_dialog import Entry, MenuScreen
from tui.export.chart_picture import Picture, write_picture
from tui.export.run_export import export_run
from tui.export.view_export import view_name, write_view
from tui.panes.chart_pane import ChartPane
from tui.store import RunData, RunInfo
from tui.views.format import clean
from tui.views.scene import Scene

_TOAST_SECONDS = 10.0
"""Time to read a path."""


class ExportMenuActions(Viewer):
    """Pictures of the chart and of the screen; the points of one metric, or of all that the filter lets through."""

    def action_export_menu(self) -> None:
        """Open the menu."""
        scene = self.scene(self.clock())
        if scene.info is None or scene.data is None:
            self.notify(tr("there is no run to export yet"), severity="warning", markup=False)
            return
        info, data = scene.info, scene.data

        def choose(key: str) -> None:
            self._export(key, scene, info, data)

        self.push_screen(MenuScreen(tr("Export"), self._export_entries, choose, stays=False), lambda _: self.sample())

    def _export_entries(self) -> list[Entry]:
        count = len(self.presenter.names)
        metrics = tr("1 metric") if count == 1 else tr("{count:,} metrics", count=count)
        return [
            Entry(key="p", label=tr("Chart as PNG")),
            Entry(key="v", label=tr("Chart as SVG")),
            Entry(key="s", label=tr("Screen as SVG")),
            Entry(key="c", label=tr("Points in the chart as CSV")),
            Entry(key="m", label=tr("Whole run as CSV, {metrics}", metrics=metrics)),
            Entry(key="t", label=tr("Whole run as Parquet, {metrics}", metrics=metrics)),
        ]

    def _export(self, key: str, scene: Scene, info: RunInfo, data: RunData) -> None:
        state, pattern, origin = self.look.chart, self.look.pattern, data.head.first_t or 0.0
        metric = None if key in "mt" else state.metric
        name = view_name(info.name, metric, scene.now, self.zone)
        target = _free(Path.cwd() / f"{name}{_SUFFIXES[key]}")
        if key == "s":
            self.call_after_refresh(self._export_screen, target)
            return
        if key in "pv":
            picture = self._picture(info.name)
            if picture is None:
                self.notify(tr("there is no curve to draw yet"), severity="warning", markup=False)
                return
            self._write_aside(target, lambda: write_picture(picture, target))
        elif key == "c":
            cut = scene.cut
            self._write_aside(target, lambda: write_view(info.source, state, origin, target, cut=cut, stopped=_stopped))
        else:
            self._write_aside(target, lambda: export_run(info.source, target, pattern))

    def _export_screen(self, target: Path) -> None:
        try:
            with target.open("x", encoding="utf-8") as file:
                file.write(self.export_screenshot(title=target.stem))
        except OSError as error:
            said = tr("{file} cannot be written: {reason}", file=target, reason=error.strerror)
            self.notify(said, severity="error", markup=False)
        else:
            self.notify(str(target), timeout=_TOAST_SECONDS, markup=False)

    def _picture(self, run: str) -> Picture | None:
        pane = self.screen_stack[0].query_one(ChartPane)
        plot, content = pane.plot, pane.content
        if plot is None or content.state.metric is None:
            return None
        return Picture(
            run=clean(run),
            metric=clean(content.state.metric),
            axis=content.state.axis,
            plot=plot,
            others=tuple(clean(curve.run) for curve in content.others),
        )

    def _write_aside(self, target: Path, write: Callable[[], object]) -> None:
        """Write in a thread of its own: a long log takes seconds, and so does a library for pictures."""
        self.notify(tr("writing {file} …", file=target.name), markup=False)
        self.run_worker(lambda: self._told(target, write), thread=True, group="export")

    def _told(self, target: Path, write: Callable[[], object]) -> None:
        try:
            write()
        except (InputError, OSError) as error:
            reason = getattr(error, "strerror", None) or told(str(error))
            said = tr("{file} cannot be written: {reason}", file=target, reason=reason)
            failed = True
        else:
            said, failed = str(target), False
        if not _stopped():  # the app may be gone
            self.call_from_thread(
                self.notify, said, severity="error" if failed else "information", timeout=_TOAST_SECONDS, markup=False
            )


_SUFFIXES = {"p": ".png", "v": ".svg", "s": ".svg", "c": ".csv", "m": ".csv", "t": ".parquet"}


def _stopped() -> bool:
    return get_current_worker().is_cancelled


def _free(target: Path) -> Path:
    """The name, or one with a number behind it: nothing is ever written over."""
    again, found = 2, target
    while found.exists():
        found, again = target.with_stem(f"{target.stem}-{again}"), again + 1
    return found
