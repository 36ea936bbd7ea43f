"""Whose turn it is to be drawn: every pane at its own pace, so that a busy run costs no more than a quiet one."""

from __future__ import annotations


class Turns:
    """Counts looks at the store, and gives each pane a turn when it is due and has something new.

    Counting looks, not seconds, makes a machine that is too slow for the pace draw less often by itself.
    """

    def __init__(self) -> None:
        self._look = 0
        self._taken: dict[str, tuple[int, object, object]] = {}
        self.behind = False
        """A pane has something new and waits for its turn."""

    def next_look(self, *, everyone: bool) -> None:
        """A new look at the store; `everyone` gives each pane a turn now."""
        self._look += 1
        self.behind = False
        if everyone:
            self._taken.clear()

    def take(self, pane: str, every: int, shown: object, asked: object = None) -> bool:
        """Whether a pane is to be drawn now.

        Args:
            pane: its name.
            every: looks from one turn to the next.
            shown: what it shows, to be compared; a pane with nothing new takes no turn.
            asked: what the user has asked it to show; when that differs, it does not wait.
        """
        last = self._taken.get(pane)
        if last is not None and last[1:] == (shown, asked):
            return False
        if last is not None and last[2] == asked and self._look - last[0] < every:
            self.behind = True
            return False
        self._taken[pane] = (self._look, shown, asked)
        return True
