"""The newest verdict as the screen tells it, and the levels of runs that are not followed."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from seqsetvae.i18n.wrapping import wrapped
from seqsetvae.logs.series_view import SeriesView
from seqsetvae.stream.codec import encode_event, encode_metrics
from seqsetvae.stream.records import EventRecord, Level, MetricsRecord
from tests.logs.reading import block_of
from tests.tui.logs import T0, append
from tui.follow.verdict_peek import PEEK, VerdictPeek
from tui.panes.verdict_pane import verdict_lines
from tui.store.run_data import RunData
from tui.views.verdict_view import CHECKS, VerdictView, verdict_view

COLLAPSE = {
    "condition": "collapse",
    "reasons": ["KL 0.02 < 0.64 nats", "active units 0.0 % < 10 %"],
    "advice": ["lower --max_beta from 1 to 0.3", "warm β up for longer"],
    "since": 7_800,
    "checks": 1,
    "actions": ["warn", "save"],
}


def event(
    step: int, level: Level, kind: str = "collapse", message: str = "", data: Mapping[str, Any] | None = None
) -> EventRecord:
    return EventRecord(t=T0 + step, step=step, level=level, kind=kind, message=message, data=data or {})


def checks(count: int, every: int = 200) -> SeriesView:
    """A series with a point every `every` steps."""
    records = [MetricsRecord(t=T0 + k * every, step=k * every, values={CHECKS[0]: 3.0}) for k in range(count)]
    data = RunData()
    data.apply(block_of(b"".join(map(encode_metrics, records))))
    view = data.series(CHECKS[0])
    assert view is not None
    return view


def text_of(view: VerdictView, width: int = 36) -> str:
    return "\n".join("".join(text for text, _ in line) for line in verdict_lines(view, width))


def test_the_newest_verdict_says_what_why_what_to_do_and_for_how_long() -> None:
    events = [event(1_000, Level.GREEN), event(7_800, Level.RED, data=COLLAPSE)]
    view = verdict_view(events, checks(61), measured=True, until=T0 + 12_000)
    assert view == VerdictView(
        level=Level.RED,
        condition="collapse",
        reasons=("KL 0.02 < 0.64 nats", "active units 0.0 % < 10 %"),
        advice=("lower --max_beta from 1 to 0.3", "warm β up for longer"),
        done=("collapse-step*.ckpt is saved",),
        since=7_800,
        checks=22,
        checks_exact=True,
        seconds=4_200.0,
        healthy=None,
        measured=True,
    )
    shown = text_of(view)
    for part in (" RED  collapse", "since step 7,800\n22 checks · 1h 10m\n", "· KL 0.02 < 0.64 nats", "next"):
        assert part in shown
    assert "since step 7,800 · 22 checks · 1h 10m" in text_of(view, 40)


def test_what_was_done_since_is_reported_and_what_was_done_before_is_not() -> None:
    events = [
        event(500, Level.INFO, "lower_beta", "max β is lowered from 4 to 2, early"),
        event(7_800, Level.RED, data={**COLLAPSE, "actions": ["lower_beta"]}),
        event(7_801, Level.INFO, "lower_beta", "max β is lowered from 2 to 1, red: collapse"),
        event(9_000, Level.INFO, "stop", "training stops: collapse"),
    ]
    done = verdict_view(events, None, measured=True, until=None).done
    assert done == (
        "max β is lowered from 2 to 1, red: collapse (step 7,801)",
        "training stops: collapse (step 9,000)",
    )


def test_the_end_of_training_names_the_checkpoint_from_before_the_collapse() -> None:
    stopped = event(9_000, Level.INFO, "stopped", data={"healthy": "/ckpt/p12/healthy-step006800.ckpt"})
    view = verdict_view([event(7_800, Level.RED, data=COLLAPSE), stopped], None, measured=True, until=None)
    assert view.healthy == "healthy-step006800.ckpt"
    assert "next\n· lower --max_beta" in text_of(view)
    assert "· healthy-step006800.ckpt is kept" in text_of(view)


def test_a_verdict_names_the_checkpoint_from_before_it_until_all_is_well_again() -> None:
    events = [
        event(400, Level.YELLOW, data={**COLLAPSE, "healthy": "/ckpt/healthy-step000390.ckpt"}),
        event(500, Level.ORANGE, data={**COLLAPSE, "healthy": "/ckpt/healthy-step000390.ckpt"}),
    ]
    assert verdict_view(events, None, measured=True, until=None).healthy == "healthy-step000390.ckpt"
    well = [*events, event(600, Level.GREEN, data={"condition": "healthy"})]
    assert verdict_view(well, None, measured=True, until=None).healthy is None


def test_the_checkpoint_of_a_collapse_is_named_as_soon_as_it_is_written() -> None:
    events = [
        event(7_800, Level.RED, data={**COLLAPSE, "actions": ["save"]}),
        event(7_801, Level.INFO, "saved", "collapse-step007801.ckpt is saved"),
    ]
    done = verdict_view(events, None, measured=True, until=None).done
    assert done == ("collapse-step007801.ckpt is saved (step 7,801)",)


def test_checks_of_a_series_too_coarse_to_count_are_said_to_be_about_so_many() -> None:
    coarse = checks(5_000)
    view = verdict_view([event(8_200, Level.RED, data={**COLLAPSE, "since": 8_200})], coarse, measured=True, until=None)
    assert view.checks is not None
    assert view.checks == pytest.approx(4_959, abs=8)
    assert not view.checks_exact
    assert "about 4,9" in text_of(view)


@pytest.mark.parametrize(
    ("data", "condition", "reasons"),
    [
        ({}, "not finite", ("train/loss is nan",)),
        ({"reasons": "KL", "advice": 3, "since": "soon", "actions": 7}, "not finite", ("train/loss is nan",)),
        ({"condition": "divergence", "reasons": [1, None, "NaN"]}, "divergence", ("NaN",)),
    ],
    ids=["no data", "data of other types", "some texts"],
)  # fmt: skip
def test_events_of_other_writers_are_taken_for_what_they_say(
    data: Mapping[str, Any], condition: str, reasons: tuple[str, ...]
) -> None:
    view = verdict_view(
        [event(40, Level.RED, "not_finite", "train/loss is nan", data)], None, measured=False, until=None
    )
    assert (view.condition, view.reasons, view.advice, view.done) == (condition, reasons, (), ())
    assert (view.since, view.seconds, view.healthy) == (40, None, None)


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [(True, "No verdict was written to this log."), (False, "the posterior has not been measured")],
)
def test_a_log_without_verdicts_says_so(measured: bool, sentence: str) -> None:
    view = verdict_view([event(0, Level.INFO, "started")], None, measured=measured, until=T0)
    assert view.level is None
    assert sentence in text_of(view, 80)


def test_text_of_a_log_is_never_interpreted() -> None:
    evil = "[bold]x \x1b]0;x\x07 \u202e"
    data = {"condition": evil, "reasons": [evil], "advice": [evil], "healthy": f"/a/{evil}"}
    events = [
        event(1, Level.RED, data={**data, "actions": []}),
        event(1, Level.INFO, "stop", evil),
        event(2, Level.INFO, "stopped", data=data),
    ]
    shown = text_of(verdict_view(events, None, measured=True, until=None), 120)
    assert shown.count("[bold]x �]0;x� �") == 5
    assert not any(char in shown for char in "\x1b\x07\u202e")


def test_lines_end_at_blanks_and_numbers_stay_with_their_units() -> None:
    assert wrapped("collapsed dimensions 100 % > 90 %", 30) == ["collapsed dimensions 100 %", "> 90 %"]
    assert wrapped("", 10) == [""]
    assert wrapped("a-word-that-is-too-long", 10) == ["a-word-tha", "t-is-too-l", "ong"]


@given(st.text(alphabet="ab 宽度<7%é", max_size=60), st.integers(0, 20))
def test_no_line_is_wider_than_asked_for_and_nothing_is_lost(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cell_len(line) <= max(width, 2) for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


class Events:
    """An events file that a test writes, and a peek at it."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "events.jsonl"
        self.peek = VerdictPeek()

    def level(self) -> Level | None:
        return self.peek.level(self.path)


