"""Work over many small files in several processes: results in order, memory bounded, interruptible.

Workers are started by a fork server: forking a process that already runs threads (torch, Arrow) can deadlock. As with
any such pool, a script that calls into this needs the usual `if __name__ == "__main__":` guard. Signals are left to the
parent, which ends the pool.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import TypeVar

from seqsetvae.data.worker_signals import leave_signals_to_parent, signals_held

Task = TypeVar("Task")
Result = TypeVar("Result")

#: Enough chunks in flight to keep every worker busy while the caller writes, and no more results in memory than that.
CHUNKS_AHEAD = 2

#: Semaphores of a pool, with some to spare.
POOL_SEMAPHORES = 32


def available_cores() -> int:
    """Return the cores that this process may use, which a scheduler may have limited."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def has_semaphores(count: int) -> bool:
    """Return whether this machine has so many semaphores, by which processes wait for each other.

    They lie in /dev/shm, a page each; a container may have little of it, and a worker that gets none may hang.
    """
    try:
        _ = [multiprocessing.Lock() for _ in range(count)]  # all of them at one time
    except (OSError, ImportError):  # full, read-only or missing; a Python without them
        return False
    return True


def chunked(items: Sequence[Task], size: int) -> list[Sequence[Task]]:
    """Cut `items` into consecutive pieces of at most `size`."""
    return [items[i : i + size] for i in range(0, len(items), size)]


def map_in_order(function: Callable[[Task], Result], tasks: Sequence[Task], *, jobs: int) -> Iterator[Result]:
    """Yield `function(task)` for every task, in order, computed by up to `jobs` processes.

    An exception of the function is raised here, at its task's turn; the rest is then given up.
    """
    if jobs <= 1 or len(tasks) <= 1 or not has_semaphores(POOL_SEMAPHORES):
        yield from map(function, tasks)
        return
    workers = min(jobs, len(tasks))
    start = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context(start), initializer=leave_signals_to_parent
    )
    try:
        waiting = iter(tasks)
        with signals_held():  # the fork server and the workers start here
            running: deque[Future[Result]] = deque(
                pool.submit(function, task) for task in islice(waiting, workers * CHUNKS_AHEAD)
            )
        while running:
            result = running.popleft().result()
            running.extend(pool.submit(function, task) for task in islice(waiting, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)
