"""What to change, by what is wrong: the remedies of the literature, with the run's own numbers.

Sources are in docs/en/verdict.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Condition

#: Free bits to try first where there are none, nats a dimension.
SOME_FREE_BITS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How remedies are called: by the flags of this package's trainer, or by the terms that everybody uses."""

    beta: str = "--max_beta"
    longer_warm_up: str = "warm β up for longer (--beta_warmup_steps)"
    cycles: str = "anneal in cycles (--kl_annealing cyclical)"
    free_bits: str = "--free_bits"
    some_free_bits: str = f"give every dimension free bits (--free_bits {SOME_FREE_BITS})"
    weaker_decoder: str = "weaken the decoder (--decoder_layers 0, more --dropout)"
    fewer_dimensions: str = "fewer --latent_dim, if reconstruction is good enough"
    learning_rate: str = "lower --learning_rate"
    clipping: str = "clip the gradient harder (--gradient_clip_val)"
    earlier: str = "resume from the last good checkpoint with a lower --learning_rate"
    precision: str = "use --precision bf16-mixed or 32"


FLAGS = Words()
TERMS = Words(
    beta="β",
    longer_warm_up="warm β up for longer",
    cycles="anneal β in cycles",
    free_bits="free bits",
    some_free_bits=f"give every dimension free bits ({SOME_FREE_BITS} nats)",
    weaker_decoder="weaken the decoder (fewer layers, more dropout, dropout of its inputs)",
    fewer_dimensions="fewer latent dimensions, if reconstruction is good enough",
    learning_rate="lower the learning rate",
    clipping="clip the gradient harder",
    earlier="resume from the last good checkpoint with a lower learning rate",
    precision="use precision bf16 or 32",
)


def advise(condition: Condition, seen: Observation, thresholds: Thresholds, words: Words = FLAGS) -> tuple[str, ...]:
    """Return remedies for a condition, the most promising first; none where nothing is wrong."""
    match condition:
        case Condition.COLLAPSE:
            return (_lower_beta(seen, words), words.longer_warm_up, _more_free_bits(thresholds, words), words.cycles)
        case Condition.DECODER_IGNORES_Z:
            return (words.weaker_decoder, _lower_beta(seen, words), words.cycles)
        case Condition.PARTIAL_COLLAPSE:
            return (_more_free_bits(thresholds, words), _lower_beta(seen, words), words.fewer_dimensions)
        case Condition.FADING:
            return (_lower_beta(seen, words), words.weaker_decoder)
        case Condition.HELD_BY_FREE_BITS:
            return (
                "judge z by active units and mutual information: KL stands at its floor",
                _lower_beta(seen, words),
                _less_free_bits(thresholds, words),
            )
        case Condition.OVER_CONFIDENT:
            return (_raise_beta(seen, words),)
        case Condition.KL_EXPLOSION:
            return (words.learning_rate, words.clipping, _raise_beta(seen, words))
        case Condition.RISING_RECONSTRUCTION:
            return (words.learning_rate, words.clipping)
        case Condition.DIVERGENCE:
            return (words.earlier, words.precision, words.clipping)
        case Condition.HEALTHY | Condition.WARMING_UP | Condition.NOT_ENOUGH_EVIDENCE | Condition.NOT_AWAKE:
            return ()


def _lower_beta(seen: Observation, words: Words) -> str:
    if not seen.max_beta:
        return f"lower {words.beta}"
    return f"lower {words.beta} from {seen.max_beta:.3g} to {rounded(seen.max_beta / 3):.3g}"


def _raise_beta(seen: Observation, words: Words) -> str:
    if not seen.max_beta:
        return f"raise {words.beta}"
    return f"raise {words.beta} from {seen.max_beta:.3g} to {rounded(seen.max_beta * 3):.3g}"


def _more_free_bits(thresholds: Thresholds, words: Words) -> str:
    if thresholds.free_bits <= 0:
        return words.some_free_bits
    return f"raise {words.free_bits} from {thresholds.free_bits:.3g} to {rounded(3 * thresholds.free_bits):.3g}"


def _less_free_bits(thresholds: Thresholds, words: Words) -> str:
    return f"lower {words.free_bits} from {thresholds.free_bits:.3g} to {rounded(thresholds.free_bits / 3):.3g}"


def rounded(value: float) -> float:
    """Return a positive number rounded to the nearest of 1, 2, 3 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    nearest = min((1.0, 2.0, 3.0, 5.0, 10.0), key=lambda digit: abs(digit - value / power))
    return float(f"{nearest * power:.1g}")
