"""The fields of a checkpoint and the type of each, checked before anything uses them.

A checkpoint comes from anywhere, and what loads it later believes it: a wrong type would end in the middle of training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seqsetvae.collapse.posterior_course import PosteriorCourse
from seqsetvae.collapse.verdict import Condition
from seqsetvae.errors import InputError
from seqsetvae.stream.records import Level

#: Beyond it, a count is no count.
MOST = 2**53


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of field: its name in messages, and whether a value has it."""

    name: str
    holds: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Each:
    """A dict of any keys of one kind, whose values have one shape."""

    key: Kind
    value: Any


@dataclass(frozen=True, slots=True)
class Maybe:
    """A field that may be None or absent."""

    shape: Any


@dataclass(frozen=True, slots=True)
class Named:
    """A table whose `name` says which shape it has; of other names, any."""

    shapes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class One:
    """A list of one item."""

    shape: Any


class FieldError(Exception):
    """A field is missing, or has another type; the arguments are the field, what it is, and what it must be."""


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) and value.layout is torch.strided and value.device.type == "cpu"


def _is_text(value: Any) -> bool:
    """Return whether a value can be a name or a path."""
    return type(value) is str and "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


COUNT = Kind("a whole number", lambda value: type(value) is int and 0 <= value < MOST)
INTEGER = Kind("a whole number", lambda value: type(value) is int and abs(value) < MOST)
NUMBER = Kind("a number", lambda value: type(value) is float or (type(value) is int and abs(value) < MOST))
TEXT = Kind("text", _is_text)
SWITCH = Kind("true or false", lambda value: type(value) is bool)
LEVEL = Kind("a level", lambda value: type(value) is str and value in list(Level))
CONDITION = Kind("a condition", lambda value: type(value) is str and value in list(Condition))
TENSOR = Kind("a tensor of numbers", lambda value: _is_tensor(value) and value.is_floating_point())
SCALAR = Kind("a number", lambda value: _is_tensor(value) and value.numel() == 1 and not value.is_complex())
PLAIN = Kind(
    "a plain value",
    lambda value: (
        value is None
        or type(value) in (bool, int, float)
        or _is_text(value)
        or (type(value) in (list, tuple) and all(map(_is_text, value)))
    ),
)

_VERDICT = {
    "step": COUNT, "level": LEVEL, "condition": CONDITION, "reasons": [TEXT], "advice": [TEXT], "since": COUNT,
    "checks": COUNT,
}  # fmt: skip
_DECISION = {
    **dict.fromkeys(("tell", "warn", "save", "lower_beta", "stop"), SWITCH), "commands": [[TEXT]]
}  # fmt: skip

#: What each program that reads checkpoints relies on.
DESCRIPTION = {
    "state_dict": Each(TEXT, TENSOR),
    "global_step": COUNT,
    "run_name": Maybe(TEXT),
    "seqsetvae": {
        "config": Each(TEXT, PLAIN),
        "model": Each(TEXT, PLAIN),
        "variables": [TEXT],
        "data": Maybe(Each(TEXT, TEXT)),
    },
}

_COURSE = {
    **{field.name: Maybe(NUMBER) for field in fields(PosteriorCourse)},
    "awake": Maybe(SWITCH), "recent": Maybe([(COUNT, NUMBER)]), "lately": Maybe([(COUNT, NUMBER)]),
    "recon_window": Maybe([NUMBER]),
}  # fmt: skip

_DETECTORS = {
    "posterior": {
        "latest": Maybe(_VERDICT), "not_finite": COUNT, "candidate": Maybe((CONDITION, COUNT)),
        "stairs": {"level": LEVEL}, "course": Maybe(_COURSE),
    },
    "original": {
        "latest": Maybe(_VERDICT), "recon": [NUMBER], "low_kl": COUNT, "collapsed_before": SWITCH,
    },
}  # fmt: skip

_PARTS = {
    "PosteriorMonitor": {
        "detector": Named(_DETECTORS),
        "last_ablation": INTEGER,
        "statistics": Maybe(
            {"dimensions": [COUNT], "means": TENSOR, "scatter": TENSOR, "sampled": TENSOR, "counts": [NUMBER]}
        ),
    },
    "CollapseResponse": {
        "state": {
            "level": Maybe(LEVEL), "condition": Maybe(CONDITION), "checks": COUNT, "lowered": COUNT,
            "waited": Maybe(COUNT), "stopping": COUNT, "saved": SWITCH,
        },
        "pending": [(_VERDICT, _DECISION)],
        "stopping": Maybe(TEXT),
    },
    "HealthyCheckpoint": {"path": Maybe(TEXT), "active": [NUMBER]},
    "PosteriorPlot": {"ordered": COUNT},
    "CollapseReport": {
        "history": {
            "changes": COUNT, "latest": Maybe(_VERDICT), "dimensions": COUNT, "sample_sets": Maybe(NUMBER),
            "checks_at": Each(LEVEL, COUNT), "first": Each(LEVEL, COUNT), "spans": [(COUNT, LEVEL)],
        }
    },
}  # fmt: skip

