"""Another tool's log read again, beside the screen: close-ups, points taken along, other thresholds."""

from pathlib import Path

import numpy as np
import pytest

from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.errors import InputError
from seqsetvae.logs.discovery import find_logs
from seqsetvae.logs.log import Log, LogFormat
from seqsetvae.logs.series_view import Axis, SeriesView
from seqsetvae.stream.records import Level
from tests.logs.event_files import event
from tests.tui.logs import T0, append
from tests.tui.other_logs import Bench, events, example_events, records, write_csv, write_events
from tui.chart.scale import Floats
from tui.close_up import log_points as points_module
from tui.close_up.close_ups import CloseUps, CurveSource
from tui.export.view_export import write_view
from tui.follow import run_follower as follower_module
from tui.store import log_index as index_module
from tui.views.curves import Curves
from tui.views.snapshot import Snapshot
from tui.views.window import ChartState, Window
from tui.what_if.rejudge import Rejudge, Rejudged

STEPS = 5_000
DOTS = 200
TAGS = {"train_loss_step": 1.0}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs of tests are short: where steps stand in them is remembered of shorter pieces."""
    for module in (index_module, follower_module, points_module):
        for name in ("GRAIN", "SLICE"):
            monkeypatch.setattr(module, name, 16 * 1024, raising=False)


class Zoomed:
    """A run on the disk, in a store, and looked at through a window; all steps are read again when that is due."""

    def __init__(self, logdir: Path) -> None:
        self.bench = Bench(logdir)
        self.data = self.bench.read("a")
        self.details = CloseUps(lambda: None, threaded=False)

    def curve(self, axis: Axis = Axis.STEP) -> CurveSource:
        info, coarse = self.bench.store.run("a"), self.data.series("train/loss")
        assert info is not None
        assert coarse is not None
        return CurveSource(
            run="a", data=self.data, log=info.log, metric="train/loss", coarse=coarse, axis=axis, origin=0.0
        )

    def looked(self, low: float, high: float) -> SeriesView:
        self.details.finest(self.curve(), (low, high), DOTS)
        while self.details.work():
            pass
        return self.details.finest(self.curve(), (low, high), DOTS)


def single_steps(view: SeriesView, low: float, high: float) -> list[float]:
    start, end = view.ends(Axis.STEP)
    found: Floats = start[(start >= low) & (end <= high) & (start == end)]
    return [float(step) for step in found]


@pytest.mark.parametrize("parts", [1, 3])
def test_zoomed_in_a_curve_has_every_point_again(tmp_path: Path, parts: int) -> None:
    for part in range(parts):
        first, end = part * STEPS // parts, (part + 1) * STEPS // parts
        write_events(tmp_path / "a", events(first, end, TAGS), stamp=part)
    zoomed = Zoomed(tmp_path)
    assert single_steps(zoomed.curve().coarse, 2_000, 2_050) == []
    assert single_steps(zoomed.looked(2_000, 2_050), 2_000, 2_050) == list(range(2_000, 2_051))


def test_a_close_up_reads_a_part_of_the_log(tmp_path: Path) -> None:
    path = write_events(tmp_path / "a", events(0, STEPS, TAGS))
    zoomed = Zoomed(tmp_path)
    content = path.read_bytes()
    path.write_bytes(bytes(len(content) // 4) + content[len(content) // 4 :])  # what is not read may be anything
    assert single_steps(zoomed.looked(2_000, 2_050), 2_000, 2_050) == list(range(2_000, 2_051))
    (part,) = zoomed.data.ranges(Axis.STEP, 1_975, 2_075)
    assert len(content) // 4 < part.start < part.end < len(content) * 3 // 4


def test_a_table_is_zoomed_into_as_well(tmp_path: Path) -> None:
    write_csv(tmp_path / "a", [f"0,{step},{step / 7}," for step in range(STEPS)])
    view = Zoomed(tmp_path).looked(2_000, 2_050)
    assert single_steps(view, 2_000, 2_050) == list(range(2_000, 2_051))


@pytest.mark.parametrize("parts", [1, 2])
def test_a_close_up_at_the_end_goes_on_with_the_log_and_holds_no_point_twice(tmp_path: Path, parts: int) -> None:
    for part in range(parts - 1):
        write_events(tmp_path / "a", [], stamp=part)
    path = write_events(tmp_path / "a", events(0, STEPS, TAGS), stamp=9)
    zoomed = Zoomed(tmp_path)
    zoomed.looked(4_950, 5_020)
    append(path, records(events(STEPS, STEPS + 10, TAGS)))
    zoomed.bench.later()
    assert single_steps(zoomed.looked(4_950, 5_020), 4_950, 5_020) == list(range(4_950, 5_010))


def test_void_points_are_in_no_close_up(tmp_path: Path) -> None:
    write_events(tmp_path / "a", events(0, STEPS, TAGS))
    later = T0 + 10_000
    write_events(tmp_path / "a", [event(later, 4_000, session=1), *events(4_000, 4_010, TAGS, t=later)], stamp=2)
    view = Zoomed(tmp_path).looked(3_990, 4_030)
    assert single_steps(view, 3_990, 4_030) == list(range(3_990, 4_010))


def test_a_log_that_is_gone_keeps_its_buckets(tmp_path: Path) -> None:
    path = write_events(tmp_path / "a", events(0, STEPS, TAGS))
    zoomed = Zoomed(tmp_path)
    path.unlink()
    assert zoomed.looked(2_000, 2_050) is zoomed.curve().coarse


@pytest.mark.parametrize(("axis", "finer"), [(Axis.STEP, True), (Axis.WALL, False), (Axis.RELATIVE, False)])
def test_along_times_that_a_table_does_not_have_its_buckets_stay(tmp_path: Path, axis: Axis, finer: bool) -> None:
    write_csv(tmp_path / "a", [f"0,{step},{step / 7}," for step in range(STEPS)])
    zoomed = Zoomed(tmp_path)
    curves = Curves(zoomed.bench.store, zoomed.details)
    low, high = np.sort(zoomed.curve().coarse.ends(axis)[0])[[800, 850]]
    snapshot = Snapshot(info=zoomed.bench.store.run("a"), data=zoomed.data, now=T0)
    state = ChartState(metric="train/loss", axis=axis, window=Window(low=float(low), high=float(high)))
    curves.content(state, snapshot, (), DOTS)
    assert zoomed.details.work() is finer


def log_in(directory: Path) -> Log:
    (log,) = find_logs(directory)
    return log


def test_the_points_of_the_window_are_taken_along(tmp_path: Path) -> None:
    write_events(tmp_path / "a", events(0, 50, TAGS))
    later = T0 + 100
    write_events(tmp_path / "a", [event(later, 40, session=1), *events(40, 42, TAGS, t=later)], stamp=2)
    target = tmp_path / "points.csv"
    state = ChartState(metric="train/loss", axis=Axis.STEP, window=Window(low=38, high=45))
    assert write_view(log_in(tmp_path / "a"), state, 0.0, target) == 4
    assert target.read_text() == (
        "step,epoch,t,train/loss\n"
        f"38,,{T0 + 38},39.0\n39,,{T0 + 39},40.0\n40,,{later + 40},41.0\n41,,{later + 41},42.0\n"
    )


def test_points_of_a_log_that_is_gone_are_refused_and_leave_no_file(tmp_path: Path) -> None:
    log = Log(format=LogFormat.TENSORBOARD, path=tmp_path / "gone", directory=tmp_path / "gone", name="gone")
    with pytest.raises(InputError, match="gone is not there"):
        write_view(log, ChartState(metric="train/loss"), 0.0, tmp_path / "points.csv")
    assert list(tmp_path.iterdir()) == []


def judged(judge: Rejudge) -> Rejudged:
    while judge.read_on():
        pass
    return judge.found


def test_judged_by_its_own_thresholds_a_log_is_what_the_viewer_says_of_it(tmp_path: Path) -> None:
    write_events(tmp_path / "a", example_events("collapsing"))
    events = Bench(tmp_path).read("a").events()
    found = judged(Rejudge(log_in(tmp_path / "a"), Thresholds()))
    said: dict[Level, int] = {}
    for each in events:
        if each.level.severity:
            said.setdefault(each.level, each.step)
    assert {level: turn.step for level, turn in found.history.first.items()} == said
    assert found.progress == 1


def test_other_thresholds_say_something_else_and_keep_up_with_the_log(tmp_path: Path) -> None:
    content = example_events("collapsing")
    half = len(content) // 2
    path = write_events(tmp_path / "a", content[:half])
    judge = Rejudge(log_in(tmp_path / "a"), Thresholds(kl_threshold=100.0))
    early = judged(judge)
    assert early.history.first[Level.YELLOW].step < 6_200
    append(path, records(content[half:]))
    late = judged(judge)
    assert late.history.checks == 2 * early.history.checks
    assert late.history.first[Level.YELLOW] == early.history.first[Level.YELLOW]


def test_checks_that_a_session_superseded_are_not_judged(tmp_path: Path) -> None:
    tags = {"posterior/kl": 5.0}
    write_events(tmp_path / "a", events(0, 50, tags))
    judge = Rejudge(log_in(tmp_path / "a"), Thresholds())
    assert judged(judge).history.checks == 50
    later = T0 + 100
    write_events(tmp_path / "b", [*events(0, 50, tags), event(later, 20, session=1), *events(20, 25, tags, t=later)])
    assert judged(Rejudge(log_in(tmp_path / "b"), Thresholds())).history.checks == 25


def test_a_log_that_is_replaced_is_judged_again(tmp_path: Path) -> None:
    write_csv(tmp_path / "a", [f"0,{step},5.0" for step in range(30)], header="epoch,step,posterior/kl")
    judge = Rejudge(log_in(tmp_path / "a"), Thresholds())
    assert judged(judge).history.checks == 30
    write_csv(tmp_path / "a", [f"0,{step},5.0,1" for step in range(12)], header="epoch,step,posterior/kl,loss")
    assert judged(judge).history.checks == 12
