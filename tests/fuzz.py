"""`make fuzz`: every Hypothesis test with random examples, round after round, until its time is up.

Each round prints its seed; `make fuzz SEED=…` begins with that seed and finds the same again.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Search for failures; the exit code is that of the first round that finds one, or 0."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="no round is begun after so long")
    parser.add_argument("--seed", type=int, help="of the first round; a random one by default")
    parser.add_argument("words", nargs="*", help="further arguments for pytest")
    options = parser.parse_args(argv)
    end = time.monotonic() + options.seconds
    seed = options.seed if options.seed is not None else secrets.randbelow(1 << 32)
    while True:
        print(f"fuzz: --hypothesis-seed={seed}", flush=True)
        status = subprocess.call(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-x",
                "-m",
                "hypothesis",
                f"--hypothesis-seed={seed}",
                *options.words,
            ],
            env={**os.environ, "SEQSETVAE_HYPOTHESIS": "fuzz"},
        )
        if status or time.monotonic() >= end:
            return status
        seed = secrets.randbelow(1 << 32)


if __name__ == "__main__":
    sys.exit(main())
