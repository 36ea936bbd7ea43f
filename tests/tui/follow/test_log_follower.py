import threading
from pathlib import Path

import numpy as np
import pytest

from seqsetvae.stream.codec import encode_event, encode_manifest
from seqsetvae.stream.records import EventRecord, Level, RunState
from tests.tui.logs import T0, append, lines, manifest, story, write_run
from tui.follow import run_follower as follower_module
from tui.follow.log_follower import Reader
from tui.store.store import Store


class Clock:
    """A monotonic clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A reader without a thread, stepped by hand."""

    def __init__(self, logdir: Path, only: tuple[str, ...] = ()) -> None:
        self.clock = Clock()
        self.store = Store(logdir=logdir)
        self.reader = Reader(self.store, only, notify=False, clock=self.clock)
        self.reader.discover()

    def read(self, name: str) -> None:
        self.reader.read_all(name)

    def later(self, seconds: float = 2.0) -> None:
        self.clock.now += seconds
        while self.reader.step():
            pass


def steps(bench: Bench, run: str, metric: str = "train/loss") -> list[float]:
    view = bench.store.data(run).series(metric)
    return view.steps.tolist() if view is not None else []


def test_a_run_is_read_from_its_beginning_and_followed(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=30)
    bench = Bench(tmp_path)
    bench.read("a")
    assert steps(bench, "a") == list(range(30))
    append(run / "metrics.jsonl", lines(30, 40))
    bench.later()
    assert steps(bench, "a") == list(range(40))
    assert bench.store.data("a").facts.lines == 40
    assert bench.store.data("a").head.epoch == pytest.approx(39 / 500)
    assert [event.kind for event in bench.store.data("a").events()] == ["started"]


def test_a_torn_last_line_waits_for_its_end(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=3)
    whole = lines(3, 4)
    append(run / "metrics.jsonl", whole[:20])
    bench = Bench(tmp_path)
    bench.read("a")
    facts = bench.store.data("a").facts
    assert (len(steps(bench, "a")), facts.pending, facts.bad_lines) == (3, 20, 0)
    append(run / "metrics.jsonl", whole[20:])
    bench.later()
    assert len(steps(bench, "a")) == 4


@pytest.mark.parametrize("cut", range(0, 400, 23))
def test_any_byte_split_gives_the_same_series(tmp_path: Path, cut: int) -> None:
    run = write_run(tmp_path / "a", steps=0)
    data = lines(0, 4)
    bench = Bench(tmp_path)
    bench.read("a")
    for part in (data[:cut], data[cut:]):
        append(run / "metrics.jsonl", part)
        bench.later()
    assert steps(bench, "a") == [0, 1, 2, 3]


def test_garbage_is_counted_and_passed_over(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=2)
    append(run / "metrics.jsonl", b"\x00\xff\x1b[2J\n{}\n[]\n" + lines(2, 3))
    append(run / "events.jsonl", b"not an event\n")
    bench = Bench(tmp_path)
    bench.read("a")
    assert len(steps(bench, "a")) == 3
    assert bench.store.data("a").facts.bad_lines == 4


def test_a_file_that_was_cut_is_read_anew(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=30)
    bench = Bench(tmp_path)
    bench.read("a")
    (run / "metrics.jsonl").write_bytes(lines(0, 5))
    bench.later()
    bench.later()
    assert steps(bench, "a") == list(range(5))
    assert bench.store.data("a").facts.resets == 1


def test_a_resumption_seen_live_takes_back_what_it_made_void(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=30)
    bench = Bench(tmp_path)
    bench.read("a")
    resumed = EventRecord(t=T0 + 100, step=10, level=Level.INFO, kind="resumed", data={"step": 10})
    append(run / "events.jsonl", encode_event(resumed))
    bench.later()
    assert steps(bench, "a") == list(range(11))
    assert bench.store.data("a").facts.superseded == 19


def test_steps_that_go_back_without_a_resumption_are_kept(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=10)
    append(run / "metrics.jsonl", lines(2, 5))
    bench = Bench(tmp_path)
    bench.read("a")
    assert steps(bench, "a") == [*range(10), 2, 3, 4]


def test_a_log_without_metrics_yet_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "run.json").write_bytes(encode_manifest(manifest("a")))
    bench = Bench(tmp_path)
    bench.read("a")
    assert bench.store.data("a").facts.missing
    assert bench.store.data("a").names() == ()


def test_new_runs_appear_and_manifests_are_followed(tmp_path: Path) -> None:
    write_run(tmp_path / "a")
    bench = Bench(tmp_path)
    assert [run.name for run in bench.store.runs()] == ["a"]
    write_run(tmp_path / "deep" / "b", state=RunState.FINISHED)
    bench.later()
    found = {run.name: run for run in bench.store.runs()}
    assert set(found) == {"a", "deep/b"}
    finished = found["deep/b"].manifest
    assert finished is not None
    assert finished.state is RunState.FINISHED
    assert found["a"].last_step == 49


