"""The latent heat strip: one value per dimension over time, as shades from 0 (dead) to 1 (alive)."""

from __future__ import annotations

import numpy as np

from tui.chart.scale import Floats

DEAD_BELOW = 0.01
"""Nats. A dimension whose KL lies below says nothing about its set (the ε of (ε,δ)-collapse)."""

_BRIGHT = 1.0
"""Nats at and above which a dimension is drawn at full brightness."""


def shade(kl: Floats) -> Floats:
    """Shades of KL values: 0 at or below a tenth of `DEAD_BELOW`, 1 at one nat, logarithmic between; NaN stays."""
    floor = DEAD_BELOW / 10
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.clip(np.log(kl / floor) / np.log(_BRIGHT / floor), 0, 1))


def heat_map(x: Floats, rows: Floats, width: int, height: int) -> Floats:
    """Shades of a history of per-dimension KL, the dimension with the most KL over the whole history first.

    Args:
        x: place of each record on the time axis, shape `[records]`.
        rows: KL in nats, shape `[records, dimensions]`.
        width: columns to fill; each shows the mean of the records that fall into it, or the last one before.
        height: rows to fill; each shows the mean of neighbouring dimensions.

    Returns:
        Shades, shape `[height, width]`; NaN before the first record and where a record is not finite.
    """
    shades = np.full((height, width), np.nan)
    if not len(rows) or not rows.shape[1] or width < 1 or height < 1:
        return shades
    total = np.where(np.isfinite(rows), rows, 0.0).mean(axis=0)
    order = np.argsort(-total, kind="stable")
    groups = np.array_split(order, min(height, len(order)))
    levels = np.stack([shade(rows[:, group]).mean(axis=1) for group in groups])
    last = np.searchsorted(x, _edges(x, width), side="right")
    for column in range(width):
        start, end = last[column], last[column + 1]
        start = start if column else 0
        if end > start:
            cells = levels[:, start:end].mean(axis=1)
        elif end > 0:
            cells = levels[:, end - 1]
        else:
            continue
        shades[:, column] = np.repeat(cells, _shares(height, len(groups)))
    return shades


def _edges(x: Floats, width: int) -> Floats:
    return np.linspace(x[0], x[-1], width + 1) if x[-1] > x[0] else np.full(width + 1, x[0])


def _shares(height: int, groups: int) -> list[int]:
    return [len(part) for part in np.array_split(np.arange(height), groups)]
