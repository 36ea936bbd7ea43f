"""Another tool's log in the store: every point under this package's name, as it grows, whatever happens to the file."""

from pathlib import Path

import numpy as np
import pytest

from seqsetvae.logs.series_view import Axis
from seqsetvae.stream.records import Level
from tests.logs.event_files import event, image, record, simple
from tests.tui.logs import T0, append
from tests.tui.other_logs import Bench, events, example_events, records, steps, write_csv, write_events
from tui.follow import run_follower as follower_module
from tui.follow.judge import NOTE
from tui.views.data_facts import data_facts
from tui.views.listed_metrics import first_choice, ordered
from tui.views.metric_values import metrics_of, run_limits


def shown(bench: Bench, run: str = "a") -> str:
    return " · ".join(text for text, _ in data_facts(bench.store.data(run).facts))


def alarming(bench: Bench, run: str = "a") -> list[str]:
    return [text for text, wrong in data_facts(bench.store.data(run).facts) if wrong]


def test_points_stand_under_our_names_with_their_steps_times_and_values(tmp_path: Path) -> None:
    write_events(tmp_path / "a", events(0, 30))
    bench = Bench(tmp_path)
    data = bench.read("a")
    assert data.names() == ("train/kl", "train/loss", "val/auroc")
    view = data.series("train/kl")
    assert view is not None
    assert view.steps.tolist() == list(range(30))
    assert view.final.tolist() == [2.0 + step for step in range(30)]
    assert view.times.tolist() == [T0 + step for step in range(30)]
    assert (data.head.step, data.head.t, data.head.typical_gap) == (29, T0 + 29, 1.0)
    assert shown(bench) == "TensorBoard, 90 points · 0 bad"


def test_the_chart_opens_on_the_loss(tmp_path: Path) -> None:
    write_events(tmp_path / "a", events(0, 30))
    data = Bench(tmp_path).read("a")
    assert first_choice(ordered(data.names())) == "train/loss"


def test_a_table_has_epochs_and_leaves_no_points_where_cells_are_empty(tmp_path: Path) -> None:
    write_csv(tmp_path / "a", ["0,0,1.5,", "0,10,1.25,", "1,10,,0.5", "1,20,1.0,"])
    bench = Bench(tmp_path)
    data = bench.read("a")
    assert steps(data) == [0, 10, 20]
    assert steps(data, "val/auroc") == [10]
    view = data.series("train/loss")
    assert view is not None
    assert view.points(Axis.EPOCH).end.tolist() == [0, 0, 1]
    assert shown(bench) == "Lightning's metrics.csv, 4 points · 0 bad"


def test_what_a_writer_appends_follows_and_half_a_record_waits(tmp_path: Path) -> None:
    path = write_events(tmp_path / "a", events(0, 30))
    bench = Bench(tmp_path)
    bench.read("a")
    more = records(events(30, 40))
    append(path, more[:-20])
    bench.later()
    assert steps(bench.store.data("a"), "val/auroc")[-1] == 38
    assert bench.store.data("a").facts.pending == len(records(events(39, 40)[-1:])) - 20
    assert "bytes unfinished" in shown(bench)
    append(path, more[-20:])
    bench.later()
    assert steps(bench.store.data("a"), "val/auroc") == list(range(40))
    assert shown(bench) == "TensorBoard, 120 points · 0 bad"


