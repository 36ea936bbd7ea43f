"""What keeps a log from being read, in a sentence for the user."""

from __future__ import annotations

from pathlib import Path

from seqsetvae.i18n.message import Message


def unreadable(path: Path, reason: str) -> Message:
    """What keeps a log from being read for now, for who tries again."""
    return Message("{problem}; trying again", problem=Message("cannot read {path}: {reason}", path=path, reason=reason))


def without_retry(problem: str) -> str:
    """Return the same for who reads a log once."""
    held = problem.values.get("problem") if isinstance(problem, Message) else None
    return held if isinstance(held, Message) else problem
