"""The example logs are what their script writes and the detector says, and can be watched."""

import json
import runpy
from pathlib import Path

import pytest

from seqsetvae.collapse.replay import replay
from seqsetvae.logs.checks import observations_of, thresholds_of
from seqsetvae.posterior.summary import LevelSummary, PosteriorSummary
from seqsetvae.stream.codec import decode_event
from seqsetvae.stream.records import EventRecord, Level
from tests.golden.compare import json_differences
from tests.tui.logs import T0
from tui.follow.log_follower import Reader
from tui.report import facts_of
from tui.store.store import Store
from tui.views.latent import KL_PER_DIM

EXAMPLES = Path(__file__).parents[2] / "examples"


SCRIPT = runpy.run_path(str(EXAMPLES / "make_logs.py"))
RUNS = pytest.mark.parametrize("run", SCRIPT["RUNS"])
LEVELS = pytest.mark.parametrize(
    ("run", "level"), [("healthy", Level.GREEN), ("collapsing", Level.RED), ("sudden-collapse", Level.RED)]
)


def verdict_events(run: str) -> list[EventRecord]:
    """The events of an example log that tell a verdict."""
    lines = (EXAMPLES / "logs" / run / "events.jsonl").read_bytes().splitlines()
    return [event for event in map(decode_event, lines) if event.kind == "collapse"]


LAST_DIGIT = 1.01e-4
"""One unit of the fourth decimal, which the logs are rounded to: Python versions differ in the last bit of `exp`."""


def records_of(path: Path) -> list[object]:
    """The JSON objects of a file, one a line or one in all."""
    text = path.read_text(encoding="utf-8")
    return [json.loads(text)] if path.name == "run.json" else [json.loads(line) for line in text.splitlines()]


@RUNS
def test_the_script_writes_the_same_files_again(run: str, tmp_path: Path) -> None:
    SCRIPT["RUNS"][run].write(tmp_path / run)
    for name in ("run.json", "metrics.jsonl", "events.jsonl", "system.jsonl"):
        written, kept = (records_of(root / run / name) for root in (tmp_path, EXAMPLES / "logs"))
        assert list(json_differences(kept, written, name, absolute=LAST_DIGIT)) == []


@RUNS
def test_replaying_an_example_gives_exactly_its_events(run: str) -> None:
    directory = EXAMPLES / "logs" / run
    verdicts = [v for v in replay(observations_of(directory), thresholds_of(directory)) if v.changed]
    events = verdict_events(run)
    assert [(v.step, v.level, v.headline) for v in verdicts] == [(e.step, e.level, e.message) for e in events]
    assert [v.to_data() for v in verdicts] == [
        {name: value for name, value in e.data.items() if name not in ("previous", "actions")} for e in events
    ]


def test_no_example_is_without_its_script_and_all_are_small() -> None:
    assert {path.name for path in (EXAMPLES / "logs").iterdir()} == set(SCRIPT["RUNS"])
    assert sum(path.stat().st_size for path in EXAMPLES.rglob("logs/*/*")) < 1_500_000


def test_the_healthy_example_stays_green() -> None:
    assert {event.level for event in verdict_events("healthy")} == {Level.GREEN}


def first_steps(run: str) -> dict[Level, int]:
    """The step at which an example's verdict had each level first."""
    return {event.level: event.step for event in reversed(verdict_events(run))}


def test_the_slow_collapse_climbs_every_level() -> None:
    assert list(reversed(first_steps("collapsing"))) == [Level.GREEN, Level.YELLOW, Level.ORANGE, Level.RED]


def test_the_sudden_collapse_is_orange_within_three_checks_and_red_soon_after() -> None:
    first, made = first_steps("sudden-collapse"), SCRIPT["RUNS"]["sudden-collapse"]
    assert list(reversed(first)) == [Level.GREEN, Level.ORANGE, Level.RED], "nothing announced it"
    assert made.explosion < first[Level.ORANGE] <= made.explosion + 3 * made.check_every
    assert first[Level.RED] <= first[Level.ORANGE] + 4 * made.check_every


def test_an_example_check_has_every_metric_that_a_check_of_a_run_has() -> None:
    level = LevelSummary(
        kl=1.0, variance=1.0, active_units=1.0, active_units_sigma=1.0, collapsed_fraction=0.0, mutual_information=1.0
    )
    summary = PosteriorSummary(
        levels=(level,),
        dimensions=(1,),
        mutual_information=1.0,
        sample_sets=1.0,
        sets=1.0,
        recon=1.0,
        kl_per_dim=(1.0,),
        z_ablation=1.0,
        beta=1.0,
        max_beta=1.0,
    )
    store = Store(logdir=EXAMPLES / "logs")
    Reader(store, notify=False).read_all("collapsing")
    data = store.data("collapsing")
    measured = {name for name in data.names() if name.startswith("posterior/")}
    listed = {KL_PER_DIM} if data.vector(KL_PER_DIM) is not None else set()
    assert measured | listed == {*summary.to_metrics(), "posterior/verdict"}


@LEVELS
def test_the_examples_show_a_healthy_and_a_collapsed_posterior(run: str, level: Level) -> None:
    store = Store(logdir=EXAMPLES / "logs")
    reader = Reader(store, notify=False)
    reader.read_all(run)
    facts = facts_of(store, run, "", T0)
    assert facts["level"] == level.value
    assert facts["data"]["bad_lines"] == 0
    assert (facts["metrics"]["posterior/active_units"]["latest"] < 0.1) is (level is Level.RED)


@RUNS
def test_the_examples_tell_of_their_machine(run: str) -> None:
    store = Store(logdir=EXAMPLES / "logs")
    Reader(store, notify=False).read_all(run)
    machine = store.data(run).machine
    assert machine is not None
    assert [gauge.name for gauge in machine.gauges] == ["cpu", "memory", "gpu0"]
    assert all(0 < gauge.share < 1 for gauge in machine.gauges)


@LEVELS
def test_the_list_of_runs_knows_an_examples_level_without_following_it(run: str, level: Level) -> None:
    store = Store(logdir=EXAMPLES / "logs")
    Reader(store, notify=False).discover()
    info = store.run(run)
    assert info is not None
    assert info.level is level
