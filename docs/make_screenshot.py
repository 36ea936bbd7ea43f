"""Draw docs/watcher.svg: the watcher on the example log whose posterior collapses.

python docs/make_screenshot.py
"""

from __future__ import annotations

import asyncio
import os
import shutil
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory

from seqsetvae.stream.codec import decode_manifest
from tui.app import MonitorApp
from tui.follow.log_follower import Reader
from tui.store.store import Store

ROOT = Path(__file__).resolve().parent.parent
LOGS, RUN = ROOT / "examples" / "logs", "collapsing"
SIZE = (140, 38)


class AlreadyRead:
    """In place of a reading thread: everything was read before the app started."""

    def start(self) -> None:
        """Nothing to begin."""

    def stop(self) -> None:
        """Nothing to end."""

    def select(self, name: str) -> None:
        """Nothing to read."""

    def follow(self, names: tuple[str, ...]) -> None:
        """Nothing to read."""


def dated(logs: Path, copy: Path) -> Path:
    """Copy logs with the dates that their manifests have: a checkout's are its own, and runs are listed by them."""
    shutil.copytree(logs, copy)
    for run in copy.iterdir():
        manifest = decode_manifest((run / "run.json").read_bytes())
        for file in run.iterdir():
            os.utime(file, (manifest.updated, manifest.updated))
    return copy


async def draw(logs: Path) -> str:
    """Return the screen as SVG."""
    store = Store(logdir=logs)
    reader = Reader(store, [], notify=False)
    reader.discover()
    for run in store.runs():
        reader.read_all(run.name)
    last = max(event.t for event in store.data(RUN).events())
    app = MonitorApp(store, AlreadyRead(), run=RUN, clock=lambda: last, zone=UTC)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.sample()
        await pilot.pause()
        return app.export_screenshot(title="seqsetvae-watch examples/logs")


if __name__ == "__main__":
    with TemporaryDirectory() as directory:
        drawn = asyncio.run(draw(dated(LOGS, Path(directory) / "logs")))
    (ROOT / "docs" / "watcher.svg").write_text(drawn, encoding="utf-8")
