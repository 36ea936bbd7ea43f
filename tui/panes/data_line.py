"""The data line: how old and how complete the numbers are."""

from __future__ import annotations

from dataclasses import dataclass

from seqsetvae.i18n.language import tr, translated
from tui.panes.cell_pane import CellPane, Line
from tui.store.reading_facts import Facts
from tui.views.data_facts import data_facts
from tui.views.format import clean, duration


@dataclass(frozen=True, kw_only=True, slots=True)
class DataState:
    """What the data line shows; `age` is the time since the last write in seconds, `notices` are the app's own."""

    age: float | None
    watching: str
    facts: Facts
    problem: str | None
    notices: tuple[tuple[str, bool], ...] = ()


class DataLine(CellPane):
    """One line below everything else."""

    def __init__(self) -> None:
        super().__init__(id="data")
        self._state: DataState | None = None

    def show(self, state: DataState) -> None:
        """Show another moment."""
        if state != self._state or not self._strips:
            self._state = state
            self.redraw()

    def lines(self) -> list[Line]:
        """The line; what is wrong comes first, so that no narrow screen hides it."""
        if self._state is None:
            return []
        state = self._state
        parts = [(clean(text), wrong) for text, wrong in data_facts(state.facts)]
        parts = [*state.notices, *parts]
        if state.problem:
            parts.insert(0, (clean(translated(state.problem)), True))
        parts.sort(key=lambda part: not part[1])
        age = tr("nothing written yet")
        if state.age is not None:
            age = tr("last write {age} ago", age=duration(state.age))
        line: Line = [(" ", "soft")]
        for text, wrong in [part for part in parts if part[1]]:
            line += [(text, "orange" if wrong else "soft"), (" · ", "faint")]
        line += [(age, "soft"), (" · ", "faint"), (clean(translated(state.watching)), "soft")]
        for text, _ in [part for part in parts if not part[1]]:
            line += [(" · ", "faint"), (text, "soft")]
        return [line]
