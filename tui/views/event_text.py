"""What an event says, in the user's language as far as the sentence is one of our own."""

from __future__ import annotations

from seqsetvae.i18n.language import told
from seqsetvae.i18n.verdict_text import headline
from seqsetvae.stream.records import EventRecord
from tui.views.format import MAX_TEXT, clean


def event_text(event: EventRecord, limit: int = MAX_TEXT) -> str:
    """Its message, or its kind where it has none, safe to show."""
    return clean(headline(event.message) if event.message else told(event.kind.replace("_", " ")), limit)
