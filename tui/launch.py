"""Opens the screen: what must be known before the first frame is read while Textual is not loaded yet."""

from __future__ import annotations

import gc
import os
import sys

from tui.follow.log_follower import Reader
from tui.options import WatchOptions
from tui.store.store import Store
from tui.terminal.background import ask_terminal, shade_in
from tui.terminal.capabilities import Terminal, has_sixteen_colours, settle_size
from tui.view_state import ViewMemory, ViewState, state_directory


def show_screen(store: Store, reader: Reader, options: WatchOptions) -> None:
    """Show the runs of a store until the user quits.

    Args:
        store: Fed by `reader`, which has looked for runs.
        reader: Started and stopped with the screen.
        options: What the user asked for.
    """
    memory = ViewMemory(store.logdir, state_directory())
    kept = ViewState() if options.fresh else memory.load()[0]
    background = _background(options.theme, kept.theme)  # before Textual is loaded, which takes longer than the answer
    name = _first_run(store, options, kept.run)
    if name is not None:
        reader.select(name)
        reader.step()  # the end of a long log, so that the first frame has its charts
    settle_size(sys.stdout.fileno())
    gc.disable()  # what is loaded from here on stays, and need not be searched for cycles while the user waits
    from tui.app import MonitorApp

    MonitorApp(
        store,
        reader,
        run=options.run,
        pattern=options.pattern,
        theme_choice=options.theme,
        overrides=options.overrides,
        terminal=Terminal(ascii=options.ascii, sixteen=has_sixteen_colours(os.environ)),
        background=background,
        memory=memory if options.logdir is not None else None,
        fresh=options.fresh,
        on_alert=options.on_alert,
        opening=options.opening,
        when_shown=_collect_again,
    ).run()
    gc.freeze()  # the interpreter would search all objects for cycles before it ends, and take 0.2 s for it


def _background(asked: str, kept: str) -> str | None:
    """Whether the terminal is dark or light; it is asked only where the answer decides something."""
    shade = shade_in(os.environ)
    return ask_terminal() if shade is None and asked == kept == "auto" else shade


def _first_run(store: Store, options: WatchOptions, kept: str | None) -> str | None:
    """The run that the screen will open on: the one that is asked for, the one of the last time, or the newest."""
    if options.run is not None:
        return options.run
    if kept is not None and store.run(kept) is not None:
        return kept
    runs = store.runs()
    return runs[0].name if runs else None


def _collect_again() -> None:
    """Let garbage be collected from now on; what is there already is none, and is never searched again."""
    gc.freeze()
    gc.enable()
