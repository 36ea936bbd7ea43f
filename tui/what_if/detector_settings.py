"""The detector's settings for people: what each one means, and what a text typed for one stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tui.views.limit_lines import thresholds_in
from tui.what_if.overrides import checked


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """A setting of the detector, and what it means in a line."""

    name: str
    meaning: str


SETTINGS = (
    Setting(name="detector", meaning="posterior, or original: the rules of the original code"),
    Setting(name="fast_detection", meaning="with original: its other thresholds, true or false"),
    Setting(name="kl_threshold", meaning="KL is low below, nats a set; none: by latent dimensions"),
    Setting(name="var_threshold", meaning="with low KL, mean σ² is the prior's above; none: 0.95"),
    Setting(name="active_units_threshold", meaning="active dimensions are few below, share; none: 0.1"),
    Setting(name="collapsed_fraction_threshold", meaning="collapsed dimensions are many above, share"),
    Setting(name="mutual_information_threshold", meaning="z tells little below, nats; none: by the sample"),
    Setting(name="z_ablation_threshold", meaning="decoder does without z below, relative loss"),
    Setting(name="kl_explosion_threshold", meaning="KL has exploded above, nats; none: by dimensions"),
    Setting(name="min_checks", meaning="checks before which it is too early to tell"),
    Setting(name="window_size", meaning="checks over which trends are taken, at least 3"),
    Setting(name="free_bits", meaning="nats a dimension that cost nothing"),
)
"""All of them, in the order of the flags."""


def own_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a run was judged by, from its manifest's; the defaults where that tells none."""
    return asdict(thresholds_in(config))


def typed(name: str, text: str, own: object) -> object:
    """What a text stands for: nothing is the run's own value, ``none`` the detector's choice.

    Raises:
        ValueError: it is no value for the setting; the message says what would be.
    """
    import yaml  # the watcher starts faster without it

    text = text.strip()
    if not text:
        return own
    if text.lower() == "none":
        return checked(name, None)
    try:
        return checked(name, yaml.safe_load(text))
    except yaml.YAMLError:
        raise ValueError(f"--{name}: {text!r:.40} cannot be read; write a plain value such as 0.5") from None
