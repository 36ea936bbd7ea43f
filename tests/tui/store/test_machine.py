"""The machine under a run: gauges of all ranks, read from the ends of their files."""

import math
from pathlib import Path

import pytest

from seqsetvae.stream.codec import encode_system
from seqsetvae.stream.records import SystemRecord, Value
from seqsetvae.stream.run_directory import system_file
from tests.tui.logs import T0, append
from tui.follow.machine_follower import LOOK_SECONDS, READINGS, MachineFollower
from tui.panes.system_pane import bars, gauge_line
from tui.store.machine import Gauge, Machine, gauge_values, machine_of
from tui.store.run_data import RunData

GIB = 2.0**30


def reading(second: float, *, rank: int = 0, gpu: float | None = None, cpu: float = 50.0) -> SystemRecord:
    values: dict[str, Value] = {"cpu/percent": cpu, "cpu/memory_used": 31 * GIB, "cpu/memory_total": 124 * GIB}
    if gpu is not None:
        name = f"gpu{rank}"
        values |= {f"{name}/utilization": gpu, f"{name}/memory_used": 60 * GIB, f"{name}/memory_total": 80 * GIB}
    return SystemRecord(t=T0 + second, step=int(second), rank=rank, values=values)


def text_of(gauge: Gauge, width: int = 40, *, ranked: bool = False) -> str:
    return "".join(text for text, _ in gauge_line(gauge, width, ranked=ranked))


def gauges(machine: Machine | None) -> list[tuple[int, str]]:
    return [(gauge.rank, gauge.name) for gauge in machine.gauges] if machine is not None else []


def test_rank_0_shows_its_machine_and_other_ranks_what_is_theirs() -> None:
    machine = machine_of({2: [reading(0, rank=2)], 0: [reading(0, gpu=94)], 1: [reading(0, rank=1, gpu=90)], 3: []})
    assert gauges(machine) == [(0, "cpu"), (0, "memory"), (0, "gpu0"), (1, "gpu1"), (2, "cpu")]
    assert machine is not None
    assert machine.ranks == 3
    assert machine_of({0: []}) is None


def test_a_gauge_holds_the_newest_reading_and_the_way_there() -> None:
    machine = machine_of({0: [reading(0, gpu=10), reading(10), reading(20, gpu=94)]})
    assert machine is not None
    processor, memory, gpu = machine.gauges
    assert (processor.share, processor.history) == (0.5, (0.5, 0.5, 0.5))
    assert (memory.share, memory.used, memory.total) == (0.25, 31 * GIB, 124 * GIB)
    assert gpu.share == 0.94
    assert gpu.history[0] == 0.1
    assert math.isnan(gpu.history[1])
    assert machine.t == T0 + 20


def test_a_row_shows_name_share_bytes_and_the_last_minutes() -> None:
    gauge = Gauge(name="gpu0", rank=1, share=0.94, used=60 * GIB, total=80 * GIB, history=(0.0, math.nan, 0.5, 1.0))
    assert text_of(gauge) == "gpu0    94 %  60.0/80.0 GiB         ▁ ▄▇"
    assert text_of(gauge, 36, ranked=True) == "r1 gpu0    94 %  60.0/80.0 GiB  ▁ ▄▇"


def test_what_cannot_be_read_is_a_dash_and_a_rank_that_has_gone_quiet_says_so() -> None:
    assert "–" in text_of(Gauge(name="gpu0", rank=0, share=math.nan))
    machine = machine_of({0: [reading(600)], 1: [reading(0, rank=1)]})
    assert machine is not None
    assert text_of(machine.gauges[-1], ranked=True) == "r1 cpu    silent for 10m 00s"


def test_a_memory_that_is_nearly_full_is_coloured() -> None:
    for used, colour in ((70 * GIB, "soft"), (79 * GIB, "orange")):
        line = gauge_line(Gauge(name="gpu0", rank=0, share=0.5, used=used, total=80 * GIB), 40, ranked=False)
        assert line[2][1] == colour


@pytest.mark.parametrize("share", [-3.0, 7.5])
def test_a_share_beyond_its_range_is_drawn_at_its_end(share: float) -> None:
    assert bars((share,), 1) in "▁▇"


