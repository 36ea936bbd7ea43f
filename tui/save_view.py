"""The key that takes the chart along: its points as CSV and the screen as SVG, into the current directory."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path

from textual.app import App
from textual.worker import get_current_worker

from tui.export import ExportError
from tui.store import RunInfo
from tui.view_export import view_name, write_view
from tui.window import ChartState

_TOAST_SECONDS = 10.0
"""Time to read two paths."""


def save_view(
    app: App[None], info: RunInfo, state: ChartState, *, origin: float, now: float, zone: tzinfo | None
) -> None:
    """Write both files, the table in a thread of its own, and tell where they are in a toast."""
    directory = Path.cwd()
    name = view_name(info.name, state.metric, now, zone)
    picture = directory / f"{name}.svg"
    try:
        with picture.open("x", encoding="utf-8") as file:
            file.write(app.export_screenshot(title=name))
    except OSError as error:
        app.notify(f"{picture} cannot be written: {error.strerror}", severity="error", markup=False)
        return
    app.run_worker(
        lambda: _write(app, info, state, origin, directory / f"{name}.csv", picture), thread=True, group="export"
    )


def _write(app: App[None], info: RunInfo, state: ChartState, origin: float, table: Path, picture: Path) -> None:
    worker = get_current_worker()
    try:
        rows = write_view(info.path, state, origin, table, stopped=lambda: worker.is_cancelled)
    except (ExportError, OSError) as error:
        said, severity = f"{table} cannot be written: {getattr(error, 'strerror', None) or error}", "error"
    else:
        said, severity = f"{table} ({rows:,} points)\n{picture}", "information"
    if not worker.is_cancelled:  # the app may be gone
        app.call_from_thread(app.notify, said, severity=severity, timeout=_TOAST_SECONDS, markup=False)
