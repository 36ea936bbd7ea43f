"""Colours of runs beside each other: by name, never shared."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from tui.chart.raster import CURVE_ROLES, CURVE_SIGNS
from tui.terminal.plain_text import to_ascii
from tui.views.overlay import KINDS, kinds_of


def test_every_kind_has_a_colour_and_a_sign_of_its_own() -> None:
    assert len(set(CURVE_ROLES)) == len(set(CURVE_SIGNS)) == KINDS


def test_a_run_looks_the_same_alone_and_in_any_company_unless_two_want_the_same() -> None:
    names = ("p12-beta05", "p12-latent256", "third")
    alone = {name: kinds_of((name,))[name] for name in names}
    assert len(set(alone.values())) == 3
    for order in permutations(names):
        assert kinds_of(order) == alone


@given(st.lists(st.text(), unique=True, max_size=KINDS))
def test_no_two_runs_share_a_kind_and_who_came_first_keeps_it(names: list[str]) -> None:
    kinds = kinds_of(names)
    assert sorted(kinds) == sorted(names)
    assert len(set(kinds.values())) == len(names)
    assert all(kinds_of(names[:-1])[name] == kinds[name] for name in names[:-1])


def test_signs_stay_apart_without_unicode() -> None:
    assert len({to_ascii(sign) for sign in CURVE_SIGNS}) == KINDS