class Ranks:
    """A run's directory, followed by hand."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = RunData()
        self.now = 0.0
        self.follower = MachineFollower(directory, self.data, clock=lambda: self.now)

    def write(self, record: SystemRecord) -> None:
        append(self.directory / system_file(record.rank), encode_system(record))

    def look(self) -> int:
        self.now += LOOK_SECONDS
        return self.follower.poll()


def test_ranks_are_found_as_they_appear(tmp_path: Path) -> None:
    ranks = Ranks(tmp_path)
    ranks.look()
    assert ranks.data.machine is None
    ranks.write(reading(0))
    ranks.look()
    assert gauges(ranks.data.machine) == [(0, "cpu"), (0, "memory")]
    ranks.write(reading(1, rank=1, gpu=50))
    ranks.look()
    assert gauges(ranks.data.machine) == [(0, "cpu"), (0, "memory"), (1, "gpu1")]


def test_files_are_looked_at_once_a_second_and_the_screen_is_reported_of_news_alone(tmp_path: Path) -> None:
    ranks = Ranks(tmp_path)
    ranks.write(reading(0))
    ranks.look()
    ranks.write(reading(1, cpu=70))
    ranks.follower.poll()
    assert ranks.data.machine is not None
    assert ranks.data.machine.t == T0
    ranks.look()
    assert ranks.data.machine.t == T0 + 1
    revision = ranks.data.revision
    ranks.look()
    assert ranks.data.revision == revision


def test_of_a_long_file_only_the_end_is_read(tmp_path: Path) -> None:
    ranks = Ranks(tmp_path)
    (tmp_path / system_file(0)).write_bytes(b"x" * 5_000_000 + b"\n")
    for second in range(READINGS + 40):
        ranks.write(reading(second, cpu=float(second)))
    assert ranks.look() == 0
    assert ranks.data.machine is not None
    history = ranks.data.machine.gauges[0].history
    assert len(history) == READINGS
    assert history[-1] == pytest.approx((READINGS + 39) / 100)


def test_bad_lines_are_counted_and_the_rest_is_shown(tmp_path: Path) -> None:
    ranks = Ranks(tmp_path)
    append(tmp_path / system_file(0), b"\xff\xfe not json\n")
    ranks.write(reading(0))
    assert ranks.look() == 1
    assert ranks.data.machine is not None


def test_a_directory_that_disappears_leaves_the_last_readings(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    ranks = Ranks(run)
    ranks.write(reading(0))
    ranks.look()
    (run / system_file(0)).unlink()
    run.rmdir()
    assert ranks.look() == 0
    assert ranks.data.machine is not None


def test_after_a_flood_only_the_last_readings_are_read(tmp_path: Path) -> None:
    ranks = Ranks(tmp_path)
    ranks.write(reading(0))
    ranks.look()
    append(tmp_path / system_file(0), b"x" * 3_000_000 + b"\n")
    ranks.write(reading(1, cpu=70))
    ranks.look()
    assert ranks.data.machine is not None
    assert ranks.data.machine.t == T0 + 1
    assert ranks.data.machine.gauges[0].history == (0.7,)


def test_of_a_reading_only_what_a_gauge_shows_is_kept() -> None:
    values: dict[str, Value] = {
        "cpu/percent": 5.0,
        "gpu0/utilization": 7.0,
        "gpu٣/utilization": 1.0,
        "disk/free": 1.0,
        "x": (1.0,),
    }
    assert gauge_values(values) == {"cpu/percent": 5.0, "gpu0/utilization": 7.0}


@pytest.mark.parametrize("number", [1e308, -1e300, math.inf])
def test_a_number_that_is_no_reading_is_a_dash(number: float) -> None:
    values = {"cpu/percent": number, "cpu/memory_used": number, "cpu/memory_total": 1e-300, "gpu0/utilization": number}
    machine = machine_of({0: [SystemRecord(t=T0, step=1, values=values)]})
    assert machine is not None
    assert ["–" in text_of(gauge) for gauge in machine.gauges] == [True] * 3
