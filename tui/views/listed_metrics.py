"""Which metrics the list shows, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from seqsetvae.logs.metric_names import matches
from tui.store.run_data import RunData
from tui.views.limit_lines import PINNED

LOSS = "train/loss"


def first_choice(names: Sequence[str]) -> str | None:
    """Of metrics in order, the one to show until the user chooses: a pinned one if there is one, else the loss."""
    if names and names[0] not in PINNED and LOSS in names:
        return LOSS
    return names[0] if names else None


_GROUPS = ("posterior", "train", "val", "lr", "grad", "time")


def ordered(names: tuple[str, ...]) -> list[str]:
    """Metrics in the order of the eye: the pinned ones, then the posterior, training, validation, and the rest."""

    def place(name: str) -> tuple[int, int, str]:
        group = name.partition("/")[0]
        rank = _GROUPS.index(group) if group in _GROUPS else len(_GROUPS)
        return (PINNED.index(name) if name in PINNED else len(PINNED), rank, name)

    return sorted(names, key=place)


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
