"""What a run's checks come to, in words."""

from __future__ import annotations

import io
import math
from pathlib import Path

import pytest
from rich.console import Console

from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Condition
from seqsetvae.posterior.course_report import final_statistics, sections, summary
from seqsetvae.posterior.history import History
from seqsetvae.stream.records import Level
from tests.posterior.histories import history_of, observation, verdict


def report(history: History, thresholds: Thresholds | None = None, *names: str) -> str:
    return final_statistics(history, thresholds or Thresholds(), run="p12", checkpoints=[Path(name) for name in names])


def rows(history: History, title: str, *names: str, thresholds: Thresholds | None = None) -> dict[str, tuple[str, ...]]:
    """The rows of one section by their first cell."""
    found = sections(history, thresholds or Thresholds(), [Path(name) for name in names])
    (section,) = [section for section in found if section.title == title]
    return {row[0]: row[1:] for row in section.rows}


def shown(history: History, run: str = "p12", *names: str) -> str:
    console = Console(file=io.StringIO(), width=160, color_system=None)
    console.print(summary(history, Thresholds(), run=run, checkpoints=[Path(name) for name in names]))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def collapsed() -> History:
    history = history_of("ggy")
    history.add(
        observation(48200, kl=0.02),
        verdict(
            48200, Level.RED, condition=Condition.COLLAPSE, since=46900, checks=13,
            reasons=("KL 0.02 < 0.16 nats", "active units 0.0 % < 10 %"), advice=("lower --max_beta", "more free bits"),
        ),
    )  # fmt: skip
    return history


def test_the_end_is_reported_with_reasons_and_advice() -> None:
    text = report(collapsed())
    assert text.startswith("Posterior of run p12\n====================\n\nAt the end\n")
    for line in (
        "  level      red\n",
        "  condition  collapse\n",
        "  since      step 46,900 (13 checks)\n",
        "  why        KL 0.02 < 0.16 nats\n             active units 0.0 % < 10 %\n",
        "  next       lower --max_beta\n             more free bits\n",
    ):
        assert line in text


def test_checks_are_counted_and_first_steps_named() -> None:
    assert {label: cells[0] for label, cells in rows(history_of("gggyyog"), "Checks").items()} == {
        "checks": "7 (green 4, yellow 2, orange 1, red 0)",
        "warnings": "3 checks above green",
        "changes": "3 of level or condition",
        "first yellow or worse": "step 400",
        "first orange or worse": "step 600",
        "first red": "never",
    }


def test_metrics_have_their_last_value_and_extremes_with_steps() -> None:
    history = history_of("g", kl=7.0)
    for step, kl in ((200, 12.0), (300, math.nan), (400, 3.5)):
        history.add(observation(step, kl=kl), verdict(step))
    found = rows(history, "Metrics")
    assert list(found["KL, nats per set"]) == ["3.5", "3.5 at step 400", "12 at step 200", "1"]
    assert list(found["active units"])[:1] == ["75 %"]
    assert "mutual information, nats" not in found


def test_a_metric_that_never_was_a_number_has_no_extremes() -> None:
    found = rows(history_of("rr", recon=math.nan), "Metrics")
    assert list(found["reconstruction loss"]) == ["NaN", "-", "-", "2"]


def test_thresholds_in_force_are_reported() -> None:
    thresholds = Thresholds(kl_threshold=0.5, min_checks=9, window_size=40)
    text = report(history_of("g"), thresholds)
    for words in ("below 0.5\n", "above 0.95, with low KL", "below 10 %", "above 90 %"):
        assert words in text
    found = rows(history_of("g"), "Thresholds", thresholds=thresholds)
    assert [list(found[name]) for name in ("detector", "first checks, always green", "checks of a trend")] == [
        ["posterior"], ["9"], ["40"],
    ]  # fmt: skip


def test_the_original_rules_are_reported_as_such() -> None:
    text = report(history_of("g"), Thresholds(detector="original", fast_detection=True))
    for words in ("original (fast)", "below 0.005", "rises by more than 0.001 a check over 50 checks"):
        assert words in text
    assert "mutual" not in text


def test_checkpoints_stand_in_the_order_in_which_they_are_wanted() -> None:
    names = ["last.ckpt", "mine.ckpt", "final-step9.ckpt", "collapse-step7.ckpt", "healthy-step5.ckpt", "best-1.ckpt"]
    (section,) = [s for s in sections(History(), Thresholds(), [Path(n) for n in names]) if s.title == "Checkpoints"]
    assert [kind for kind, _ in section.rows] == ["best", "healthy", "collapse", "final", "last", "mine"]


def test_a_run_without_checks_or_checkpoints_says_so() -> None:
    text = report(History())
    assert "none: the posterior was never checked" in text
    assert "this run left no checkpoint" in text
    assert "Metrics" not in text


@pytest.mark.parametrize("history", [History(), collapsed()], ids=["no check", "collapsed"])
def test_the_console_says_what_the_file_says(history: History) -> None:
    panel = shown(history, "p12", "best-1.ckpt")
    for section in sections(history, Thresholds(), [Path("best-1.ckpt")]):
        assert section.title in panel
        for row in section.rows:
            assert all(cell in panel for cell in row)


def test_names_are_data_and_neither_markup_nor_control_sequences() -> None:
    panel = shown(History(), "[bold]p12[/bold]\x1b[31m", "best-[red]1[/red].ckpt", "last\x1b[2J.ckpt")
    assert "[bold]p12[/bold]\N{REPLACEMENT CHARACTER}[31m" in panel
    assert "best-[red]1[/red].ckpt" in panel
    assert "\x1b" not in panel
    assert "\x1b" not in report(History(), None, "last\x1b[2J.ckpt")


def test_no_line_of_the_file_ends_in_blanks() -> None:
    assert [line for line in report(collapsed(), None, "best-1.ckpt").splitlines() if line != line.rstrip()] == []
