"""Freed memory is kept where the C library can be told to."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

FAULTS_OF_REPEATED_ALLOCATION = """
import resource, sys
from seqsetvae.training.freed_memory import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def work():
    for _ in range(50):
        first, second = bytearray(8 << 20), bytearray(8 << 20)
        del first, second
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(mode: str) -> int:
    ran = subprocess.run(
        [sys.executable, "-c", FAULTS_OF_REPEATED_ALLOCATION, mode], capture_output=True, text=True, check=True
    )
    return int(ran.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has mallopt")
def test_taking_freed_memory_again_costs_no_page_faults() -> None:
    assert page_faults("keep") < page_faults("default") / 10
