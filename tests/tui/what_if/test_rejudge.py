"""A log judged again: a slice at a time, as it grows, and up to a moment."""

from pathlib import Path
from typing import Any

import pytest

import tui.what_if.rejudge
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.stream.codec import encode_event
from seqsetvae.stream.records import EventRecord, Level
from tests.logs.reading import our_log
from tests.tui.every_kind import STEPS, Writer, every_kind, log_of
from tests.tui.what_if.test_overrides import COLLAPSING, config
from tui.what_if.overrides import judge_again
from tui.what_if.rejudge import Rejudge, Rejudged

STRICT: dict[str, Any] = {"kl_threshold": 4.0, "var_threshold": 0.5}


def rejudge(run: Path, **settings: Any) -> Rejudge:
    return Rejudge(our_log(run), Thresholds.of({**config(), **settings}))


def to_its_end(judge: Rejudge) -> Rejudged:
    while judge.read_on():
        pass
    return judge.found


def facts(found: Rejudged) -> tuple[object, ...]:
    return found.history.state_dict(), found.history.level_changes, found.progress, found.problem


@pytest.mark.parametrize("settings", [{}, STRICT, {"min_checks": 1_000}], ids=["own", "strict", "never"])
def test_it_finds_what_a_report_finds(settings: dict[str, Any]) -> None:
    found = to_its_end(rejudge(COLLAPSING, **settings))
    assert found.progress == 1.0
    assert found.history.state_dict() == judge_again(our_log(COLLAPSING), config(), settings).history.state_dict()


def test_parts_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = to_its_end(rejudge(COLLAPSING))
    monkeypatch.setattr(tui.what_if.rejudge, "SLICE", 3_000)
    judge, shares = rejudge(COLLAPSING), []
    while judge.read_on():
        shares.append(judge.found.progress)
    assert facts(judge.found) == facts(whole)
    assert len(shares) > 10
    assert shares == sorted(shares)


def test_a_log_that_grows_is_judged_from_where_it_was_left(tmp_path: Path) -> None:
    lines = (COLLAPSING / "metrics.jsonl").read_bytes().splitlines(keepends=True)
    log = tmp_path / "metrics.jsonl"
    log.write_bytes(b"".join(lines[:150]))
    judge = rejudge(tmp_path)
    before = to_its_end(judge)
    assert Level.RED not in before.history.first
    log.write_bytes(b"".join(lines))
    after = to_its_end(judge)
    assert facts(after) == facts(to_its_end(rejudge(tmp_path)))
    changes = before.history.level_changes
    assert after.history.level_changes[: len(changes)] == changes


def test_a_moment_knows_nothing_of_what_came_later() -> None:
    found = to_its_end(rejudge(COLLAPSING)).history
    red = found.first[Level.RED].step
    assert found.level_at(red - 1) is Level.ORANGE
    assert Level.RED not in found.first_until(red - 1)
    assert Level.RED in found.first_until(red)
    assert (found.level_at(None), found.first_until(None), found.level_at(0)) == (None, {}, None)


def test_a_resumption_takes_back_what_was_judged(tmp_path: Path) -> None:
    log = tmp_path / "metrics.jsonl"
    log.write_bytes((COLLAPSING / "metrics.jsonl").read_bytes())
    judge = rejudge(tmp_path)
    assert Level.RED in to_its_end(judge).history.first
    data = {"step": 3_000, "metrics_bytes": log.stat().st_size}
    resumed = EventRecord(t=2e9, step=3_000, level=Level.INFO, kind="resumed", data=data)
    (tmp_path / "events.jsonl").write_bytes(encode_event(resumed))
    history = to_its_end(judge).history
    assert history.first == {}
    assert 0 < history.checks < to_its_end(rejudge(COLLAPSING)).history.checks


def test_lines_that_do_not_parse_are_passed_over(tmp_path: Path) -> None:
    good = (COLLAPSING / "metrics.jsonl").read_bytes()
    (tmp_path / "metrics.jsonl").write_bytes(b'{"posterior/kl\n\xff"posterior/\n' + good + b'{"posterior/')
    (tmp_path / "events.jsonl").write_bytes(b"no event\n")
    assert facts(to_its_end(rejudge(tmp_path))) == facts(to_its_end(rejudge(COLLAPSING)))


def test_a_log_that_is_not_there_has_no_checks_and_one_out_of_reach_says_why(tmp_path: Path) -> None:
    assert facts(to_its_end(rejudge(tmp_path))) == facts(Rejudged(progress=1.0))
    (tmp_path / "metrics.jsonl").mkdir()
    assert "metrics.jsonl" in (to_its_end(rejudge(tmp_path)).problem or "")


def test_changes_of_level_stay_bounded_and_keep_the_gravest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tui.what_if.rejudge, "MOST_CHANGES", 8)
    line = b'{"t":%d,"step":%d,"posterior/kl":%s,"posterior/variance":0.5}\n'
    (tmp_path / "metrics.jsonl").write_bytes(
        b"".join(line % (step, step, b"0.001" if step % 3 == 0 else b"5") for step in range(200))
    )
    found = to_its_end(rejudge(tmp_path, detector="original")).history
    assert found.checks == 200
    assert 1 < len(found.level_changes) <= 8
    assert found.first[Level.YELLOW].step == 0
    assert Level.YELLOW in {change.level for change in found.level_changes}


@every_kind
def test_the_checks_of_every_kind_of_log_are_judged(tmp_path: Path, write: Writer) -> None:
    log = log_of(write, tmp_path)
    found = to_its_end(Rejudge(log, Thresholds(kl_threshold=9.0)))
    assert (found.history.checks, found.progress) == (STEPS, 1.0)
    assert (
        found.history.first[Level.YELLOW].step
        < 200
        <= to_its_end(Rejudge(log, Thresholds())).history.first[Level.RED].step
    )
    assert judge_again(log, {}, {"kl_threshold": 9.0}).history.state_dict() == found.history.state_dict()
