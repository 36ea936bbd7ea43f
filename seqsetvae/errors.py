"""What the user can put right: input that is missing, malformed or contradictory."""

from __future__ import annotations

from seqsetvae.i18n.message import Message


class InputError(ValueError):
    """Input that cannot be used. The message is one sentence naming the file, the value and the fix.

    Args:
        template: The sentence in English, its values as `{placeholders}`, or a message that is made already.
        **values: What the placeholders stand for.
    """

    def __init__(self, template: str, /, **values: object) -> None:
        super().__init__(template if isinstance(template, Message) else Message(template, **values))
