"""What the environment says of who started a process."""

from __future__ import annotations

import os
import sys

import psutil

from seqsetvae.training.launching import MAIN_PROCESS, end_with_main_process, naming_main_process

CHILD = "import time; from seqsetvae.training.launching import *; end_with_main_process(); time.sleep(600)"


def test_a_process_ends_when_it_was_not_started_by_the_main_process_that_it_knows() -> None:
    """As it is when the main process has been killed, and another one has become its parent."""
    child = psutil.Popen([sys.executable, "-c", CHILD], env={**os.environ, MAIN_PROCESS: "1"})
    assert child.wait(60) == 1


def test_the_name_is_there_for_the_children_alone() -> None:
    environ: dict[str, str] = {}
    with naming_main_process(environ):
        assert environ == {MAIN_PROCESS: str(os.getpid())}
    assert environ == {}
    end_with_main_process(environ)
