"""The example logs are what their script writes, and can be watched."""

import runpy
from pathlib import Path

import pytest

from tests.tui.logs import T0
from tui.reader import Reader
from tui.report import facts_of
from tui.store import Store

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_script_writes_the_same_files_again(tmp_path: Path) -> None:
    runpy.run_path(str(EXAMPLES / "make_logs.py"))["write_run"](tmp_path / "collapsing", collapsing=True)
    for name in ("run.json", "metrics.jsonl", "events.jsonl"):
        assert (tmp_path / "collapsing" / name).read_bytes() == (EXAMPLES / "logs" / "collapsing" / name).read_bytes()


@pytest.mark.parametrize(("run", "level", "alarmed"), [("healthy", "green", False), ("collapsing", "red", True)])
def test_the_examples_show_a_healthy_and_a_collapsed_posterior(run: str, level: str, *, alarmed: bool) -> None:
    store = Store(logdir=EXAMPLES / "logs")
    reader = Reader(store, notify=False)
    reader.read_all(run)
    facts = facts_of(store, run, "", T0)
    assert facts["level"] == level
    assert facts["data"]["bad_lines"] == 0
    assert (facts["metrics"]["posterior/active_units"]["latest"] < 0.1) is alarmed