#: By the beginning of their name, which may have arguments behind it.
_CALLBACKS = {
    "EarlyStopping": {
        "wait_count": COUNT, "stopped_epoch": COUNT, "best_score": SCALAR, "patience": COUNT,
        "stopping_reason": Maybe(COUNT), "stopping_reason_message": Maybe(TEXT),
    },
    "PosteriorWatch": {
        "parts": {name: Maybe(shape) for name, shape in _PARTS.items()},
        "run": Maybe(TEXT),
        "collapse_step": Maybe(COUNT),
    },
    "RunEvents": {"best": Maybe(NUMBER), "best_step": Maybe(COUNT), "validations": Maybe(COUNT)},
    "TrainingMetrics": {"sums": Maybe(TENSOR), "batches": COUNT},
    **_PARTS,  # each by itself, in checkpoints of earlier versions
}  # fmt: skip

#: What a run that goes on relies on beside the positions of Lightning's loops.
STATE = {
    "epoch": COUNT,
    "pytorch-lightning_version": TEXT,
    "optimizer_states": One(
        {
            "state": Each(COUNT, {"step": SCALAR, "exp_avg": TENSOR, "exp_avg_sq": TENSOR}),
            "param_groups": [{"params": [COUNT]}],
        }
    ),
    "lr_schedulers": One({"last_epoch": COUNT}),
    "callbacks": Each(TEXT, {}),
    "MixedPrecision": Maybe(
        {"scale": NUMBER, "growth_factor": NUMBER, "backoff_factor": NUMBER, "growth_interval": COUNT,
         "_growth_tracker": COUNT}
    ),
}  # fmt: skip
POSITION = {"epoch": COUNT, "batches": COUNT, "validation_due": SWITCH}
LOADER = dict.fromkeys(("epoch", "start_batch", "seed", "patients", "batch_size", "num_replicas"), COUNT)


def check_description(path: Path, content: Mapping[str, Any]) -> None:
    """Check what describes a model.

    Raises:
        InputError: a field is missing or has another type.
    """
    _check_all(path, content, DESCRIPTION)


def check_state(path: Path, content: Mapping[str, Any], loop: Mapping[str, Any]) -> None:
    """Check what a run needs to go on.

    Args:
        path: Of the checkpoint.
        content: All that it holds.
        loop: The state of Lightning's fit loop before training: that of the checkpoint has its fields.

    Raises:
        InputError: a field is missing or has another type.
    """
    loops = {"fit_loop": {**_like(loop), "state_dict": {"combined_loader": One(LOADER), "position": Maybe(POSITION)}}}
    _check_all(path, content, {**STATE, "loops": loops})
    for key, state in content["callbacks"].items():
        for name, shape in _CALLBACKS.items():
            if key.startswith(name):
                _check_all(path, {"callbacks": {key: state}}, {"callbacks": {key: shape}})


def posterior_parts(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the states of what watches the posterior, by name."""
    callbacks = content["callbacks"]
    watches = (state["parts"] for key, state in callbacks.items() if key.startswith("PosteriorWatch"))
    return next(watches, callbacks)


def _like(example: Any) -> Any:
    """Return the shape of counters that Lightning keeps."""
    if isinstance(example, Mapping):
        return {name: _like(value) for name, value in example.items()}
    return SWITCH if isinstance(example, bool) else COUNT


def _check_all(path: Path, content: object, shape: Any) -> None:
    try:
        _check(content, shape, "")
    except FieldError as error:
        field, found, wanted = error.args
        raise InputError(
            "checkpoint {path} cannot be used: {field} is {found}, expected {wanted}; use another one",
            path=path, field=field, found=found, wanted=wanted,
        ) from None  # fmt: skip


def _check(value: Any, shape: Any, field: str) -> None:
    """Compare a value with a shape: a kind of value, or a dict, list or tuple of shapes."""
    if isinstance(shape, Maybe):
        if value is not None:
            _check(value, shape.shape, field)
    elif isinstance(shape, Kind):
        if not shape.holds(value):
            raise FieldError(field, _shown(value), shape.name)
    elif isinstance(shape, list | tuple | One):
        _check_list(value, shape, field)
    elif not isinstance(value, Mapping):
        raise FieldError(field, _shown(value), "a table")
    else:
        _check_table(value, shape, field)


def _check_list(value: Any, shape: Any, field: str) -> None:
    if not isinstance(value, list | tuple):
        raise FieldError(field, _shown(value), "a list")
    shapes = shape if isinstance(shape, tuple) else (shape.shape,) if isinstance(shape, One) else shape * len(value)
    if len(shapes) != len(value):
        raise FieldError(field, f"a list of {len(value)}", f"a list of {len(shapes)}")
    for number, (item, inner) in enumerate(zip(value, shapes, strict=True)):
        _check(item, inner, f"{field}[{number}]")


def _check_table(value: Mapping[Any, Any], shape: Any, field: str) -> None:
    if isinstance(shape, Each):
        for key, item in value.items():
            if not shape.key.holds(key):
                raise FieldError(f"a name in {field}", _shown(key), shape.key.name)
            _check(item, shape.value, _below(field, key))
        return
    if isinstance(shape, Named):
        _check(value.get("name"), TEXT, f"{field}.name")
        shape = shape.shapes.get(value["name"], {})
    for key, inner in shape.items():
        if key not in value and not isinstance(inner, Maybe):
            raise FieldError(_below(field, key), "missing", "a value")
        _check(value.get(key), inner, _below(field, key))


def _below(field: str, key: object) -> str:
    return f"{field}.{key}" if field else str(key)


def _shown(value: object) -> str:
    if value is None or type(value) in (bool, float, str) or (type(value) is int and abs(value) < MOST):
        return f"{value!r:.40}"
    return f"a {type(value).__name__}"
