"""What to change, by what is wrong: the remedies of the literature as flags, with the run's own numbers.

Sources are in docs/en/verdict.md.
"""

from __future__ import annotations

import math

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Condition

#: Free bits to try first where there are none, nats a dimension.
SOME_FREE_BITS = 0.05


def advise(condition: Condition, seen: Observation, thresholds: Thresholds) -> tuple[str, ...]:
    """Return remedies for a condition, the most promising first; none where nothing is wrong."""
    match condition:
        case Condition.COLLAPSE:
            return (_lower_beta(seen), "warm β up for longer (--beta_warmup_steps)", _more_free_bits(thresholds),
                    "anneal in cycles (--kl_annealing cyclical)")  # fmt: skip
        case Condition.DECODER_IGNORES_Z:
            return ("weaken the decoder (--decoder_layers 0, more --dropout)", _lower_beta(seen),
                    "anneal in cycles (--kl_annealing cyclical)")  # fmt: skip
        case Condition.PARTIAL_COLLAPSE:
            return (_more_free_bits(thresholds), _lower_beta(seen),
                    "fewer --latent_dim, if reconstruction is good enough")  # fmt: skip
        case Condition.HELD_BY_FREE_BITS:
            return ("judge z by active units and mutual information: KL stands at its floor", _lower_beta(seen),
                    _less_free_bits(thresholds))  # fmt: skip
        case Condition.OVER_CONFIDENT:
            return (_raise_beta(seen),)
        case Condition.KL_EXPLOSION:
            return ("lower --learning_rate", "clip the gradient harder (--gradient_clip_val)", _raise_beta(seen))
        case Condition.DIVERGENCE:
            return ("resume from the last good checkpoint with a lower --learning_rate",
                    "use --precision bf16-mixed or 32", "clip the gradient harder (--gradient_clip_val)")  # fmt: skip
        case Condition.FADING:
            return (_lower_beta(seen), "keep healthy-*.ckpt, which is from before")
        case Condition.RISING_RECONSTRUCTION:
            return ("lower --learning_rate", "clip the gradient harder (--gradient_clip_val)")
        case Condition.HEALTHY | Condition.WARMING_UP | Condition.NOT_ENOUGH_EVIDENCE | Condition.NOT_AWAKE:
            return ()


def _lower_beta(seen: Observation) -> str:
    if not seen.max_beta:
        return "lower --max_beta"
    return f"lower --max_beta from {seen.max_beta:.3g} to {rounded(seen.max_beta / 3):.3g}"


def _raise_beta(seen: Observation) -> str:
    if not seen.max_beta:
        return "raise --max_beta"
    return f"raise --max_beta from {seen.max_beta:.3g} to {rounded(seen.max_beta * 3):.3g}"


def _more_free_bits(thresholds: Thresholds) -> str:
    if thresholds.free_bits <= 0:
        return f"give every dimension free bits (--free_bits {SOME_FREE_BITS})"
    return f"raise --free_bits from {thresholds.free_bits:.3g} to {rounded(3 * thresholds.free_bits):.3g}"


def _less_free_bits(thresholds: Thresholds) -> str:
    return f"lower --free_bits from {thresholds.free_bits:.3g} to {rounded(thresholds.free_bits / 3):.3g}"


def rounded(value: float) -> float:
    """Return a positive number rounded to the nearest of 1, 2, 3 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    nearest = min((1.0, 2.0, 3.0, 5.0, 10.0), key=lambda digit: abs(digit - value / power))
    return float(f"{nearest * power:.1g}")
