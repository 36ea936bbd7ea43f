"""A run's process is found alive, dead or unknown; a pid that is used again does not fool anyone."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from seqsetvae.stream.process import ProcessIdentity, process_alive, this_process, writer_of
from seqsetvae.stream.records import Manifest


def manifest_of(process: ProcessIdentity) -> Manifest:
    return Manifest(
        run="r",
        started=0.0,
        updated=0.0,
        host=process.host,
        pid=process.pid,
        boot_id=process.boot_id,
        process_start=process.start,
    )


OURS = manifest_of(this_process())


def test_this_process_lives_and_is_the_one_recorded() -> None:
    assert process_alive(OURS) is True
    assert writer_of(OURS) == this_process()


def test_a_process_on_another_host_is_unknown() -> None:
    assert process_alive(replace(OURS, host="another-host")) is None


def test_a_manifest_without_a_pid_is_unknown() -> None:
    assert process_alive(replace(OURS, pid=0)) is None


def test_a_process_before_the_last_boot_is_dead() -> None:
    assert process_alive(replace(OURS, boot_id="an-earlier-boot")) is False


def test_an_ended_process_is_dead() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert process_alive(replace(OURS, pid=ended.pid, process_start=None)) is False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc, which only Linux has")
class TestWithProc:
    def test_a_pid_used_again_is_dead(self) -> None:
        assert OURS.process_start is not None
        assert process_alive(replace(OURS, process_start=OURS.process_start - 1)) is False

    def test_a_zombie_is_dead(self) -> None:
        child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.read()  # the end of its output comes when it exits, before it is waited for
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        try:
            assert process_alive(replace(OURS, pid=child.pid, process_start=None)) is False
        finally:
            child.communicate()

    def test_a_pid_that_no_system_has_is_dead(self) -> None:
        assert process_alive(replace(OURS, pid=2**70)) is False
