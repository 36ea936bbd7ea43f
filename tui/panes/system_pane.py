"""The machine: processor, memory and GPUs of every rank."""

from __future__ import annotations

import math

from textual.geometry import Size

from seqsetvae.i18n.language import tr
from tui.panes.cell_pane import CellPane, Line
from tui.store.machine import Gauge, Machine
from tui.views.format import duration, padded

_GIB = 2.0**30

_READING = 20
"""Cells of a reading such as ` 94 %  31.2/80.0 GiB`."""

_SILENT = 60.0
"""Seconds behind the other ranks after which a rank counts as silent: it writes every ten."""

_FULL = 0.95
"""Share of a memory above which it is nearly full, and the next batch may not fit."""

_BARS = "▁▂▃▄▅▆▇"
"""Bars of a share; none is as high as a row, so that the bars of two rows never touch."""


class SystemPane(CellPane):
    """One row for each thing that can be full, with its last minutes."""

    BORDER_TITLE = "System"

    def __init__(self) -> None:
        super().__init__(id="system")
        self._machine: Machine | None = None

    def show(self, machine: Machine | None) -> None:
        """Show another moment; the pane hides while nothing is known of the machine."""
        if machine is self._machine:
            self.set_class(machine is None, "-empty")
            return
        grown = _rows(machine) != _rows(self._machine)
        self._machine = machine
        self.set_class(machine is None, "-empty")
        self.write_border(
            subtitle=tr("{count} ranks", count=machine.ranks) if machine is not None and machine.ranks > 1 else ""
        )
        self.redraw()
        if grown:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - textual's call
        """A row a gauge."""
        return max(_rows(self._machine), 1)

    def lines(self) -> list[Line]:
        """A row a gauge; where room is short, the last says how many are missing."""
        width, height = self.content_size
        if self._machine is None:
            return []
        gauges, ranked = self._machine.gauges, self._machine.ranks > 1
        rows = [gauge_line(gauge, width, ranked=ranked) for gauge in gauges]
        if len(rows) > height > 1:
            return [*rows[: height - 1], [(tr("{count} more", count=len(rows) - height + 1), "faint")]]
        return rows


def gauge_line(gauge: Gauge, width: int, *, ranked: bool) -> Line:
    """One gauge: its name, how full it is, its last readings; `ranked` names its rank."""
    name = tr("memory") if gauge.name == "memory" else gauge.name
    label = f"r{gauge.rank} {name}" if ranked else name
    name = padded(label, 10 if ranked else 7)
    if gauge.silence > _SILENT:
        return [(name, "soft"), (tr("silent for {time}", time=duration(gauge.silence)), "orange")]
    share = "  – " if not math.isfinite(gauge.share) else f"{round(100 * gauge.share):>3} %"
    held = "" if gauge.used is None else f"  {_held(gauge.used, gauge.total)}"
    full = gauge.used is not None and bool(gauge.total) and gauge.used / (gauge.total or 1.0) > _FULL
    room = width - len(name) - _READING - 1
    return [
        (name, "soft"),
        (share, "text"),
        (padded(held, _READING - len(share)), "orange" if full else "soft"),
        (" ", "text"),
        (bars(gauge.history, room), "line"),
    ]


def bars(shares: tuple[float, ...], width: int) -> str:
    """The last `width` shares as bars, the newest on the right; a blank where a share is unknown."""
    shown = shares[-width:] if width > 0 else ()
    cells = [_bar(share) if math.isfinite(share) else " " for share in shown]
    return "".join(cells).rjust(max(width, 0))


def _bar(share: float) -> str:
    return _BARS[min(max(int(share * len(_BARS)), 0), len(_BARS) - 1)]


def _held(used: float, total: float | None) -> str:
    if total is None:
        return f"{_gib(used)} GiB"
    return f"{_gib(used)}/{_gib(total)} GiB"


def _gib(count: float) -> str:
    size = count / _GIB
    return f"{size:.1f}" if size < 100 else f"{size:.0f}"


def _rows(machine: Machine | None) -> int:
    return len(machine.gauges) if machine is not None else 0
