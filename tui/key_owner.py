"""Keys that hold wherever the focus is belong to a pane or to a dialog, which carries them out."""

from __future__ import annotations

from typing import ClassVar, Protocol

from textual.binding import Binding


class KeyOwner(Protocol):
    """Carries out keys: the action `zoom(2)` of a key is the method `action_zoom`."""

    KEYS: ClassVar[tuple[Binding, ...]] = ()
    """The keys; each has a name for settings and a sentence for the help."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - by default all
        """Whether an action is possible now."""
        return True
