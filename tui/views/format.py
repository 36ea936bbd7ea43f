"""Numbers, durations and foreign text as the screen shows them."""

from __future__ import annotations

import json
import math
import unicodedata
from datetime import datetime, tzinfo

from rich.cells import cell_len, set_cell_size

MAX_TEXT = 2_000
"""Characters shown of any text from a log."""

_ALL_TIME = 1e12
"""Seconds beyond which a length of time is no such thing: thirty thousand years."""

_MARKS = frozenset({"Mn", "Me"})
_MOST_MARKS = 4
"""Marks on one letter; more, which no writing needs, climb over the lines above and below."""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that move the cursor, turn the direction of writing, or show nothing."""


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Text from a log, safe for a terminal.

    Control and formatting characters are replaced, and so are more marks on a letter than any writing has; long text
    is cut. All text that comes from a log must pass through here; what comes out is shown as it is and never as markup.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = _MOST_MARKS  # a mark at the beginning would stand on what is left of the text
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in _MARKS else 0
        shown.append(_REPLACEMENT if category in _HIDDEN or marks > _MOST_MARKS else char)
    return "".join(shown)


def visible_json(text: bytes) -> bytes:
    """JSON that means the same, without a character in its strings that a terminal would act on or hide."""
    if text.isascii() and b"\x7f" not in text:
        return text
    return "".join(_escaped(char) for char in text.decode()).encode()


def _escaped(char: str) -> str:
    if char != "\x7f" and (char.isascii() or unicodedata.category(char) not in _HIDDEN):
        return char
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"


def number(value: float | None, digits: int = 4) -> str:
    """A number in few characters: `0.0213`, `48.2k`, `1.2e-07`, `NaN`, `+∞`; `–` for None."""
    if value is None:
        return "–"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+∞" if value > 0 else "-∞"
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e15 or size < 1e-4:
        return f"{value:.{max(digits - 3, 1)}e}"
    for unit, suffix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= unit:
            scaled = value / (1e3 if suffix == "k" else unit)
            return f"{scaled:.{_places(scaled, digits)}f}{suffix}"
    if float(value).is_integer():
        return f"{value:.0f}"
    return f"{value:.{_places(value, digits)}f}"


def _places(value: float, digits: int) -> int:
    """Decimals that give a value `digits` significant digits, one fewer below 1 where zeros fill the width."""
    size = math.floor(math.log10(abs(value)))
    return max(0, digits - 1 - size if size >= 0 else digits - 2 - size)


def whole(value: float | None) -> str:
    """A count with thousands separators; `–` for None."""
    if value is None:
        return "–"
    return f"{int(value):,}" if abs(value) < 1e16 else number(value)


def duration(seconds: float | None) -> str:
    """A length of time in its two largest units: `42s`, `3m 05s`, `3h 12m`, `2d 04h`; `–` for None."""
    if seconds is None or not seconds < _ALL_TIME:
        return "–"
    total = max(int(seconds), 0)
    if total < 60:
        return f"{total}s"
    if total < 3600:
        return f"{total // 60}m {total % 60:02d}s"
    if total < 86400:
        return f"{total // 3600}h {total % 3600 // 60:02d}m"
    return f"{total // 86400}d {total % 86400 // 3600:02d}h"


def percent(share: float) -> str:
    """A share of one as a whole percentage, rounded down: 100 % means done."""
    return f"{math.floor(share * 100 + 1e-9)} %"


def clock_time(t: float, zone: tzinfo | None = None) -> str:
    """Hours, minutes and seconds of a moment, in a zone or in the machine's own; `–` when no calendar holds it."""
    try:
        return datetime.fromtimestamp(t, tz=zone).strftime("%H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "–"


def wall_label(t: float, step: float, zone: tzinfo | None = None) -> str:
    """A tick of a wall-clock axis: the day where ticks are far apart, seconds where they are near."""
    form = "%m-%d" if step >= 86400 else "%m-%d %H:%M" if step >= 21600 else "%H:%M" if step >= 60 else "%H:%M:%S"
    try:
        return datetime.fromtimestamp(t, tz=zone).strftime(form)
    except (ValueError, OverflowError, OSError):
        return "–"


def relative_label(seconds: float, step: float) -> str:
    """A tick of an axis of elapsed time."""
    if step < 1 and seconds:
        return f"{seconds:.3g}s"
    return "-" + duration(-seconds) if seconds < 0 else duration(seconds)


def fit_text(text: str, width: int) -> str:
    """Text cut to `width` cells, with an ellipsis where something is missing; wide characters count as two."""
    if width <= 0:
        return ""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def padded(text: str, width: int) -> str:
    """Text cut or filled up with blanks to exactly `width` cells."""
    return set_cell_size(fit_text(text, width), max(width, 0))
