"""Keys and their owners: every key leads to something that carries it out."""

import pytest
from textual.actions import parse

from tests.tui.logs import ScriptedSource
from tests.tui.test_app import app_of
from tui.app import MonitorApp
from tui.bindings import KEYS, OWNERS, key_groups


@pytest.mark.parametrize("owner", OWNERS)
def test_an_owner_carries_out_its_keys(owner: str) -> None:
    actions = {parse(binding.action)[1] for binding in OWNERS[owner].KEYS}
    assert {action for action in actions if not hasattr(OWNERS[owner], f"action_{action}")} == set()


def test_every_key_of_an_owner_is_among_the_keys_of_the_app_once() -> None:
    names = [binding.id for binding in KEYS]
    owned = {binding.id for owner in OWNERS.values() for binding in owner.KEYS}
    assert len(set(names)) == len(names)
    assert owned == set(names) - {"app.quit", "app.theme"}


def test_the_help_lists_every_key() -> None:
    listed = {binding.id for _, bindings in key_groups() for binding in bindings}
    assert {binding.id for binding in KEYS} - listed == {f"run.{place}" for place in range(1, 10)}


async def test_every_key_of_the_running_app_is_possible_or_of_a_replay() -> None:
    app: MonitorApp = app_of(ScriptedSource())
    async with app.run_test():
        impossible = {binding.id for binding in KEYS if not app.check_action(*parse(binding.action)[1:])}
        assert impossible == {binding.id for binding in OWNERS["replay"].KEYS} - {"replay.enter"}
