"""Names of other tools' metrics to those of this package; `docs/en/other-logs.md` shows the same table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from seqsetvae.errors import InputError
from seqsetvae.logs.block import EPOCH
from seqsetvae.settings_file import InvalidYamlError, read_settings
from seqsetvae.stream.codec import RESERVED

WHOLE: Mapping[str, str] = {
    "loss": "train/loss",
    "grad_norm": "grad/norm",
    "train/grad_norm": "grad/norm",
    "learning_rate": "lr",
    "train/learning_rate": "lr",
    "train/epoch": EPOCH,
    "train_variance": "posterior/variance",
    "train_active_units": "posterior/active_units_sigma",
    "total_flos": "time/total_flos",
}
"""Names that are replaced as a whole. What the original calls active units is σ² above a threshold."""

STAGES: Mapping[str, str] = {
    "train": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "eval": "val",
    "test": "test",
}
"""The first word of a name, in front of a slash or an underscore."""

METRICS: Mapping[str, str] = {
    "auc": "auroc",
    "acc": "accuracy",
    "class_loss": "classification",
    "pred": "classification",
    "reconstruction": "recon",
    "recon_loss": "recon",
    "kl_loss": "kl",
    "kl_divergence": "kl",
}
"""What follows the stage; other words are kept."""

_STAGED = re.compile(rf"({'|'.join(STAGES)})[/_](.+)")
_RATE = re.compile(r"lr-(.+)")
_STEP_SUFFIX = "_step"
"""Lightning's ending of a value per step, beside `_epoch` for its mean; a metric that is logged once has neither."""


def our_name(name: str) -> str:
    """This package's name for a metric; the name itself where it has none.

    >>> our_name("train_kl_step"), our_name("val_auc"), our_name("lr-AdamW"), our_name("GAN/d_loss")
    ('train/kl', 'val/auroc', 'lr/AdamW', 'GAN/d_loss')
    """
    if name in WHOLE:
        return WHOLE[name]
    staged = _STAGED.fullmatch(name)
    if staged is not None:
        metric = staged[2].removesuffix(_STEP_SUFFIX) or staged[2]
        whole = WHOLE.get(f"{staged[1]}_{metric}")
        return whole or f"{STAGES[staged[1]]}/{METRICS.get(metric, metric)}"
    rate = _RATE.fullmatch(name)
    return f"lr/{rate[1]}" if rate is not None else name


def matches(name: str, pattern: str) -> bool:
    """Whether a metric passes a filter: words that must all occur, or a glob when it holds `*`, `?` or `[`."""
    pattern = pattern.strip().lower()
    if any(char in pattern for char in "*?["):
        return fnmatchcase(name.lower(), pattern)
    return all(word in name.lower() for word in pattern.split())


class Names:
    """The names of one log's metrics. Two never become one: the second keeps its own.

    Args:
        own: names that the user chose, before the table; None leaves a metric out.
    """

    def __init__(self, own: Mapping[str, str | None] | None = None) -> None:
        self._own = own or {}
        self._given: dict[str, str | None] = {}
        self._taken: set[str] = set()

    def __getitem__(self, name: str) -> str | None:
        """The metric's name here; None when it is left out."""
        if name not in self._given:
            self._given[name] = self._choose(name)
        return self._given[name]

    @property
    def changed(self) -> dict[str, str]:
        """The names that were replaced so far, by the log's."""
        return {name: given for name, given in self._given.items() if given is not None and given != name}

    def _choose(self, name: str) -> str | None:
        wanted = self._own[name] if name in self._own else our_name(name)
        if wanted is None:
            return None
        for candidate in (wanted, name, f"{name}_"):
            free = candidate not in self._taken and (candidate not in RESERVED or candidate == EPOCH)
            if candidate and free:
                self._taken.add(candidate)
                return candidate
        number = 2
        while f"{name}_{number}" in self._taken:
            number += 1
        self._taken.add(f"{name}_{number}")
        return f"{name}_{number}"


def read_names(path: Path) -> dict[str, str | None]:
    """Names that a user chose, from a YAML or JSON file of the log's names and ours; null leaves a metric out.

    Raises:
        InputError: when it cannot be read, or is no such table.
    """
    try:
        body = read_settings(path)
    except OSError as error:
        raise InputError("cannot read {path}: {reason}", path=path, reason=error.strerror or error) from error
    except InvalidYamlError as error:
        raise InputError(
            "{path} is neither YAML nor JSON: {reason}; write one line NAME: OURS for each metric",
            path=path,
            reason=error,
        ) from error
    if not isinstance(body, dict):
        raise InputError("{path} holds no table of names; write one line NAME: OURS for each metric", path=path)
    for name, ours in body.items():
        if not isinstance(name, str) or not (ours is None or (isinstance(ours, str) and ours)):
            raise InputError(
                "{path} maps {name!r:.60} to {ours!r:.60}; names are text, and null leaves one out",
                path=path,
                name=name,
                ours=ours,
            )
        if ours in RESERVED and ours != EPOCH:
            raise InputError(
                "{path} maps {name!r:.60} to {ours!r}, which the log format keeps for itself",
                path=path,
                name=name,
                ours=ours,
            )
    return body
