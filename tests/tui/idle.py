"""When an app under test has come to rest: every message handled, and every change on the screen.

Textual's own test driver takes a process that uses little processor time for an idle one. On a busy machine a process
that is not given its turn looks just like that, and on a quiet one each key costs a twentieth of a second.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

from textual._context import active_app
from textual.app import App

_FRAME_SECONDS = 1 / 120
"""Time between looks at what a timer or a thread has yet to do; frames are drawn 60 times a second."""

_HANG_SECONDS = 120.0
"""A limit against hangs alone."""


async def come_to_rest(*_ignored: float) -> None:
    """Wait until the app has nothing left to do but what time or a thread will bring.

    Raises:
        AssertionError: It never comes to rest.
    """
    app = active_app.get()
    end = time.monotonic() + _HANG_SECONDS
    quiet = 0
    while quiet < 2:
        assert time.monotonic() < end, "the app has not come to rest"
        for _ in range(3):
            await asyncio.sleep(0)
        quiet = quiet + 1 if _at_rest(app) else 0
        if not quiet:
            await asyncio.sleep(0 if _ready() else _FRAME_SECONDS)


def _at_rest(app: App[Any]) -> bool:
    if _ready():
        return False
    pumps = [app, *app._registry]
    if not all(pump._message_queue.empty() for pump in pumps):
        return False
    if app._resize_event is not None:
        return False
    if not app.screen_stack or app._batch_count:
        return True
    screens = [screen for screen in (app.screen, *app._background_screens) if screen.is_current]
    return not any(screen._dirty_widgets or screen._callbacks or screen._layout_required for screen in screens)


def _ready() -> int:
    """How many callbacks of the event loop could run now."""
    return len(cast(Any, asyncio.get_running_loop())._ready)
