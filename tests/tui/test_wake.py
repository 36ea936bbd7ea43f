"""Being told of changes, quietly."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

from tui.wake import FileWatch


def test_a_write_raises_the_flag(tmp_path: Path) -> None:
    flag = threading.Event()
    watch = FileWatch(tmp_path, flag)
    watch.start()
    try:
        (tmp_path / "metrics.jsonl").write_text("{}\n")
        assert flag.wait(10)
    finally:
        watch.stop()


def test_what_the_library_complains_of_does_not_reach_the_terminal() -> None:
    """Such as an event that comes while watching is being stopped."""
    complain = "import logging, tui.wake; logging.getLogger('watchdog.observers.inotify').error('inactive')"
    done = subprocess.run([sys.executable, "-c", complain], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_whoever_sets_up_logging_still_hears_it() -> None:
    assert logging.getLogger("watchdog").propagate
