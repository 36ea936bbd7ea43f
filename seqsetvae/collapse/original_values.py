"""Thresholds of the original code, where the same names mean something else here.

The original calls a posterior collapsed where its KL is below 0.01 nats in total, or its σ² below 0.1. A collapsed
posterior is the prior, with σ² near 1, and its KL is often a little above 0.01: with these values nothing would ever
be red.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from seqsetvae.collapse.thresholds import ORIGINAL_KL, PRIOR_VARIANCE, Thresholds
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message

#: Variance threshold below which it can only be meant as in the original.
LEAST_VARIANCE_THRESHOLD = 0.5


def without_original_values(thresholds: Thresholds) -> tuple[Thresholds, tuple[Message, ...]]:
    """Return thresholds that keep their own choice where the original's was given, and a sentence on each."""
    if thresholds.detector == "original":
        return thresholds, ()
    notices: list[Message] = []
    kl, variance = thresholds.kl_threshold, thresholds.var_threshold
    if kl is not None and kl <= ORIGINAL_KL:
        thresholds = replace(thresholds, kl_threshold=None)
        notices.append(
            Message(
                "kl_threshold {value:g} is the original's, nats in total, which collapsed posteriors exceed; low KL is "
                "judged by 0.02 nats a dimension instead (detector original uses {value:g})",
                value=kl,
            )
        )
    if variance is not None and variance < LEAST_VARIANCE_THRESHOLD:
        thresholds = replace(thresholds, var_threshold=None)
        notices.append(
            Message(
                "var_threshold {value:g} is the original's, σ² below it; a collapsed posterior has σ² near 1, so that "
                "σ² above {limit:g} is judged instead (detector original uses {value:g})",
                value=variance,
                limit=PRIOR_VARIANCE,
            )
        )
    return thresholds, tuple(notices)


def given_thresholds(owner: str, **settings: Any) -> tuple[Thresholds, tuple[Message, ...]]:
    """Return thresholds of keywords that a user gave to `owner`, and a sentence on each value of the original's.

    Raises:
        InputError: there is no such setting, or a value is out of its range.
    """
    try:
        return without_original_values(Thresholds(**settings))
    except TypeError as error:
        known = ", ".join(Thresholds.__dataclass_fields__)
        raise InputError(
            "{owner} has no such setting: {reason}; known are {known}", owner=owner, reason=error, known=known
        ) from error
