"""What an event says, in the user's language as far as the sentence is one of our own."""

from __future__ import annotations

from seqsetvae.stream.records import EventRecord
from seqsetvae.text.language import told
from seqsetvae.text.verdict import headline
from tui.format import MAX_TEXT, clean


def event_text(event: EventRecord, limit: int = MAX_TEXT) -> str:
    """Its message, or its kind where it has none, safe to show."""
    return clean(headline(event.message) if event.message else told(event.kind.replace("_", " ")), limit)
