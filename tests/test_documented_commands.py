"""Every command of the documents runs, in the order of the site, in a place where what it names is there, but small."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import pytest

from seqsetvae.benchmark import loading, peak_rate
from tests.command_sandbox import furnish
from tests.pages import DOCS, README, WRITTEN, commands_of
from tests.training.callbacks.tiny_module import QUIET

pytestmark = [
    *(pytest.mark.filterwarnings(warning) for warning in QUIET),
    # Runs of a few steps on a few patients: classes are missing, and validations come late.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.usefixtures("one_thread"),
]

#: What is not run here, with the reason. A block with a loop is one command, and goes by its first line.
NOT_RUN = {
    "make demo": "installs from the network; tests/examples/test_demo.py runs its script",
    "make test": "runs this test",
    "pip install -c constraints.txt .": "installs from the network",
    'pip install -c constraints.txt ".[train]"': "installs from the network",
    "mkdir -p raw && cd raw": "downloads",
    "examples/physionet2012_walk.sh": "downloads; tests/examples/test_physionet2012_walk.py runs it",
    "examples/physionet2012_walk.sh ~/archives --max_epochs 2 --reduced_dim 64 --latent_dim 16": (
        "tests/examples/test_physionet2012_walk.py runs it, and what it calls runs here"
    ),
    "ssh -t server seqsetvae-watch /data/logs": "needs another machine",
    "ssh -t server examples/tmux_session.sh first": "needs another machine",
    "examples/tmux_session.sh first --data_dir data/cohort": "tests/examples/test_tmux_session.py runs it",
    "sbatch examples/slurm_train.sh data/cohort my-run": "tests/examples/test_slurm_train.py runs it",
    "python examples/jsonl_logger_in_your_module.py runs": (
        "tests/examples/test_jsonl_logger_in_your_module.py runs it"
    ),
    "python examples/plain_pytorch_loop.py logs": "tests/examples/test_plain_pytorch_loop.py runs it",
    "seqsetvae-train --data_dir data/cohort --devices 4 --strategy ddp": "needs four GPUs",
    "seqsetvae-bench memory --data_dir data/p12 --batch_sizes 4 16": "tests/cli/test_bench_commands.py runs it",
    "seqsetvae-bench collapse": "tests/cli/test_bench_collapse.py runs it",
}
TINY = "--reduced_dim 16 --latent_dim 4"
#: The same command with less to do, added at its end: no second process, no second epoch, a small model.
LESS = {
    "seqsetvae-train": f"{TINY} --num_workers 0 --precision 32 --max_steps 4 --limit_val_batches 1 --plot_frequency 0 "
    "--update_frequency 2",
    "seqsetvae-bench train": f"{TINY} --batch_sizes 1 --patients 4 --reference_patients 1 --rounds 0 --num_workers 0",
    "seqsetvae-prepare": "--jobs 1",
    "seqsetvae-visualize": "--projection pca",
}


def in_order() -> list[Path]:
    """The README, then the pages in the order of the site: later ones use what earlier ones make."""
    entries = tomllib.loads((DOCS / "en.toml").read_text(encoding="utf-8"))["project"]["nav"]
    names = itertools.chain.from_iterable([e] if isinstance(e, str) else next(iter(e.values())) for e in entries)
    return [README, *(DOCS / "en" / name for name in names if DOCS / "en" / name in WRITTEN)]


def first_line(command: str) -> str:
    """What a command goes by."""
    return command.splitlines()[0]


def typed(command: str) -> str:
    """What is run of a command."""
    less = [words for start, words in LESS.items() if command.startswith(f"{start} ") or command == start]
    return " ".join([command, *less])


def expected(command: str) -> set[int]:
    """The exit codes that are no failure; `--exit-code` gives the level, from green to red."""
    return {0, 1, 2, 3} if "--exit-code" in command else {0}


def documented() -> list[str]:
    """Every command once."""
    return list(dict.fromkeys(itertools.chain.from_iterable(map(commands_of, in_order()))))


def test_what_is_not_run_is_documented_and_has_its_reason() -> None:
    assert set(NOT_RUN) - {"make test"} - set(map(first_line, documented())) == set()
    assert all(NOT_RUN.values())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_other_command_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peak_rate, "SECONDS_PER_SHAPE", 0.01)
    monkeypatch.setattr(peak_rate, "SHAPES", ((64, 64, 64),))
    monkeypatch.setattr(loading, "SECONDS", 0.1)
    sandbox = furnish(tmp_path)
    failed = {}
    for command in documented():
        if first_line(command) in NOT_RUN:
            continue
        outcome = sandbox.run(typed(command))
        if outcome.code not in expected(command):
            failed[command] = outcome
    assert failed == {}
    for written in ("report/report.html", "p12.csv", "bench.json", "logs/p12/test.json"):
        assert (sandbox.work / written).stat().st_size > 0
