"""Turns: who is drawn at which look."""

from tui.turns import Turns


def looks_drawn(turns: Turns, every: int, shown: list[int]) -> list[int]:
    """The looks at which a pane is drawn, when it would show these things one look after another."""
    drawn = []
    for look, thing in enumerate(shown):
        turns.next_look(everyone=False)
        if turns.take("pane", every, thing):
            drawn.append(look)
    return drawn


def test_what_changes_all_the_time_is_drawn_at_its_pace() -> None:
    assert looks_drawn(Turns(), 3, list(range(8))) == [0, 3, 6]


def test_what_stays_the_same_is_drawn_once() -> None:
    assert looks_drawn(Turns(), 3, [7] * 8) == [0]


def test_a_rare_change_is_drawn_at_once() -> None:
    assert looks_drawn(Turns(), 3, [7, 7, 7, 7, 8, 8, 8, 8]) == [0, 4]


def test_a_change_that_came_too_early_is_not_lost() -> None:
    turns = Turns()
    assert looks_drawn(turns, 3, [7, 8, 8]) == [0]
    assert turns.behind
    assert looks_drawn(turns, 3, [8]) == [0]
    assert not turns.behind


def test_everyone_may_be_given_a_turn() -> None:
    turns = Turns()
    assert looks_drawn(turns, 10, [7]) == [0]
    turns.next_look(everyone=True)
    assert turns.take("pane", 10, 8)


def test_what_the_user_asks_for_does_not_wait() -> None:
    turns = Turns()
    turns.next_look(everyone=False)
    assert turns.take("chart", 10, 1, "loss")
    turns.next_look(everyone=False)
    assert not turns.take("chart", 10, 2, "loss")
    assert turns.take("chart", 10, 2, "kl")


def test_panes_do_not_take_each_others_turns() -> None:
    turns = Turns()
    turns.next_look(everyone=False)
    assert turns.take("chart", 10, 1)
    turns.next_look(everyone=False)
    assert turns.take("header", 1, 1)
    assert not turns.take("chart", 10, 2)
