"""The latent heat strip: which dimensions of the posterior are alive, over the whole run."""

from __future__ import annotations

import numpy as np
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from seqsetvae.i18n.language import tr
from seqsetvae.logs.vector_series import VectorView
from tui.chart.heat import DEAD_BELOW, heat_map
from tui.chart.scale import Floats
from tui.panes.cell_pane import CellPane

_SHADES = 32
"""Colours between dead and alive; more cannot be distinguished, and fewer make fewer escape sequences."""


class HeatPane(CellPane):
    """Dimensions from the most KL (top) to the least (bottom), time from left to right."""

    BORDER_TITLE = "Latent"

    def __init__(self, ramp: str = "") -> None:
        """With `ramp`, characters from dead to alive stand for shades, one dimension to a row of cells."""
        super().__init__(id="heat")
        self._signs = ramp
        self._view: VectorView | None = None

    def show(self, view: VectorView | None) -> None:
        """Show another moment; the pane hides while there is nothing to show."""
        self.set_class(view is None or not view.rows.size, "-empty")
        if view is None or (self._view is not None and view.revision == self._view.revision and self._strips):
            return
        self._view = view
        active = int((view.rows[-1] > DEAD_BELOW).sum())
        sizes = tr("{active} of {count} active", active=active, count=view.rows.shape[1])
        self.write_border(
            title=f"{tr('KL per dimension')}  {sizes}",
            subtitle=tr("dead {ramp} alive", ramp=self._signs.strip() or "░▒▓")
            + f" · {tr('log') if self._signs else tr('log colour')}",
        )
        self.redraw()

    def strips(self) -> list[Strip]:
        """Two rows of shades to each line of cells, or one of signs."""
        width, height = self.content_size
        if self._view is None:
            return []
        if self._signs:
            shades = heat_map(self._view.steps, self._view.rows, width, height)
            return [self._strip([(_signs(row, self._signs), "line")], width) for row in shades]
        shades = heat_map(self._view.steps, self._view.rows, width, 2 * height)
        ramp = self._ramp()
        return [_strip(shades[2 * y], shades[2 * y + 1], ramp) for y in range(height)]

    def _ramp(self) -> list[RichColor]:
        low, middle, high = (
            Color.parse(self.app.theme_variables[f"heat-{name}"]) for name in ("low", "middle", "high")
        )
        half = _SHADES // 2
        colours = [
            low.blend(middle, i / half) if i < half else middle.blend(high, i / half - 1) for i in range(_SHADES + 1)
        ]
        return [colour.rich_color for colour in colours]


def _signs(shades: Floats, ramp: str) -> str:
    known = np.isfinite(shades)
    places = np.where(known, np.ceil(np.nan_to_num(shades) * (len(ramp) - 1)), 0).astype(int)
    return "".join(ramp[place] for place in places)


def _strip(upper: Floats, lower: Floats, ramp: list[RichColor]) -> Strip:
    cells = np.stack([upper, lower])
    index = np.where(np.isfinite(cells), np.round(np.nan_to_num(cells) * _SHADES), 0).astype(int)
    segments: list[Segment] = []
    start = 0
    for x in range(1, index.shape[1] + 1):
        if x == index.shape[1] or (index[:, x] != index[:, start]).any():
            style = Style(color=ramp[index[0, start]], bgcolor=ramp[index[1, start]])
            segments.append(Segment("▀" * (x - start), style))
            start = x
    return Strip(segments, index.shape[1])
