"""The pure parts of the watcher's benchmark: what is read from a screen and from the kernel, and the table."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.watch import screen_measures
from benchmarks.watch.live import SCENARIOS
from benchmarks.watch.live_writer import PAST, write
from benchmarks.watch.process import Process, cpu_seconds, peak_mb
from benchmarks.watch.targets import TARGETS, table
from seqsetvae.logs.discovery import find_logs


class TestScreen:
    def test_a_curve_beside_its_axis_is_a_chart(self) -> None:
        assert screen_measures.has_chart("│ 1.2 ┤╌╌╌⣀⡠⠔╌╌│")
        assert not screen_measures.has_chart("│ 1.2 ┤╌╌╌╌╌╌╌╌│ ⣀⡠⠔")
        assert not screen_measures.has_chart("│  kl   ⠛⣆⡞⢳⡴   10.96 │")

    def test_a_log_is_whole_when_all_its_lines_are_there(self) -> None:
        assert screen_measures.is_whole(" last write 9s ago · inotify + poll · 5,500 lines · 0 bad", 5_500)
        assert not screen_measures.is_whole(" last write 9s ago · 5,499 lines · 0 bad", 5_500)
        assert not screen_measures.is_whole(" 5,500 lines · reading the past 40 % · 0 bad", 5_500)
        assert not screen_measures.is_whole(" SeqSetVAE   no run yet", 0)

    def test_the_header_tells_the_step(self) -> None:
        assert screen_measures.step_of(" SeqSetVAE  run  ● running 9s  step 48,200/120,000  40 %") == 48_200
        assert screen_measures.step_of(" SeqSetVAE  no run yet") is None


class TestWay:
    def test_a_step_has_been_seen_when_it_or_a_later_one_is_shown(self) -> None:
        written = [(10, 1.0), (11, 1.1), (12, 1.2)]
        seen = [(9, 0.9), (11, 1.15), (12, 1.3)]
        assert screen_measures.late(seen, written) == pytest.approx([0.15, 0.05, 0.1])

    def test_steps_before_the_first_look_and_after_the_last_do_not_count(self) -> None:
        written = [(1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4)]
        assert screen_measures.late([(2, 5.0), (3, 5.1)], written) == pytest.approx([4.8])
        assert screen_measures.late([], written) == []


class TestProcess:
    def test_a_command_may_hold_spaces_and_brackets(self) -> None:
        ticks = os.sysconf("SC_CLK_TCK")
        fields = ["S", *map(str, range(1, 11)), str(3 * ticks), str(ticks), "0"]
        assert cpu_seconds(f"7 (a) (strange command) {' '.join(fields)}\n") == 4.0

    def test_peak_memory_is_in_megabytes(self) -> None:
        assert peak_mb("Name:\tpython\nVmHWM:\t   51200 kB\nVmRSS:\t 1024 kB\n") == 50.0

    def test_a_process_that_has_ended_has_no_memory(self) -> None:
        with pytest.raises(ValueError, match="has ended"):
            peak_mb("Name:\tpython\nState:\tZ (zombie)\n")

    def test_this_process_is_there(self) -> None:
        process = Process(os.getpid())
        assert process.cpu_seconds() > 0
        assert process.peak_mb() > 1


class TestTable:
    def test_every_promise_is_about_something_that_is_measured(self) -> None:
        assert {target.scenario for target in TARGETS} <= set(SCENARIOS)

    def test_a_kept_and_a_missed_promise(self) -> None:
        measured = {"day": {"peak_mb": 75.2, "whole_s": 3.0}, "bare": {"first_paint_s": 0.15}}
        rows = table(measured)[2:]
        assert rows == [
            "| the whole day on the screen | 3.00 s | ≤ 2.50 s **missed** |  |",
            "| peak memory | 75 MB | ≤ 120 MB |  |",
        ]

    def test_something_plain_stands_beside_a_figure(self) -> None:
        measured = {"live": {"cpu_percent": 5.25}, "bare": {"idle_percent": 0.1}}
        assert table(measured)[2:] == ["| live, 12 metrics: processor | 5.2 % | ≤ 6.0 % | bare app idle 0.1 % |"]


def test_the_writer_tells_when_it_wrote_each_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "run", metrics=3, rate=100, seconds=0.05)
    numbers = [int(line.split()[0]) for line in capsys.readouterr().out.splitlines()]
    assert numbers == list(range(PAST, PAST + 5))
    (run,) = find_logs(tmp_path)
    assert (run.path / "metrics.jsonl").read_bytes().count(b"\n") == PAST + 5
