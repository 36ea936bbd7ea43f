"""Turns: which pane is drawn at which sample."""

from tui.turns import Turns


def samples_drawn(turns: Turns, every: int, shown: list[int]) -> list[int]:
    """The samples at which a pane is drawn that would show these things one after another."""
    drawn = []
    for sample, thing in enumerate(shown):
        turns.begin(everyone=False)
        if turns.is_due("pane", every, thing):
            drawn.append(sample)
    return drawn


def test_what_changes_all_the_time_is_drawn_at_its_pace() -> None:
    assert samples_drawn(Turns(), 3, list(range(8))) == [0, 3, 6]


def test_what_stays_the_same_is_drawn_once() -> None:
    assert samples_drawn(Turns(), 3, [7] * 8) == [0]


def test_a_rare_change_is_drawn_at_once() -> None:
    assert samples_drawn(Turns(), 3, [7, 7, 7, 7, 8, 8, 8, 8]) == [0, 4]


def test_a_change_that_came_too_early_is_not_lost() -> None:
    turns = Turns()
    assert samples_drawn(turns, 3, [7, 8, 8]) == [0]
    assert turns.behind
    assert samples_drawn(turns, 3, [8]) == [0]
    assert not turns.behind


def test_everyone_may_be_given_a_turn() -> None:
    turns = Turns()
    assert samples_drawn(turns, 10, [7]) == [0]
    turns.begin(everyone=True)
    assert turns.is_due("pane", 10, 8)


def test_what_the_user_asks_for_does_not_wait() -> None:
    turns = Turns()
    turns.begin(everyone=False)
    assert turns.is_due("chart", 10, 1, "loss")
    turns.begin(everyone=False)
    assert not turns.is_due("chart", 10, 2, "loss")
    assert turns.is_due("chart", 10, 2, "kl")


def test_panes_do_not_take_each_others_turns() -> None:
    turns = Turns()
    turns.begin(everyone=False)
    assert turns.is_due("chart", 10, 1)
    turns.begin(everyone=False)
    assert turns.is_due("header", 1, 1)
    assert not turns.is_due("chart", 10, 2)
