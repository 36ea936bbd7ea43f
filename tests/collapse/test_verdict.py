"""A verdict and the one before it: what has changed, since when, for how many checks."""

import pytest

from seqsetvae.collapse.verdict import Condition, Verdict
from seqsetvae.stream.records import Level


def after(before: Verdict | None, step: int, level: Level, condition: Condition) -> Verdict:
    return Verdict.following(before, step=step, level=level, condition=condition, reasons=("KL 0.1 < 0.5 nats",))


FIRST = after(None, 10, Level.YELLOW, Condition.COLLAPSE)


def test_the_first_verdict_begins_with_itself() -> None:
    assert (FIRST.since, FIRST.checks, FIRST.changed) == (10, 1, True)


def test_the_same_level_and_name_go_on() -> None:
    second = after(FIRST, 20, Level.YELLOW, Condition.COLLAPSE)
    assert (second.step, second.since, second.checks, second.changed) == (20, 10, 2, False)
    assert after(second, 30, Level.YELLOW, Condition.COLLAPSE).checks == 3


@pytest.mark.parametrize(
    ("level", "condition"),
    [(Level.ORANGE, Condition.COLLAPSE), (Level.YELLOW, Condition.DIVERGENCE)],
    ids=["another level", "another name"],
)
def test_another_level_or_name_begins_anew(level: Level, condition: Condition) -> None:
    second = after(FIRST, 20, level, condition)
    assert (second.since, second.checks, second.changed) == (20, 1, True)


def test_it_is_the_same_after_it_has_been_written_and_read() -> None:
    second = after(FIRST, 20, Level.YELLOW, Condition.COLLAPSE)
    assert Verdict.from_data(second.to_data()) == second
