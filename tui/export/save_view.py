"""The key that takes the chart along: its points as CSV and the screen as SVG, into the current directory."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path

from textual.app import App
from textual.worker import get_current_worker

from seqsetvae.errors import InputError
from seqsetvae.i18n.language import told, tr
from tui.export.view_export import view_name, write_view
from tui.store import RunInfo
from tui.views.scene import Cut, Scene
from tui.views.window import ChartState

_TOAST_SECONDS = 10.0
"""Time to read two paths."""


def save_view(app: App[None], scene: Scene, state: ChartState, *, zone: tzinfo | None) -> None:
    """Write both files, the table in a thread of its own, and tell where they are in a toast."""
    if scene.info is None or scene.data is None:
        app.notify(tr("there is no run to export yet"), severity="warning", markup=False)
        return
    info, origin = scene.info, scene.data.head.first_t or 0.0
    directory = Path.cwd()
    name = view_name(info.name, state.metric, scene.now, zone)
    picture = directory / f"{name}.svg"
    try:
        with picture.open("x", encoding="utf-8") as file:
            file.write(app.export_screenshot(title=name))
    except OSError as error:
        said = tr("{file} cannot be written: {reason}", file=picture, reason=error.strerror)
        app.notify(said, severity="error", markup=False)
        return
    app.run_worker(
        lambda: _write(app, info, state, origin, scene.cut, directory / f"{name}.csv", picture),
        thread=True,
        group="export",
    )


def _write(
    app: App[None], info: RunInfo, state: ChartState, origin: float, cut: Cut | None, table: Path, picture: Path
) -> None:
    worker = get_current_worker()
    try:
        rows = write_view(info.source, state, origin, table, cut=cut, stopped=lambda: worker.is_cancelled)
    except (InputError, OSError) as error:
        reason = getattr(error, "strerror", None) or told(str(error))
        said, severity = tr("{file} cannot be written: {reason}", file=table, reason=reason), "error"
    else:
        said, severity = f"{tr('{file} ({count:,} points)', file=table, count=rows)}\n{picture}", "information"
    if not worker.is_cancelled:  # the app may be gone
        app.call_from_thread(app.notify, said, severity=severity, timeout=_TOAST_SECONDS, markup=False)