def test_the_level_of_a_run_is_that_of_its_last_verdict(tmp_path: Path) -> None:
    events = Events(tmp_path)
    assert events.level() is None
    append(events.path, encode_event(event(1, Level.YELLOW)) + encode_event(event(2, Level.ORANGE)))
    append(events.path, encode_event(event(3, Level.INFO, "best")) + b"no event\n" + b'{"half')
    assert events.level() is Level.ORANGE
    append(events.path, b'a line"}\n' + encode_event(event(4, Level.GREEN)))
    assert events.level() is Level.GREEN


def test_trouble_that_has_ended_is_not_a_runs_level_even_where_the_verdict_is_out_of_reach(tmp_path: Path) -> None:
    events = Events(tmp_path)
    append(events.path, encode_event(event(1, Level.RED, "not_finite")))
    assert events.level() is Level.RED
    append(events.path, encode_event(event(2, Level.INFO, "finite_again")))
    assert events.level() is None
    append(events.path, encode_event(event(3, Level.YELLOW)))
    assert events.level() is Level.YELLOW


def test_a_verdict_behind_many_facts_still_counts_unless_the_file_is_another(tmp_path: Path) -> None:
    events = Events(tmp_path)
    append(events.path, encode_event(event(1, Level.RED)))
    assert events.level() is Level.RED
    fact = encode_event(event(2, Level.INFO, "best", "x" * 1_000))
    append(events.path, fact * (PEEK // len(fact) + 2))
    assert events.level() is Level.RED
    assert VerdictPeek().level(events.path) is None
    events.path.write_bytes(fact)
    assert events.level() is None


def test_an_unchanged_file_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = Events(tmp_path)
    append(events.path, encode_event(event(1, Level.RED)))
    status = events.path.stat()
    assert events.level() is Level.RED
    other = encode_event(event(2, Level.RED)).replace(b'"red"', b'"xed"')
    with events.path.open("r+b") as file:
        file.write(other)
    os.utime(events.path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert events.level() is Level.RED
    append(events.path, encode_event(event(3, Level.YELLOW)))
    assert events.level() is Level.YELLOW
