"""The watcher as its user has it, in tmux: `python -m benchmarks.watch.live`.

First charts, a whole day of training, memory, live runs, keys, many runs, quitting; beside each figure one of a bare
Textual app or of a plain parsing loop, from the same hour of the same machine. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.watch import scenarios
from benchmarks.watch.make_log import STEPS, write_log
from benchmarks.watch.scenarios import Figures
from benchmarks.watch.targets import table

_SHORT_STEPS = 100_000
_MANY_RUNS = 200
_TEN = 10
_PRESSES_WHILE_LOADING = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How often, and how long: `repeats` launches of each kind, `seconds` of each live run; where logs are kept."""

    repeats: int
    seconds: float
    steps: int
    logs: Path

    def log(self, steps: int) -> Path:
        """A log directory with one run of so many steps, written unless it is there."""
        logdir = self.logs / f"steps-{steps}"
        if not logdir.is_dir():
            _say(f"writing a log of {steps:,} steps")
            unfinished = logdir.with_suffix(".part")
            write_log(unfinished / "day", steps=steps)
            unfinished.rename(logdir)
        return logdir

    def runs(self) -> Path:
        """A log directory with many runs, written unless it is there."""
        logdir = self.logs / f"runs-{_MANY_RUNS}"
        if not logdir.is_dir():
            _say(f"writing {_MANY_RUNS} runs")
            unfinished = logdir.with_suffix(".part")
            scenarios.write_runs(unfinished, _MANY_RUNS)
            unfinished.rename(logdir)
        return logdir


SCENARIOS: dict[str, Callable[[Plan], Figures]] = {
    "bare": lambda plan: scenarios.bare(repeats=plan.repeats, seconds=plan.seconds),
    "day_parsing": lambda plan: scenarios.plain_parsing(plan.log(plan.steps), repeats=plan.repeats),
    "day": lambda plan: scenarios.opened(plan.log(plan.steps), plan.steps, repeats=plan.repeats),
    "day_keys": lambda plan: scenarios.keys_while_loading(
        plan.log(plan.steps), plan.steps, presses=_PRESSES_WHILE_LOADING
    ),
    "short": lambda plan: scenarios.opened(plan.log(_SHORT_STEPS), _SHORT_STEPS, repeats=plan.repeats),
    "live": lambda plan: scenarios.live(metrics=12, rate=10, seconds=plan.seconds),
    "live_200": lambda plan: scenarios.live(metrics=200, rate=10, seconds=plan.seconds),
    "live_small": lambda plan: scenarios.live(metrics=12, rate=10, seconds=plan.seconds, size=(80, 24)),
    "many": lambda plan: scenarios.many(plan.runs(), repeats=plan.repeats, seconds=plan.seconds),
    "ten_days": lambda plan: scenarios.opened(plan.log(_TEN * plan.steps), _TEN * plan.steps, repeats=1),
}
"""What is measured, in this order."""

_ASKED_FOR = ("ten_days",)
"""What takes so long, and so much of a disk, that it is measured only when it is named."""


def measure(names: list[str], plan: Plan) -> dict[str, Figures]:
    """The figures of scenarios by name; a bare app is always among them."""
    out: dict[str, Figures] = {}
    for name, scenario in SCENARIOS.items():
        if name in names:
            _say(name)
            out[name] = scenario(plan)
    return out


def main() -> None:
    """Run the command."""
    options = _options()
    usual = [name for name in SCENARIOS if name not in _ASKED_FOR or options.ten_times]
    names = options.only or usual
    with tempfile.TemporaryDirectory() as folder:
        logs = options.logs or Path(folder)
        logs.mkdir(parents=True, exist_ok=True)
        plan = Plan(repeats=options.repeats, seconds=options.seconds, steps=options.steps, logs=logs)
        measured = measure(names, plan)
    print("\n".join(table(measured)))
    if options.json is not None:
        options.json.write_text(json.dumps(measured, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.watch.live", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, help="measure these alone")
    parser.add_argument("--ten-times", action="store_true", help="also a log ten times as long, of 3 GB")
    parser.add_argument("--repeats", type=int, default=5, help="launches of each kind (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each live run (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=STEPS, help="of the long log (default: %(default)s)")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep the logs there, for the next time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
