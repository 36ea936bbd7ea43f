"""Workers outlive signals that are not their parent's, and do not outlive their parent."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
import pytest

from seqsetvae.data.worker_signals import ENDING, leave_signals_to_parent, signals_held

SECONDS = 30.0


def answer(pipe: Connection) -> None:
    """Be a worker: answer whenever asked, with no signal left to be dealt with."""
    leave_signals_to_parent()
    while True:
        pipe.recv()
        while signal.SIGTERM in signal.sigpending():
            os.sched_yield()
        pipe.send(os.getpid())


def send_from_elsewhere(pid: int, number: int) -> None:
    subprocess.run(["kill", f"-{number}", str(pid)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the sender of a signal is not known")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_worker_ignores_signals_of_others_and_obeys_its_parent(method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    here, there = context.Pipe()
    worker = context.Process(target=answer, args=(there,), daemon=True)
    with signals_held():
        worker.start()
    there.close()
    assert worker.pid is not None
    for number in (signal.SIGTERM, *ENDING):  # the first arrives before the worker's first line of Python
        send_from_elsewhere(worker.pid, number)
        here.send("do you live?")
        assert here.recv() == worker.pid
    worker.terminate()
    worker.join(SECONDS)
    assert worker.exitcode == 0


def test_held_signals_arrive_at_the_end() -> None:
    arrived: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda *received: arrived.append(received[0]))
    try:
        with signals_held():
            signal.raise_signal(signal.SIGTERM)  # to this thread: another would not hold it
            assert arrived == []
        assert arrived == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


POOL = """
    import os, signal, sys, time
    from seqsetvae.data.parallel import map_in_order

    def say_and_wait(number):
        print(os.getpid(), flush=True)
        time.sleep(600)

    if __name__ == "__main__":
        next(map_in_order(say_and_wait, range(2), jobs=2))
"""


def test_workers_of_a_pool_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(textwrap.dedent(POOL))
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [psutil.Process(int(parent.stdout.readline())) for _ in range(2)]
    parent.kill()
    parent.wait()
    _, left = psutil.wait_procs(workers, timeout=SECONDS)
    assert not left
    parent.stdout.close()
