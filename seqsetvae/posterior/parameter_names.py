"""The names by which programs call the parameters of a Gaussian posterior: which is μ, which is σ, σ² or its logarithm.

Names come from keys of dictionaries, attributes and submodules. A pair belongs together where the names agree but for
the words that say what they are: `fc_mu` and `fc_var`, `z1_mean` and `z1_logvar`, `mu_layers.0` and `logvar_layers.0`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Scale(StrEnum):
    """What the second parameter of a Gaussian is."""

    LOG_VARIANCE = "log σ²"
    LOG_DEVIATION = "log σ"
    VARIANCE = "σ²"
    DEVIATION = "σ"

    @property
    def logarithm(self) -> Scale:
        """What it is where a program leaves out the word: a layer called `fc_var` puts out log σ²."""
        return {Scale.VARIANCE: Scale.LOG_VARIANCE, Scale.DEVIATION: Scale.LOG_DEVIATION}.get(self, self)


#: Words for μ, and for the other parameter by what it is; longer words are tried first.
MEANS = ("mean", "means", "mu", "mus", "loc", "mu_", "avg")
SCALES = {
    Scale.LOG_VARIANCE: (
        "log_variance", "logvariance", "log_vars", "log_var", "logvars", "logvar", "logv", "lnvar", "ln_var",
        "log_sigma2", "logsigma2", "log_sigma_sq", "log_sigma_squared", "log_std2", "logs2", "lv",
    ),
    Scale.LOG_DEVIATION: (
        "log_std", "logstd", "log_stddev", "log_sigma", "logsigma", "log_scale", "logscale", "logsd", "log_sd",
    ),
    Scale.VARIANCE: ("variance", "sigma2", "sigma_sq", "sigma_squared", "var", "vars"),
    Scale.DEVIATION: ("stddev", "sigma", "sigmas", "scale", "std", "stds", "sd"),
}  # fmt: skip
#: Words in names that are another distribution's: the prior's, the decoder's, or statistics of the data.
OTHERS = (
    "prior", "dec", "decoder", "recon", "x_hat", "xhat", "px", "pz", "running", "norm", "likelihood", "output", "loss",
    "target", "obs",
)  # fmt: skip

_BOUNDARY = r"(?<![a-z]){word}(?![a-z])"
_PATTERNS: tuple[tuple[re.Pattern[str], Scale | None], ...] = tuple(
    (re.compile(_BOUNDARY.format(word=re.escape(word))), scale)
    for word, scale in sorted(
        [*((word, scale) for scale, words in SCALES.items() for word in words), *((word, None) for word in MEANS)],
        key=lambda entry: -len(entry[0]),
    )
)
OTHER_DISTRIBUTIONS = re.compile("|".join(_BOUNDARY.format(word=word) for word in OTHERS))
#: The two heads of PyTorch's own example of a VAE, whose names say nothing.
EXAMPLE_HEADS = ("fc21", "fc22")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePair:
    """Two names that belong together.

    Attributes:
        mean: The name of μ.
        scale: The name of the other parameter.
        kind: What the other parameter is, by its name.
    """

    mean: str
    scale: str
    kind: Scale


def pairs_of(names: Iterable[str]) -> list[NamePair]:
    """Return the pairs among names (keys, attributes, paths of submodules), in the order of their means."""
    return list(_pairs(tuple(names)))


@lru_cache(maxsize=256)
def _pairs(names: tuple[str, ...]) -> tuple[NamePair, ...]:
    """Return the pairs; remembered, since each training step asks for the same names."""
    known = [name for name in names if not OTHER_DISTRIBUTIONS.search(_plain(name))]
    scales: dict[str, tuple[str, Scale]] = {}
    for name in known:
        stem, kind = _parse(name)
        if stem is not None and kind is not None:
            scales.setdefault(stem, (name, kind))
    pairs: list[NamePair] = []
    for name in known:
        stem, kind = _parse(name)
        if stem is not None and kind is None and stem in scales:
            pairs.append(NamePair(mean=name, scale=scales[stem][0], kind=scales[stem][1]))
    if not pairs and set(EXAMPLE_HEADS) <= set(known):
        pairs.append(NamePair(mean=EXAMPLE_HEADS[0], scale=EXAMPLE_HEADS[1], kind=Scale.LOG_VARIANCE))
    return tuple(pairs)


def _plain(name: str) -> str:
    """Return a name in lower case, with an underscore where camel case has a new word."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _parse(name: str) -> tuple[str | None, Scale | None]:
    """Return a name without its word for a parameter, and what that is (None = μ); (None, None) without such a word."""
    plain = _plain(name)
    for pattern, scale in _PATTERNS:
        if found := pattern.search(plain):
            rest = plain[: found.start()] + plain[found.end() :]
            return re.sub(r"[_.]+", "_", rest).strip("_"), scale
    return None, None
