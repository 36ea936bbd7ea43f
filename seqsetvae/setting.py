"""A setting as data: a dataclass field that knows its meaning and its range, for flags, forms and reference pages."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message, either

T = TypeVar("T")

#: The largest whole number of a setting that has no smaller one: what is counted with it fits 32 bits.
LARGEST_INTEGER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class AllowedRange:
    """The values that a setting can have.

    Attributes:
        rule: What a value must be, as the end of a sentence.
        holds: Whether a value is in the range; raises TypeError for a value of another type.
        largest: The largest whole number.
    """

    rule: Message
    holds: Callable[[Any], bool]
    largest: int = LARGEST_INTEGER


def at_least(low: int, *, largest: int = LARGEST_INTEGER) -> AllowedRange:
    """Return the range of numbers from `low` on."""
    return AllowedRange(Message("must be at least {low}", low=low), lambda value: value >= low, largest)


def one_of(*choices: str) -> AllowedRange:
    """Return the range of a few names."""
    return AllowedRange(Message("must be {choices}", choices=either(*choices)), lambda value: value in choices)


NOT_NEGATIVE = AllowedRange(
    Message("must not be negative or infinite"), lambda value: math.isfinite(value) and value >= 0
)
POSITIVE = AllowedRange(Message("must be positive and finite"), lambda value: math.isfinite(value) and value > 0)
SHARE = AllowedRange(Message("must be in [0, 1]"), lambda value: 0 <= value <= 1)
SHARE_BELOW_ONE = AllowedRange(Message("must be in [0, 1)"), lambda value: 0 <= value < 1)


def setting(
    default: T, meaning: str, *, allowed: AllowedRange | None = None, section: str | None = None, **metadata: object
) -> T:
    """Return a dataclass field.

    Args:
        default: Its default.
        meaning: The sentence that `--help` and the reference pages show.
        allowed: Its range; None where every value of its type will do.
        section: The YAML section that it stands in.
        **metadata: What else is known of it.
    """
    known = {"help": meaning, "range": allowed, "section": section, **metadata}
    value: T = field(default=default, metadata={name: value for name, value in known.items() if value is not None})
    return value


def required(meaning: str, **metadata: object) -> str:
    """Return a text field without a default."""
    value: str = field(metadata={"help": meaning, **metadata})
    return value


def check_ranges(settings: Any) -> None:
    """Check the settings of a dataclass; a setting that is None by default may be None.

    Raises:
        InputError: a value is out of its range; the message names the flag and the value.
        TypeError: a value is of another type.
    """
    for known in dataclasses.fields(settings):
        allowed, value = known.metadata.get("range"), getattr(settings, known.name)
        optional = value is None and known.default is None
        largest = LARGEST_INTEGER if allowed is None else allowed.largest
        if isinstance(value, int) and value > largest:
            raise InputError(
                "--{name} must be at most {largest:,}, got {value!s:.60}", name=known.name, largest=largest, value=value
            )
        if allowed is not None and not optional and not allowed.holds(value):
            raise InputError("--{name} {rule}, got {value}", name=known.name, rule=allowed.rule, value=value)
