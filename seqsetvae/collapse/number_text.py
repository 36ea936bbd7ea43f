"""Numbers as sentences of the detector have them."""

from __future__ import annotations


def number(value: float) -> str:
    """Return a number with three significant digits."""
    return f"{value:.3g}"


def percent(share: float) -> str:
    """Return a share in percent, with a digit behind the point where it is small."""
    return f"{100 * share:.1f} %" if abs(share) < 0.1 else f"{100 * share:.0f} %"
