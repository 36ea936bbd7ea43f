"""Writing what is on the screen to files in the current directory: at once by a key, or chosen in a menu."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.worker import get_current_worker

from seqsetvae.atomic_file import creating
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import tr, translated
from tui.dialogs.menu_dialog import MenuEntry, MenuScreen
from tui.export.chart_picture import ChartPicture, write_picture
from tui.export.run_export import export_run
from tui.export.view_export import view_name, write_view
from tui.key_owner import KeyOwner
from tui.panes.chart_pane import ChartPane
from tui.store.run_data import RunData
from tui.store.run_info import RunInfo
from tui.viewer import Viewer
from tui.views.format import clean
from tui.views.snapshot import Snapshot

_TOAST_SECONDS = 10.0
"""Time to read a path."""

_SUFFIXES = {"p": ".png", "v": ".svg", "s": ".svg", "c": ".csv", "m": ".csv", "t": ".parquet"}


class ExportDialog(KeyOwner):
    """Pictures of the chart and of the screen; the points of one metric, or of all that the filter lets through.

    Args:
        app: whose screen it is.
        viewer: what is selected.
        snapshot: gives the moment on the screen.
        zone: time zone of the times in file names; the machine's own when None.
    """

    KEYS = (
        Binding("e", "export", "Export", show=False, tooltip="Chart to a CSV file, screen to SVG", id="app.export"),
        Binding("E", "menu", "Export…", show=False, tooltip="Choose what to export, and as what", id="app.export_as"),
    )

    def __init__(
        self, app: App[Any], viewer: Viewer, snapshot: Callable[[], Snapshot], zone: tzinfo | None = None
    ) -> None:
        self._app = app
        self._viewer = viewer
        self._snapshot = snapshot
        self._zone = zone

    def action_export(self) -> None:
        """Write the chart's points, and a picture of the screen."""
        found = self._run_on_screen()
        if found is None:
            return
        snapshot, info, data = found
        state = self._chart.state
        picture = Path.cwd() / f"{view_name(info.name, state.metric, snapshot.now, self._zone)}.svg"
        if self._write_screen(picture):
            table = picture.with_name(f"{picture.stem}.csv")

            def write() -> str:
                rows = write_view(info.log, state, _origin(data), table, cut=snapshot.cut, stopped=_stopped)
                return f"{tr('{file} ({count:,} points)', file=table, count=rows)}\n{picture}"

            self._write_aside(table, write)

    def action_menu(self) -> None:
        """Open the menu."""
        found = self._run_on_screen()
        if found is not None:
            menu = MenuScreen(tr("Export"), self._entries, partial(self._export, *found), stays=False)
            self._app.push_screen(menu, lambda _: self._viewer.sample())

    @property
    def _chart(self) -> ChartPane:
        return self._app.screen_stack[0].query_one(ChartPane)

    def _run_on_screen(self) -> tuple[Snapshot, RunInfo, RunData] | None:
        snapshot = self._snapshot()
        if snapshot.info is not None and snapshot.data is not None:
            return snapshot, snapshot.info, snapshot.data
        self._app.notify(tr("there is no run to export yet"), severity="warning", markup=False)
        return None

    def _entries(self) -> list[MenuEntry]:
        count = len(self._viewer.names)
        metrics = tr("1 metric") if count == 1 else tr("{count:,} metrics", count=count)
        return [
            MenuEntry(key="p", label=tr("Chart as PNG")),
            MenuEntry(key="v", label=tr("Chart as SVG")),
            MenuEntry(key="s", label=tr("Screen as SVG")),
            MenuEntry(key="c", label=tr("Points in the chart as CSV")),
            MenuEntry(key="m", label=tr("Whole run as CSV, {metrics}", metrics=metrics)),
            MenuEntry(key="t", label=tr("Whole run as Parquet, {metrics}", metrics=metrics)),
        ]

    def _export(self, snapshot: Snapshot, info: RunInfo, data: RunData, key: str) -> None:
        selection = self._viewer.selection
        metric = None if key in "mt" else selection.chart.metric
        target = _free(Path.cwd() / f"{view_name(info.name, metric, snapshot.now, self._zone)}{_SUFFIXES[key]}")
        if key == "s":
            self._app.call_after_refresh(self._export_screen, target)
            return
        if key in "pv":
            picture = self._picture(info.name)
            if picture is None:
                self._app.notify(tr("there is no curve to draw yet"), severity="warning", markup=False)
                return
            write: Callable[[], object] = partial(write_picture, picture, target)
        elif key == "c":
            write = partial(
                write_view, info.log, selection.chart, _origin(data), target, cut=snapshot.cut, stopped=_stopped
            )
        else:
            write = partial(export_run, info.log, target, selection.pattern)
        self._app.notify(tr("writing {file} …", file=target.name), markup=False)

        def written() -> str:
            write()
            return str(target)

        self._write_aside(target, written)

    def _export_screen(self, target: Path) -> None:
        if self._write_screen(target):
            self._app.notify(str(target), timeout=_TOAST_SECONDS, markup=False)

    def _write_screen(self, target: Path) -> bool:
        """Write a picture of the screen; False when that failed, which is then said."""
        try:
            with creating(target) as part:
                part.write_text(self._app.export_screenshot(title=target.stem), encoding="utf-8")
        except OSError as error:
            self._app.notify(_failure(target, error), severity="error", markup=False)
            return False
        return True

    def _picture(self, run: str) -> ChartPicture | None:
        plot, content = self._chart.plot, self._chart.content
        if plot is None or content.state.metric is None:
            return None
        return ChartPicture(
            run=clean(run),
            metric=clean(content.state.metric),
            axis=content.state.axis,
            plot=plot,
            others=tuple(clean(curve.run) for curve in content.others),
        )

    def _write_aside(self, target: Path, write: Callable[[], str]) -> None:
        """Write in a thread of its own, since a long log takes seconds, and then say what was written."""

        def work() -> None:
            try:
                said, failed = write(), False
            except (InputError, OSError) as error:
                said, failed = _failure(target, error), True
            if not _stopped():  # the app may be gone
                severity = "error" if failed else "information"
                self._app.call_from_thread(
                    self._app.notify, said, severity=severity, timeout=_TOAST_SECONDS, markup=False
                )

        self._app.run_worker(work, thread=True, group="export")


def _failure(target: Path, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or clean(translated(str(error)))
    return tr("{file} cannot be written: {reason}", file=target, reason=reason)


def _origin(data: RunData) -> float:
    """Unix second at which relative time begins."""
    return data.head.first_t or 0.0


def _stopped() -> bool:
    return get_current_worker().is_cancelled


def _free(target: Path) -> Path:
    """The name, or one with a number behind it: nothing is ever written over."""
    again, found = 2, target
    while os.path.lexists(found):
        found, again = target.with_stem(f"{target.stem}-{again}"), again + 1
    return found