def test_rows_that_a_logger_appends_follow(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a", ["0,0,1.5,"])
    bench = Bench(tmp_path)
    bench.read("a")
    append(path, b"0,1,1.25,\n0,2,1.0,\n0,3,0.9")
    bench.later()
    assert steps(bench.store.data("a")) == [0, 1, 2]


def test_a_table_that_is_written_anew_with_another_column_is_read_anew(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a", ["0,0,1.5,", "0,1,1.25,"])
    bench = Bench(tmp_path)
    bench.read("a")
    path.write_text("epoch,step,train_loss_step,val_auc,lr-AdamW\n0,0,1.5,,\n0,1,1.25,,0.001\n0,2,1.0,,0.001\n")
    bench.later()
    bench.later()
    data = bench.store.data("a")
    assert (steps(data), steps(data, "lr/AdamW")) == ([0, 1, 2], [1, 2])
    assert data.facts.resets == 1


def test_a_later_event_file_joins(tmp_path: Path) -> None:
    write_events(tmp_path / "a", events(0, 30))
    bench = Bench(tmp_path)
    bench.read("a")
    write_events(tmp_path / "a", events(30, 60), stamp=2)
    bench.later()
    assert steps(bench.store.data("a")) == list(range(60))


def test_a_session_that_begins_at_a_step_makes_void_what_was_beyond(tmp_path: Path) -> None:
    write_events(tmp_path / "a", events(0, 50))
    bench = Bench(tmp_path)
    assert len(steps(bench.read("a"))) == 50
    later = T0 + 1_000
    write_events(tmp_path / "a", [event(later, 20, session=1), *events(20, 30, t=later)], stamp=2)
    bench.later()
    data = bench.store.data("a")
    assert steps(data) == list(range(30))
    assert data.series("train/loss").times[20:].min() > later  # type: ignore[union-attr]
    assert [(happened.kind, happened.data["step"]) for happened in data.events()] == [("resumed", 19)]
    assert "90 superseded" in shown(bench)
    assert alarming(bench) == []


def test_a_file_that_is_replaced_is_read_anew_and_reported(tmp_path: Path) -> None:
    path = write_events(tmp_path / "a", events(0, 50))
    bench = Bench(tmp_path)
    bench.read("a")
    other = write_events(tmp_path / "b", events(0, 10))
    other.replace(path)
    bench.later()
    bench.later()
    assert steps(bench.store.data("a")) == list(range(10))
    assert alarming(bench) == ["file replaced 1×"]


def test_damage_is_counted_by_kind_and_the_rest_is_shown(tmp_path: Path) -> None:
    content = events(0, 50)
    broken = bytearray(record(content[60]))
    broken[20] ^= 0xFF
    path = write_events(tmp_path / "a", content[:60])
    append(path, bytes(broken) + records(content[61:90]) + b"\x00garbage" * 9 + records(content[90:]))
    bench = Bench(tmp_path)
    data = bench.read("a")
    assert data.facts.lines == len(content) - 1
    assert alarming(bench) == ["records whose checksum is wrong: 1", "runs of broken bytes: 1"]


def test_a_table_of_words_says_so(tmp_path: Path) -> None:
    write_csv(tmp_path / "a", ["0,0,1.5,", "0,1,oops,", "0,2,1.0,,,,", "0,3,0.9,"])
    bench = Bench(tmp_path)
    assert steps(bench.read("a")) == [0, 3]
    assert alarming(bench) == ["non-numeric cells: 1", "rows that do not fit the header: 1"]


@pytest.mark.parametrize("content", [b"", b"\x00" * 5_000, bytes(range(256)) * 20, b"step,loss\n1,2\n" * 50])
def test_a_file_of_anything_is_a_run_without_curves(tmp_path: Path, content: bytes) -> None:
    path = write_events(tmp_path / "a", [])
    path.write_bytes(content)
    bench = Bench(tmp_path)
    assert bench.read("a").names() == ()


def test_a_table_without_steps_says_so(tmp_path: Path) -> None:
    write_csv(tmp_path / "a", ["0,1.5"], header="epoch,loss")
    bench = Bench(tmp_path)
    bench.read("a")
    assert alarming(bench) == ["headers without a column step: 1"]


def test_what_is_no_curve_is_reported_and_is_not_wrong(tmp_path: Path) -> None:
    write_events(tmp_path / "a", [*events(0, 3), event(T0, 3, [image("samples")])])
    bench = Bench(tmp_path)
    bench.read("a")
    assert "values that are no scalars: 1" in shown(bench)
    assert alarming(bench) == []


def test_a_log_that_is_taken_away_says_so(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a", ["0,0,1.5,"])
    bench = Bench(tmp_path)
    bench.read("a")
    path.unlink()
    bench.later()
    assert "no log any more" in shown(bench)


def test_values_that_are_no_numbers_are_kept(tmp_path: Path) -> None:
    odd = [event(T0 + step, step, [simple("loss", value)]) for step, value in enumerate((1.0, np.nan, np.inf, 2.0))]
    write_events(tmp_path / "a", odd)
    view = Bench(tmp_path).read("a").series("train/loss")
    assert view is not None
    assert (view.count, view.nonfinite) == (2, 2)


def test_the_newest_points_of_a_long_log_come_before_its_past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower_module, "_PREVIEW", 4 * 1024)
    monkeypatch.setattr(follower_module, "SLICE", 4 * 1024)
    write_events(tmp_path / "a", events(0, 500))
    bench = Bench(tmp_path)
    bench.reader.select("a")
    assert bench.reader.step()
    shown = steps(bench.store.data("a"))
    assert (shown[0], shown[-1], len(shown) < 500) == (0, 499, True)
    assert bench.store.data("a").facts.progress < 1
    data = bench.read("a")
    assert steps(data) == list(range(500))
    assert data.facts.progress == 1


def test_a_collapse_is_reported_step_by_step(tmp_path: Path) -> None:
    write_events(tmp_path / "a", example_events("collapsing"))
    events = Bench(tmp_path).read("a").events()
    assert [(event.level, event.step) for event in events] == [
        (Level.INFO, 200),
        (Level.GREEN, 200),
        (Level.GREEN, 800),
        (Level.YELLOW, 4_000),
        (Level.YELLOW, 6_400),
        (Level.ORANGE, 6_600),
        (Level.RED, 7_400),
    ]
    assert events[0].message == NOTE
    assert events[-1].data["judge"] == "seqsetvae-watch"
    assert events[-1].data["advice"]


def test_a_healthy_log_stays_green(tmp_path: Path) -> None:
    write_events(tmp_path / "a", example_events("healthy"))
    levels = {event.level for event in Bench(tmp_path).read("a").events()}
    assert levels == {Level.INFO, Level.GREEN}


def test_a_growing_log_is_judged_as_one_that_is_read_at_once(tmp_path: Path) -> None:
    content = example_events("collapsing")
    path = write_events(tmp_path / "a", content[:1_000])
    bench = Bench(tmp_path)
    bench.reader.select("a")
    for first in range(1_000, len(content), 333):
        append(path, records(content[first : first + 333]))
        bench.later(0.1)
    bench.later()
    write_events(tmp_path / "b", content)
    other = Bench(tmp_path)
    assert bench.store.data("a").events() == other.read("b").events()


def test_the_newest_check_is_judged_once_no_more_of_it_is_to_be_expected(tmp_path: Path) -> None:
    low = {"posterior/kl": 5.0, "posterior/active_units": 0.5, "posterior/mutual_information": float("nan")}
    path = write_events(tmp_path / "a", events(0, 1, {"posterior/kl": 5.0}))
    bench = Bench(tmp_path)
    bench.reader.select("a")
    bench.later(0.1)
    append(path, records(events(1, 2, low)))
    bench.later(0.1)
    levels = [event.level for event in bench.store.data("a").events()]
    assert Level.RED not in levels
    bench.later(2)
    assert bench.store.data("a").events()[-1].data["condition"] == "divergence"


def test_the_list_of_runs_has_the_level(tmp_path: Path) -> None:
    write_events(tmp_path / "a", example_events("collapsing"))
    bench = Bench(tmp_path)
    bench.read("a")
    bench.later(10)
    assert [run.level for run in bench.store.runs()] == [Level.RED]


def test_a_log_without_a_kl_of_the_posterior_is_not_judged(tmp_path: Path) -> None:
    write_events(tmp_path / "a", events(0, 50, {"train_kl": 0.0, "train_variance": 1.0}))
    data = Bench(tmp_path).read("a")
    assert data.events() == ()
    limits = run_limits(None, data)
    assert [metric.limit is not None for metric in metrics_of(data, limits)] == [True, False]
