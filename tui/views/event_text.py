"""What an event says, in the user's language as far as the sentence is one of our own."""

from __future__ import annotations

from seqsetvae.i18n.log_texts import log_headline, log_text
from seqsetvae.stream.records import EventRecord
from tui.views.format import MAX_TEXT, clean


def event_text(event: EventRecord, limit: int = MAX_TEXT) -> str:
    """Its message, or its kind where it has none, safe to show."""
    return clean(log_headline(event.message) if event.message else log_text(event.kind.replace("_", " ")), limit)
