"""`kill -9` at any moment costs what had not been flushed and nothing else."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seqsetvae.logs.tailer import Tailer
from seqsetvae.stream.codec import decode_metrics
from seqsetvae.stream.process import process_alive
from seqsetvae.stream.records import Manifest, RunState
from seqsetvae.stream.run_directory import read_manifest
from seqsetvae.stream.writer import RunWriter

# Writes as fast as a busy training loop would at its worst, and says on stdout which step has been flushed.
SCRIPT = """
import sys, time
from pathlib import Path
from seqsetvae.stream.writer import RunWriter

writer = RunWriter(Path(sys.argv[1]))
step = 0
while True:
    for _ in range(20):
        step += 1
        writer.metrics(step=step, values={"train/loss": step / 3, "posterior/kl_per_dim": (0.1,) * 64})
    if step % 100 == 0 and writer.flush(timeout=240):
        print(step, flush=True)
    time.sleep(0.002)
"""


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_run_parses_and_lacks_nothing_that_was_flushed(tmp_path: Path, seed: int) -> None:
    run_dir = tmp_path / "run"
    with subprocess.Popen([sys.executable, "-c", SCRIPT, str(run_dir)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        flushed = [process.stdout.readline() for _ in range(1 + seed)]
        time.sleep(random.Random(seed).uniform(0.0, 0.1))
        process.send_signal(signal.SIGKILL)
        flushed += process.stdout.read().splitlines()
    chunk = Tailer(run_dir / "metrics.jsonl").poll(max_bytes=64 << 20)
    steps = [decode_metrics(line).step for line in chunk.lines]
    assert steps == list(range(1, len(steps) + 1)), "no line is missing, doubled or damaged in between"
    assert len(steps) >= max(map(int, flushed))

    manifest = read_manifest(run_dir / "run.json")
    assert isinstance(manifest, Manifest)
    assert (manifest.state, process_alive(manifest)) == (RunState.RUNNING, False)
    writer = RunWriter(run_dir, append=True)
    writer.resumed(len(steps))
    writer.metrics(step=len(steps) + 1, values={"train/loss": 0.0})
    writer.close()
    last = Tailer(run_dir / "metrics.jsonl", start=-200).poll().lines[-1]
    assert decode_metrics(last).step == len(steps) + 1


def test_a_line_is_written_without_a_flush(tmp_path: Path) -> None:
    """Within the flush interval of half a second, on a machine that has the time."""
    writer = RunWriter(tmp_path / "run")
    writer.metrics(step=1, values={"train/loss": 0.5})
    end = time.monotonic() + 240
    while not Tailer(tmp_path / "run" / "metrics.jsonl").poll().lines:
        assert time.monotonic() < end
        time.sleep(0.01)
    writer.close()
