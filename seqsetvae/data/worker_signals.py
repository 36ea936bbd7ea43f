"""Worker processes leave signals to the process that started them, and end when it does.

A scheduler, `timeout` or Ctrl-C signals the whole process group. Workers that died of it would fail the work that the
main process is about to end in good order. The main process therefore starts them with the signals blocked
(`signals_held`), so that there is no moment in which they could be hit, and they call `leave_signals_to_parent`.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

#: What asks a program to end.
ENDING = (signal.SIGINT, signal.SIGTERM)
#: Seconds between two looks at whether the parent lives.
LOOK_INTERVAL = 0.5


@contextmanager
def signals_held() -> Iterator[None]:
    """Deliver `ENDING` only at the end of the block; processes that are started in it have them blocked."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # every worker needs it, and its start would unblock the signals
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave_signals_to_parent(worker_id: int = 0) -> None:  # noqa: ARG001  # a data loader passes it
    """Ignore signals that others send, and end when the parent ends or terminates this process; call in a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), name="end-with-parent", daemon=True).start()


def _end_with_parent(started_by: int) -> None:
    """End this process with its parent, which is not the process that forked it where a fork server did."""
    parent = multiprocessing.parent_process()
    while os.getppid() == started_by and (parent is None or parent.is_alive()):
        if sys.platform != "linux":
            threading.Event().wait(LOOK_INTERVAL)
            continue
        received = signal.sigtimedwait((signal.SIGTERM,), LOOK_INTERVAL)
        if received is not None and parent is not None and received.si_pid == parent.pid:
            os._exit(0)
    os._exit(1)
