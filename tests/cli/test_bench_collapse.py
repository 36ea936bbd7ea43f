"""`seqsetvae-bench collapse` on streams of known fate, and on those that come with the source."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from seqsetvae.benchmark.bench_collapse import STREAMS
from seqsetvae.cli.bench import main
from tests.collapse.courses import alive, dead, numbered


@pytest.fixture
def streams(tmp_path: Path) -> Path:
    """One living run and one that dies at its eleventh check, in the test half; a living one in the other."""
    directory = tmp_path / "streams"
    directory.mkdir()
    dying = [*[alive()] * 10, *[dead()] * 10]
    for name, half, course, onset in (
        ("living", "test", [alive()] * 20, None),
        ("dying", "test", dying, 110),
        ("other", "calibration", [alive()] * 20, None),
    ):
        head: dict[str, Any] = {
            "name": name, "kind": "total" if onset else "healthy", "half": half, "settings": {}, "onset": onset,
            "fate": "dead" if onset else "alive", "judgements": [],
        }  # fmt: skip
        lines = [
            {
                "step": seen.step, "posterior/kl": seen.kl, "posterior/variance": seen.variance,
                "posterior/active_units": seen.active_units, "posterior/collapsed_fraction": seen.collapsed_fraction,
                "posterior/mutual_information": seen.mutual_information, "posterior/sample_sets": seen.sample_sets,
                "posterior/kl_per_dim": seen.kl_per_dim,
            }
            for seen in numbered(course)
        ]  # fmt: skip
        content = b"\n".join(orjson.dumps(line) for line in (head, *lines))
        (directory / f"{name}.jsonl.gz").write_bytes(gzip.compress(content))
    return directory


def test_both_detectors_are_measured(streams: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collapse", "--streams", str(streams)]) == 0
    said = capsys.readouterr().out
    assert "--detector posterior: 2 runs, half: test" in said
    assert "--detector original: 2 runs, half: test" in said
    assert "0 of 1 living posteriors called orange, 0 red; 1 of 1 dead ones called red" in said
    assert "to orange 1, to red 3 checks (median)" in said


def test_every_run_can_be_listed(streams: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collapse", "--streams", str(streams), "--half", "all", "--list"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("living", "dying", "other"))


def test_figures_for_programs_go_to_stdout_alone(streams: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collapse", "--streams", str(streams), "--json", "-"]) == 0
    figures = orjson.loads(capsys.readouterr().out)
    assert figures["posterior"]["summary"]["caught"] == 1
    assert figures["original"]["runs"]["dying"]["highest"] == "green"


def test_a_wrong_directory_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collapse", "--streams", str(tmp_path / "nowhere")]) == 2
    assert "is no directory" in capsys.readouterr().err


def test_the_detector_is_right_on_the_runs_that_come_with_the_source(capsys: pytest.CaptureFixture[str]) -> None:
    """What docs/en/verdict.md claims, on the half that no threshold was chosen from."""
    assert main(["collapse", "--streams", str(STREAMS), "--json", "-"]) == 0
    figures = orjson.loads(capsys.readouterr().out)
    summary = figures["posterior"]["summary"]
    assert figures["runs"] >= 30
    assert (summary["false_orange"], summary["false_red"]) == (0, 0)
    assert summary["caught"] == summary["dead"]
    assert summary["orange_delay"] <= 3
    assert summary["red_delay"] <= 8
    warming = [run for run in figures["posterior"]["runs"].values() if run["kind"] == "warm-up"]
    assert warming
    assert {run["highest"] for run in warming} <= {"green", "yellow"}
