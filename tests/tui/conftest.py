"""What all tests of the watcher share: the app is looked at when it has come to rest."""

import pytest
import textual.app
import textual.pilot

from tests.tui.idle import come_to_rest


@pytest.fixture(autouse=True)
def rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the test driver's measure of idleness; see `tests.tui.idle`."""
    monkeypatch.setattr(textual.app, "wait_for_idle", come_to_rest)
    monkeypatch.setattr(textual.pilot, "wait_for_idle", come_to_rest)
