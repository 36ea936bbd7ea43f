"""Make the golden files, from the code whose behaviour is to be kept.

    python -m tests.golden.make_golden [NAME ...]

Make them only when a program is *meant* to answer otherwise, one by one, by their names: what is kept in `expected/`
is what users got before, and a file that is made again proves nothing of what came in between. Files above a few
kilobytes are compressed; `zcat` shows them.

    inputs/       logs that the programs read, beside those of examples/logs; see `tests.golden.make_inputs`
    expected/     a file for each case of `tests.golden.cases`: one program's answer
    checkpoint/   a checkpoint, and the metrics of the steps that follow it; see `tests.golden.training`

The checkpoint is not made again with the rest: `python -m tests.golden.make_golden checkpoint` makes it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from tests.golden import training
from tests.golden.cases import all_cases, answer_of, keep, lay_out

CHECKPOINT = "checkpoint"


def main(names: Collection[str]) -> None:
    """Make the golden files of these names, or all but the checkpoint."""
    with tempfile.TemporaryDirectory() as directory:
        place = lay_out(Path(directory).resolve() / "place")
        for case in all_cases():
            if not names or case.name in names:
                keep(case, answer_of(case, place))
        if CHECKPOINT in names:
            training.make(Path(directory).resolve() / "training")


if __name__ == "__main__":
    main(sys.argv[1:])
