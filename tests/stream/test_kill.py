"""`kill -9` at any moment costs the last flush interval and nothing else."""

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

# Writes as fast as a busy training loop would at its worst, and says on stdout what it has handed over, and when.
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
    print(step, time.time(), flush=True)
    time.sleep(0.005)
"""

FLUSH_INTERVAL, SLACK = 0.5, 1.5  # seconds; the slack is for a test machine that is busy with other things


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_run_parses_and_lacks_at_most_the_last_interval(tmp_path: Path, seed: int) -> None:
    run_dir = tmp_path / "run"
    with subprocess.Popen([sys.executable, "-c", SCRIPT, str(run_dir)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        handed_over = [process.stdout.readline()]
        lifetime = random.Random(seed).uniform(0.0, 3.0)
        deadline = time.time() + lifetime
        while time.time() < deadline:
            handed_over.append(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        killed = time.time()
        handed_over += process.stdout.read().splitlines()
    chunk = Tailer(run_dir / "metrics.jsonl").poll(max_bytes=64 << 20)
    steps = [decode_metrics(line).step for line in chunk.lines]
    assert steps == list(range(1, len(steps) + 1)), "no line is missing, doubled or damaged in between"
    old_enough = [
        int(line.split()[0]) for line in handed_over if float(line.split()[1]) < killed - FLUSH_INTERVAL - SLACK
    ]
    assert len(steps) >= max(old_enough, default=0)

    manifest = read_manifest(run_dir / "run.json")
    assert isinstance(manifest, Manifest)
    assert (manifest.state, process_alive(manifest)) == (RunState.RUNNING, False)
    writer = RunWriter(run_dir, append=True)
    writer.resumed(len(steps))
    writer.metrics(step=len(steps) + 1, values={"train/loss": 0.0})
    writer.close()
    last = Tailer(run_dir / "metrics.jsonl", start=-200).poll().lines[-1]
    assert decode_metrics(last).step == len(steps) + 1
