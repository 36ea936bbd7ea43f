"""The names of a run's metrics in the order of the list, sorted and filtered again only when there are others."""

from __future__ import annotations

from tui.store.run_data import RunData
from tui.views.frame import matches, ordered


class MetricNames:
    """Remembers the last run's names, and those that the last filter let through: a run may have ten thousand."""

    def __init__(self) -> None:
        self._of: tuple[RunData, int] | None = None
        self._names: tuple[str, ...] = ()
        self._filtered: tuple[str, tuple[str, ...]] = ("", ())

    def of(self, data: RunData, pattern: str = "") -> tuple[str, ...]:
        """The names that a filter lets through; the very same tuple until a metric appears or the filter changes."""
        now = data, data.layout_revision
        if self._of is None or self._of[0] is not now[0] or self._of[1] != now[1]:
            self._of, self._names = now, tuple(ordered(data.names()))
            self._filtered = "", self._names
        if not pattern:
            return self._names
        if self._filtered[0] != pattern:
            self._filtered = pattern, tuple(name for name in self._names if matches(name, pattern))
        return self._filtered[1]
