"""Whose turn it is to be drawn: every pane at its own pace, so that a busy run costs no more than a quiet one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class _Turn:
    sample: int
    shown: object
    asked: object


class Turns:
    """Counts samples of the store, and gives each pane a turn when it is due and has something to show.

    Counting samples, not seconds, makes a machine that is too slow for the pace draw less often by itself.
    """

    def __init__(self) -> None:
        self._sample = 0
        self._last: dict[str, _Turn] = {}
        self.behind = False
        """A pane has something to show and waits for its turn."""

    def begin(self, *, everyone: bool) -> None:
        """Begin another sample of the store; `everyone` gives each pane a turn now."""
        self._sample += 1
        self.behind = False
        if everyone:
            self._last.clear()

    def is_due(self, pane: str, every: int, shown: object, asked: object = None) -> bool:
        """Whether a pane is to be drawn now; if so, this was its turn.

        Args:
            pane: its name.
            every: samples from one turn to the next.
            shown: what it shows, to be compared; a pane that shows the same as before gets no turn.
            asked: what the user has asked it to show; when that differs, it does not wait.
        """
        last = self._last.get(pane)
        if last is not None and (last.shown, last.asked) == (shown, asked):
            return False
        if last is not None and last.asked == asked and self._sample - last.sample < every:
            self.behind = True
            return False
        self._last[pane] = _Turn(sample=self._sample, shown=shown, asked=asked)
        return True
