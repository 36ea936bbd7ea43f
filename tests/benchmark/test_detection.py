"""False alarms, misses and delays of detectors, on streams of known fate."""

from __future__ import annotations

import gzip
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pytest

from seqsetvae.benchmark.detection import Trace, as_plain, median, outcome_of, read_traces, summarize, table
from seqsetvae.errors import InputError
from seqsetvae.stream.records import Level
from tests.collapse.courses import alive, dead, numbered

LIVING = Trace(
    name="a",
    kind="healthy",
    half="test",
    fate="alive",
    settings={},
    onset=None,
    observations=tuple(numbered([alive()] * 20)),
)
#: Dead from its eleventh check, at step 110.
DYING = Trace(
    name="b", kind="mid-run", half="test", fate="dead", settings={}, onset=110,
    observations=tuple(numbered([*[alive()] * 10, *[dead()] * 10])),
)  # fmt: skip


def test_a_living_run_gets_no_alarm() -> None:
    outcome = outcome_of(LIVING, "posterior")
    assert (outcome.highest, outcome.orange_delay, outcome.red_delay) == (Level.GREEN, None, None)


def test_delays_are_counted_in_checks_from_onset() -> None:
    outcome = outcome_of(DYING, "posterior")
    assert (outcome.highest, outcome.final, outcome.condition) == (Level.RED, Level.RED, "collapse")
    assert (outcome.orange_delay, outcome.red_delay) == (1, 3)
    assert outcome_of(replace(DYING, onset=130), "posterior").orange_delay == -1


def test_settings_of_the_run_are_the_detectors() -> None:
    lax: dict[str, Any] = {
        "kl_threshold": 0.001, "active_units_threshold": 0.0, "collapsed_fraction_threshold": 1.0,
        "mutual_information_threshold": 0.001,
    }  # fmt: skip
    assert outcome_of(replace(DYING, settings=lax), "posterior").highest is Level.YELLOW


def test_the_summary_counts_what_matters() -> None:
    false = replace(DYING, onset=None, fate="alive")
    missed = replace(LIVING, onset=50, fate="dead")
    other = replace(DYING, onset=None, fate="other")
    summary = summarize([outcome_of(trace, "posterior") for trace in (LIVING, DYING, false, missed, other)])
    assert (summary.alive, summary.false_orange, summary.false_red) == (2, 1, 1)
    assert (summary.dead, summary.caught) == (2, 1)
    assert (summary.orange_delay, summary.red_delay) == (1.0, 3.0)


def test_rows_are_kinds_within_fates() -> None:
    rows = table([outcome_of(trace, "posterior") for trace in (LIVING, DYING, DYING)], "posterior")
    assert [(row.fate, row.kind, row.runs, row.yellow, row.orange, row.red) for row in rows] == [
        ("alive", "healthy", 1, 0, 0, 0),
        ("dead", "mid-run", 2, 2, 2, 2),
    ]


def test_an_outcome_can_be_written_down() -> None:
    assert orjson.loads(orjson.dumps(as_plain(outcome_of(DYING, "original"))))["kind"] == "mid-run"


def test_the_median_of_nothing_is_none() -> None:
    assert median([None, None]) is None
    assert median([3, None, 5]) == 4.0


class TestFiles:
    HEAD: ClassVar[dict[str, Any]] = {
        "name": "x", "kind": "nan", "half": "test", "seed": 1, "cohort": "synthetic", "fate": "other", "settings": {},
        "onset": None, "judgements": [],
    }  # fmt: skip

    def written(self, directory: Path, *lines: bytes) -> Path:
        (directory / "x.jsonl.gz").write_bytes(gzip.compress(b"\n".join(lines)))
        return directory

    def test_a_stream_is_read_with_the_numbers_that_are_none(self, tmp_path: Path) -> None:
        line = b'{"step":5,"posterior/kl":"NaN"}'
        (trace,) = read_traces(self.written(tmp_path, orjson.dumps(self.HEAD), line, line))
        assert (trace.name, trace.fate, len(trace.observations)) == ("x", "other", 2)
        assert outcome_of(trace, "posterior").condition == "divergence"

    def test_an_empty_directory_is_said_with_the_way_out(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="train_runs"):
            read_traces(tmp_path)

    @pytest.mark.parametrize("line", [b"{}", b"not json", b"[]"])
    def test_a_file_of_another_kind_is_named(self, tmp_path: Path, line: bytes) -> None:
        with pytest.raises(InputError, match=r"x\.jsonl\.gz is not a stream of the collapse benchmark"):
            read_traces(self.written(tmp_path, line))

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "x.jsonl.gz")
        with pytest.raises(InputError, match="is not a regular file"):
            read_traces(tmp_path)

    def test_a_file_that_unpacks_to_too_much_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(bytes(5 << 20), 1))
        with pytest.raises(InputError, match="it unpacks to more than 4 MiB"):
            read_traces(tmp_path)

    def test_a_torn_file_is_named(self, tmp_path: Path) -> None:
        whole = gzip.compress(orjson.dumps(self.HEAD) * 50)
        (tmp_path / "x.jsonl.gz").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(InputError, match=r"x\.jsonl\.gz"):
            read_traces(tmp_path)
