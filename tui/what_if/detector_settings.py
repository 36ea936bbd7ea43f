"""Values for the detector's settings, as people write them in a form or in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_type_hints

from seqsetvae.collapse.thresholds import Thresholds


def own_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a run was judged by, from its manifest's; the defaults where that has none."""
    return asdict(Thresholds.usable_in(config)[0])


def checked(name: str, value: object) -> object:
    """Return a value as one of the detector's settings has it.

    Raises:
        InputError: it cannot have it; the message names the setting, the value and what it may be.
    """
    from seqsetvae.commandline.config_flags import convert  # loads YAML, which the watcher starts faster without

    converted: object = convert(value, get_type_hints(Thresholds)[name], f"--{name}")
    Thresholds.of({name: converted})
    return converted


def typed(name: str, text: str, own: object) -> object:
    """Return what a text stands for: nothing is the run's own value, `none` the detector's choice.

    Raises:
        InputError: it is no value for the setting; the message says what would be.
    """
    return checked(name, text.strip()) if text.strip() else own
