"""Every shell line of the README runs, in its order, in a place where what it names is there, but small."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import CHINESE, ENGLISH, blocks_of
from tests.readme_sandbox import furnish

#: What is not run, with the reason. A block with a loop is one command, and goes by its first line.
NOT_RUN = {
    "make demo": "installs from the network; tests/examples/test_demo.py runs its script",
    "pip install -c constraints.txt .": "installs from the network",
    'pip install -c constraints.txt ".[train]"': "installs from the network",
    "examples/physionet2012_walk.sh": "downloads; the next line runs the same script on archives",
    "mkdir -p raw && cd raw": "downloads",
    "ssh -t server seqsetvae-watch /data/logs": "needs another machine",
    "ssh -t server examples/tmux_session.sh first": "needs another machine",
    "examples/tmux_session.sh first --data_dir data/cohort": "opens tmux; tests/examples/test_tmux_session.py does",
    "seqsetvae-train --data_dir data/cohort --devices 4 --strategy ddp": "needs four GPUs",
    "sbatch examples/slurm_train.sh data/cohort my-run": "needs SLURM; tests/examples/test_slurm_train.py stands in",
    "make test": "is what runs this test",
}
#: Another way to what later lines do, too: run where these find nothing of it.
ELSEWHERE = {"examples/physionet2012_walk.sh ~/archives --max_epochs 2 --reduced_dim 64 --latent_dim 16"}
#: Measures for minutes as written: the same line with less to measure, added at its end.
LESS = ("seqsetvae-bench train", "--patients 16 --reference_patients 1 --rounds 0 --reduced_dim 16 --latent_dim 4")


def commands(readme: Path) -> list[str]:
    """What the shell blocks tell to type: line by line, but a loop as a whole."""
    found = []
    for language, content in blocks_of(readme):
        if language != "sh":
            continue
        block = content.replace("\\\n", " ").strip()
        found += [block] if "\ndone" in block else block.splitlines()
    return found


def first_line(command: str) -> str:
    """What a command goes by."""
    return command.splitlines()[0]


def typed(command: str) -> str:
    """What is run of a command."""
    program, less = LESS
    return f"{command} {less}" if command.startswith(program) else command


def expected(command: str) -> set[int]:
    """The exit codes that are no failure; `--exit-code` tells the level, from green to red."""
    return {0, 1, 2, 3} if "--exit-code" in command else {0}


def test_what_is_not_run_is_documented_and_has_its_reason() -> None:
    documented = {first_line(command) for command in commands(ENGLISH)}
    assert (set(NOT_RUN) | ELSEWHERE) - documented == set()
    assert all(NOT_RUN.values())


def test_both_languages_tell_to_type_the_same() -> None:
    assert commands(CHINESE) == commands(ENGLISH)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_other_command_runs_as_written(tmp_path: Path) -> None:
    sandbox, other = furnish(tmp_path / "here"), furnish(tmp_path / "elsewhere")
    failed = {}
    for command in commands(ENGLISH):
        if first_line(command) in NOT_RUN:
            continue
        outcome = (other if command in ELSEWHERE else sandbox).run(typed(command))
        if outcome.code not in expected(command):
            failed[command] = outcome
    assert failed == {}
    for written in ("report/report.html", "p12.csv", "bench.json", "bench.png", "logs/p12/test.json"):
        assert (sandbox.work / written).stat().st_size > 0