def test_a_broken_manifest_is_a_sentence_and_the_run_is_shown(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a")
    (run / "run.json").write_bytes(b"{broken")
    bench = Bench(tmp_path)
    (info,) = bench.store.runs()
    assert info.manifest is None
    assert "is not a manifest" in str(info.manifest_problem)


def test_a_log_directory_that_disappears_is_reported_and_its_return_noticed(tmp_path: Path) -> None:
    logdir = tmp_path / "logs"
    write_run(logdir / "a")
    bench = Bench(logdir)
    logdir.rename(tmp_path / "elsewhere")
    bench.later()
    assert "is gone" in str(bench.store.problem)
    (tmp_path / "elsewhere").rename(logdir)
    bench.later()
    assert bench.store.problem is None
    assert [run.name for run in bench.store.runs()] == ["a"]


def test_only_the_wanted_runs_are_shown(tmp_path: Path) -> None:
    write_run(tmp_path / "a")
    write_run(tmp_path / "b")
    assert [run.name for run in Bench(tmp_path, ("b",)).store.runs()] == ["b"]


def test_the_end_of_a_long_log_is_shown_before_its_past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path / "a", steps=2_000)
    monkeypatch.setattr(follower_module, "_PREVIEW", 8_000)
    monkeypatch.setattr(follower_module, "SLICE", 16_000)
    bench = Bench(tmp_path)
    bench.reader.select("a")
    assert bench.reader.step()
    early = steps(bench, "a")
    assert early[0] == 0
    assert early[-1] == 1_999
    assert len(early) < 500
    assert bench.store.data("a").facts.progress < 0.2
    bench.later()
    assert steps(bench, "a") == list(range(2_000))
    assert bench.store.data("a").facts.progress == 1.0


def test_many_runs_looked_at_in_turn_do_not_pile_up(tmp_path: Path) -> None:
    names = [f"run-{place}" for place in range(7)]
    for name in names:
        write_run(tmp_path / name, steps=5)
    bench = Bench(tmp_path)
    for name in names:
        bench.read(name)
    kept = [name for name in names if bench.store.data(name).names()]
    assert kept == names[-4:]


@pytest.mark.parametrize("notify", [True, False])
def test_the_thread_follows_a_file_and_leaves_nothing_behind(tmp_path: Path, *, notify: bool) -> None:
    run = write_run(tmp_path / "a", steps=5)
    store = Store(logdir=tmp_path)
    reader = Reader(store, notify=notify, poll_seconds=0.02)
    before = set(threading.enumerate())
    reader.select("a")
    reader.start()
    append(run / "metrics.jsonl", lines(5, 9))
    seen = threading.Event()
    for _ in range(500):
        if store.data("a").facts.lines == 9 or seen.wait(0.01):
            break
    reader.stop()
    assert store.data("a").facts.lines == 9
    assert store.watching == ("inotify + poll" if notify else "polling")
    assert set(threading.enumerate()) <= before


def test_the_newest_values_are_those_of_the_last_line(tmp_path: Path) -> None:
    write_run(tmp_path / "a", steps=21)
    bench = Bench(tmp_path)
    bench.read("a")
    data = bench.store.data("a")
    (loss, _), (unknown, revision) = data.latest(("train/loss", "nothing"))
    assert loss == pytest.approx(1 + 2 * np.exp(-0.1))
    assert np.isnan(unknown)
    assert revision == -1
    view = data.vector("posterior/kl_per_dim")
    assert view is not None
    assert view.rows.shape == (3, 16)


def test_what_follows_a_line_that_is_too_long_is_read_at_once(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=5)
    append(run / "metrics.jsonl", b"x" * (5 << 20) + b"\n" + lines(5, 9))
    append(run / "events.jsonl", b"x" * (5 << 20) + b"\n" + encode_event(story()[1]))
    bench = Bench(tmp_path)
    bench.read("a")
    data = bench.store.data("a")
    assert steps(bench, "a") == list(range(9))
    assert [event.kind for event in data.events()] == ["started", "collapse"]
    assert data.facts.bad_lines == 2


def test_events_that_cannot_be_read_are_reported(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=5)
    (run / "events.jsonl").unlink()
    (run / "events.jsonl").mkdir()
    bench = Bench(tmp_path)
    bench.read("a")
    assert f"cannot read {run / 'events.jsonl'}: Is a directory" in str(bench.store.data("a").facts.problem)
    assert steps(bench, "a") == list(range(5))


def test_runs_beside_the_selected_one_are_kept_up_to_date_with_it(tmp_path: Path) -> None:
    for name in "abcdefg":
        write_run(tmp_path / name, steps=5)
    store = Store(logdir=tmp_path)
    reader = Reader(store, notify=False)
    reader.follow(("a", "b", "c"))
    for name in "defg":
        reader.read_all(name)
    for name in "abcg":
        append(tmp_path / name / "metrics.jsonl", lines(5, 6))
    reader.read_all("g")
    assert [store.data(name).head.step for name in "abcg"] == [5, 5, 5, 5]
    assert store.data("d").head.step is None
