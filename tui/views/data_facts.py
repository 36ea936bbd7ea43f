"""What the data line and the report say of the reading of a run."""

from __future__ import annotations

from seqsetvae.i18n.language import tr, translated
from tui.store.reading_facts import Facts


def data_facts(facts: Facts) -> list[tuple[str, bool]]:
    """What the data line says of a run's reading; True marks what should not be."""
    lines = tr("{count:,} lines", count=facts.lines)
    if facts.tool is not None:
        lines = tr("{tool}, {count:,} points", tool=facts.tool, count=facts.lines)
    parts = [(lines, False)]
    if facts.progress < 1:
        parts.append((tr("reading the past {share:.0f} %", share=facts.progress * 100), False))
    if not facts.damaged:
        parts.append((tr("{count:,} bad", count=facts.bad_lines), facts.bad_lines > 0))
    if facts.ignored_values:
        parts.append((tr("{count:,} non-numeric values", count=facts.ignored_values), True))
    if facts.dropped_metrics:
        parts.append((tr("{count:,} metrics too many", count=facts.dropped_metrics), True))
    if facts.superseded:
        parts.append((tr("{count:,} superseded", count=facts.superseded), False))
    if facts.resets:
        parts.append((tr("file replaced {count}×", count=facts.resets), True))
    parts += [(tr("{kind}: {count:,}", kind=translated(kind), count=count), True) for kind, count in facts.damaged]
    parts += [(tr("{kind}: {count:,}", kind=translated(kind), count=count), False) for kind, count in facts.skipped]
    if facts.tool is not None and facts.pending:
        parts.append((tr("{count:,} bytes unfinished", count=facts.pending), False))
    if facts.missing:
        parts.append((tr("no metrics.jsonl yet") if facts.tool is None else tr("no log any more"), False))
    if facts.problem:
        parts.append((translated(facts.problem), True))
    return parts
