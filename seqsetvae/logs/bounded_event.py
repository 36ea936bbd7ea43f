"""Events from a log, cut to a size of which thousands may be kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from seqsetvae.stream.records import EventRecord
from seqsetvae.strict_json import encode

MAX_MESSAGE = 2_000
"""Characters kept of the message of a longer line; no screen shows more."""

PLAIN_LINE = 8 * 1024
"""Bytes of a line up to which its event is kept whole; verdicts with all their reasons take some 1 KB."""

_MAX_KIND = 100
_MAX_DATA = 4 * 1024
"""Bytes kept of the data of a longer line, as JSON: the entries that fit, in their order."""


def bounded(event: EventRecord, size: int) -> EventRecord:
    """The event of a line of so many bytes: as it is, or, when the line is long, without what no screen would show."""
    if size <= PLAIN_LINE:
        return event
    data: dict[str, Any] = {}
    room = _MAX_DATA
    for key, value in event.data.items():
        need = len(key) + len(encode(value)) if room > len(key) else room + 1
        if need <= room:
            data[key] = value
            room -= need
    return replace(event, kind=event.kind[:_MAX_KIND], message=_cut(event.message), data=data)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"
