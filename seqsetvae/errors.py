"""What the user can put right: input that is missing, malformed or contradictory."""


class InputError(ValueError):
    """Input that cannot be used. The message is one sentence naming the file, the value and the fix."""
