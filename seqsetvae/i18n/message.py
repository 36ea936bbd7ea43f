"""Sentences that remember what they were made of, so that they can be translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self


class Message(str):
    """An English sentence with its template and its values.

    It is a string, and goes wherever a string goes. Its own `str()`, and that of an error that carries it, is the
    message itself; whatever else is made of it, by formatting or slicing, is plain English.

    Args:
        template: The sentence with `{placeholders}`; without values it is taken as it stands.
        **values: What the placeholders stand for. Messages, and errors that carry one, are translated in turn.
    """

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Fill in the values."""
        held = {name: _message_of(value) for name, value in values.items()}
        self = super().__new__(cls, template.format(**held) if held else template)
        self.template, self.values = template, held
        return self

    def __str__(self) -> str:
        """The message itself, not a plain string."""
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """What a copy, or another process, makes it from."""
        return (self.template,), dict(self.values)


def either(*names: str) -> Message:
    """Return the names to choose from."""
    return Message("{names} or {last}", names=", ".join(names[:-1]), last=names[-1])


def _message_of(value: object) -> object:
    """An error's message, if it carries one; every other value as it is."""
    carried = value.args[0] if isinstance(value, Exception) and value.args else None
    return carried if isinstance(carried, Message) else value
