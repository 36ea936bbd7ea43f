"""What the detector would have said of a log with other thresholds: those of a file, over the run's own."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from seqsetvae.collapse.replay import Replay
from seqsetvae.collapse.thresholds import ROWS, Thresholds
from seqsetvae.collapse.verdict_history import VerdictHistory
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.logs.checks import observations_in
from seqsetvae.logs.log import Log
from seqsetvae.settings_file import InvalidYamlError, read_settings
from seqsetvae.stream.records import Level
from tui.what_if.detector_settings import checked

ALARMS = (Level.YELLOW, Level.ORANGE, Level.RED)
"""The levels above green, in order."""

SECTION = "collapse"
"""The section of a settings file that may hold thresholds too."""

NO_OVERRIDES: Mapping[str, Any] = MappingProxyType({})
"""The run's own thresholds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WhatIf:
    """What a detector would have said.

    Attributes:
        changed: The settings that were put over the run's own.
        history: Its verdicts on all checks of the log.
    """

    changed: Mapping[str, Any]
    history: VerdictHistory


def judge_again(log: Log, config: Mapping[str, Any], overrides: Mapping[str, Any]) -> WhatIf:
    """Let the detector judge a log again, from its beginning.

    Args:
        log: What to judge; one that has not been written yet has no checks.
        config: The settings of its run.
        overrides: Settings of the detector to put over them.

    Raises:
        InputError: The log is there and cannot be read.
    """
    thresholds, _ = Thresholds.usable_in({**config, **overrides})
    judge = Replay(thresholds)
    for observation in observations_in(log):
        judge.judge(observation)
    return WhatIf(changed=overrides, history=judge.history)


def read_thresholds(path: Path) -> dict[str, Any]:
    """The settings in a YAML or JSON file, by flag name, at its top or in its section `collapse`.

    Raises:
        InputError: It cannot be read, or holds a setting that there is not, or a value that it cannot have.
    """
    body = _parsed(path)
    section = body.pop(SECTION, None)
    if section is not None and not isinstance(section, dict):
        raise InputError(
            "{path}: {section} must be a section of settings, not {value!r:.40}",
            path=path,
            section=SECTION,
            value=section,
        )
    out: dict[str, Any] = {}
    for key, value in [*body.items(), *(section or {}).items()]:
        name = _setting(path, key)
        try:
            out[name] = checked(name, value)
        except InputError as error:
            raise InputError("{path}: {reason}", path=path, reason=error) from None
    return out


def _parsed(path: Path) -> dict[Any, Any]:
    try:
        body = read_settings(path)
    except OSError as error:
        raise InputError(
            "{path} cannot be read ({reason}): give a YAML or JSON file", path=path, reason=error.strerror
        ) from None
    except InvalidYamlError as error:
        raise InputError(
            "{path} is neither YAML nor JSON: {reason}; write lines such as 'kl_threshold: 0.5'",
            path=path,
            reason=error,
        ) from None
    if not isinstance(body, dict):
        raise InputError("{path} holds no settings: write lines such as 'kl_threshold: 0.5'", path=path)
    return body


def _setting(path: Path, key: object) -> str:
    name = str(key).removeprefix("--")
    if name in ROWS:
        return name
    near = difflib.get_close_matches(name, ROWS, n=1)
    instead = Message("there are {names}", names=", ".join(ROWS))
    if near:
        instead = Message("did you mean {name}?", name=near[0])
    raise InputError(
        "{path}: {key!r:.60} is no setting of the detector; {instead}", path=path, key=key, instead=instead
    )
