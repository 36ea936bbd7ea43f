"""Which runs are drawn beside the one on the screen, and the colour and sign of each curve.

A run's colour goes by its name, so that it is the same tomorrow and in another order; where two names ask for the same
colour, the one that came later takes the next free one.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

MAX_OVERLAYS = 3
"""Runs beside the one on the screen: with it, as many as are kept up to date at once."""

KINDS = 5
"""Colours and signs of curves."""


def kinds_of(runs: Sequence[str]) -> dict[str, int]:
    """The kind of each run's curve, from 0 to `KINDS` - 1, all different; `runs` in the order of their choice."""
    kinds: dict[str, int] = {}
    for run in runs[:KINDS]:
        kind = crc32(run.encode("utf-8", "surrogatepass")) % KINDS
        while kind in kinds.values():
            kind = (kind + 1) % KINDS
        kinds[run] = kind
    return kinds
