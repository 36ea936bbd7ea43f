"""Write the example logs: a healthy run, one whose posterior dies slowly, and one where it dies at once.

    python examples/make_logs.py [OUT_DIR]

    healthy           β is small, and the latent dimensions stay active
    collapsing        β is far too large, and dimensions collapse one by one from step 5,000 on
    sudden-collapse   the learning rate is too large and gradients are not clipped: one bad step ends all dimensions

The numbers are made up but keep the shapes that real runs have; the same files come out every time. The verdicts are
those of the detector on these numbers.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tui.demo import SyntheticRun

START = 1_760_000_000.0
#: Seconds from the start of one run to that of the next.
LATER = 18_000.0

#: By the name of the run's directory.
RUNS = {
    "healthy": SyntheticRun(started=START, seeds=(3, 13), max_beta=0.05),
    "collapsing": SyntheticRun(
        started=START + LATER,
        seeds=(7, 11),
        max_beta=1.0,
        collapse_from=5_000,
        apart=90.0,
        falling=450.0,
        worse_from=6_500,
    ),
    "sudden-collapse": SyntheticRun(
        started=START - LATER,
        seeds=(5, 17),
        max_beta=0.05,
        learning_rate=3e-3,
        clipping=0.0,
        collapse_from=7_240,
        falling=12.0,
        worse_from=7_240,
    ),
}


def main() -> None:
    """Write all runs."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "logs"
    for name, run in RUNS.items():
        run.write(out / name)


if __name__ == "__main__":
    main()
