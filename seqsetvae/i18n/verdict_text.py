"""Verdicts in the user's language: their names, evidence and advice come from logs, in English."""

from __future__ import annotations

from seqsetvae.i18n.language import is_translated, told, tr


def headline(message: str) -> str:
    """An event's message: a sentence, or a condition and its evidence; as it is where it is none of ours."""
    if not is_translated():
        return message
    condition, colon, evidence = message.partition(": ")
    name = told(condition)
    if not colon or name == condition:
        return told(message)
    reasons = tr("; ").join(told(reason) for reason in evidence.split("; "))
    return tr("{condition}: {reasons}", condition=name, reasons=reasons)
