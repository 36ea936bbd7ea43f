"""What `collapse_analysis.txt` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqsetvae.analysis import run_loading
from seqsetvae.analysis.collapse_text import OVER_TIME, REPORTED, collapse_text, verdict_sections
from seqsetvae.analysis.run_curves import RunCurves
from seqsetvae.analysis.run_summary import summary_of
from seqsetvae.posterior.course_report import Section
from seqsetvae.stream.records import EventRecord, Level
from tests.analysis.runs import T0, collapsing, loaded, training


def section(run: RunCurves, title: str) -> Section:
    (found,) = [part for part in verdict_sections(run) if part.title == title]
    return found


def text_of(*runs: RunCurves) -> str:
    return collapse_text(runs, [summary_of(run) for run in runs])


def test_the_verdict_is_reported_over_time_with_evidence_and_advice(tmp_path: Path) -> None:
    rows = section(loaded(tmp_path / "run", collapsing), OVER_TIME).rows
    levels = [row[1] for row in rows[1:] if row[1]]
    assert levels[0] == "green"
    assert levels[-1] == "red"
    words = " ".join(row[3] for row in rows)
    assert "KL 0.001 < " in words
    assert "→ lower --max_beta from 0.1 to 0.03" in words


def test_all_runs_and_the_table_are_in_one_text(tmp_path: Path) -> None:
    text = text_of(loaded(tmp_path / "good"), loaded(tmp_path / "bad", collapsing))
    assert "good  finished  200 of 200" in text
    assert "\ngood\n====\n" in text
    assert "\nbad\n===\n" in text
    assert "Thresholds\n" in text
    assert "heckpoint" not in text  # which files there are, a log does not tell


def test_a_log_without_the_posterior_is_not_judged_and_says_why(tmp_path: Path) -> None:
    run = loaded(tmp_path / "run", training)
    assert [part.title for part in verdict_sections(run)] == ["Not judged"]
    assert "no posterior/kl" in text_of(run)


def test_what_the_run_itself_said_stands_beside_the_replay(tmp_path: Path) -> None:
    def event(step: int, level: Level) -> EventRecord:
        return EventRecord(t=T0 + step, step=step, level=level, kind="collapse", message="said")

    events = [event(10, Level.GREEN), event(110, Level.YELLOW), event(120, Level.YELLOW)]
    rows = section(loaded(tmp_path / "run", collapsing, events=events), REPORTED).rows
    assert rows[0] == ("first yellow", "step 110")
    assert "another red" in rows[1][1]


def test_problems_come_first(tmp_path: Path) -> None:
    run = loaded(tmp_path / "run", window_size="wide")
    assert verdict_sections(run)[0].title == "Problems"
    assert "window_size" in text_of(run)


def test_a_restless_run_has_its_first_changes_listed_and_the_others_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_loading, "CHANGES", 2)
    run = loaded(tmp_path / "run", collapsing)
    more = run.history.changes - 1
    assert more > 0
    assert section(run, OVER_TIME).rows[-1][3].startswith(f"{more} more changes")


def test_names_cannot_drive_a_terminal(tmp_path: Path) -> None:
    text = text_of(loaded(tmp_path / "evil\x1b[31m"))
    assert "\x1b" not in text
    assert "evil\N{REPLACEMENT CHARACTER}[31m" in text
