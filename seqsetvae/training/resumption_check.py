"""Whether a run can go on from a checkpoint, found out before anything is written or trained."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from importlib.metadata import version

import pytorch_lightning as pl
import torch
from packaging.version import InvalidVersion, Version

from seqsetvae.data.sampler import BucketBatchSampler
from seqsetvae.errors import InputError
from seqsetvae.posterior.statistics import PosteriorStatistics
from seqsetvae.training.checkpoint_contents import CheckpointHeader
from seqsetvae.training.checkpoint_fields import check_state, posterior_parts
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.module import SeqSetVAEModule
from seqsetvae.training.optimization import parameter_groups

LIGHTNING = version("pytorch-lightning")
#: What loading raises where a state has the right types and makes no sense.
_SENSELESS = (ValueError, TypeError, LookupError, AttributeError, RuntimeError, ArithmeticError, zlib.error)


def check_resumable(
    header: CheckpointHeader,
    *,
    config: TrainConfig,
    module: SeqSetVAEModule,
    trainer: pl.Trainer,
    sampler: BucketBatchSampler,
) -> None:
    """Check that a run can go on.

    Args:
        header: Of the checkpoint.
        config: The run's settings.
        module: Of the run.
        trainer: Of the run; its callbacks take over their state.
        sampler: Of the train split.

    Raises:
        InputError: it cannot; the sentence names the field or the flag.
    """
    content = header.content
    check_state(header.path, content, trainer.fit_loop.state_dict())
    _check_length(header, config)
    _check_version(header)
    _check_moments(header, config, module)
    try:
        sampler.load_state_dict(content["loops"]["fit_loop"]["state_dict"]["combined_loader"][0])
    except InputError:
        raise
    except ValueError as error:
        raise _unusable(header, "loops.fit_loop.state_dict.combined_loader", error) from error
    _check_callbacks(header, module, trainer.callbacks)  # type: ignore[attr-defined]  # Lightning puts it there


def _check_length(header: CheckpointHeader, config: TrainConfig) -> None:
    # Checkpoints of before have no position: theirs is the number of the epoch that they were written in.
    position = header.content["loops"]["fit_loop"]["state_dict"].get("position") or header.content
    done = {"max_epochs": position["epoch"], "max_steps": header.step}
    for name, reached in done.items():
        limit = getattr(config, name)
        if limit != -1 and reached > limit:
            raise InputError(
                "--{name} is {limit}, but checkpoint {path} has {reached} behind it; set a larger number",
                name=name, limit=limit, path=header.path, reached=reached,
            )  # fmt: skip


def _check_version(header: CheckpointHeader) -> None:
    field = "pytorch-lightning_version"
    try:
        if Version(header.content[field]).major < Version(LIGHTNING).major:
            raise InvalidVersion(f"{header.content[field]} is older than {LIGHTNING}")
    except InvalidVersion as error:
        raise _unusable(header, field, error) from error


def _check_moments(header: CheckpointHeader, config: TrainConfig, module: SeqSetVAEModule) -> None:
    """Compare the optimizer's state with the weights that are trained."""
    (saved,) = header.content["optimizer_states"]
    groups = [group["params"] for group in parameter_groups(config, module.model)]
    trained = [len(group["params"]) for group in saved["param_groups"]]
    if trained != [len(group) for group in groups]:
        raise InputError(
            "--freeze_ratio {ratio:g} does not fit checkpoint {path}, whose run trained {saved} tensors (here {own}); "
            "set the one that it was trained with",
            ratio=config.freeze_ratio, path=header.path, saved=sum(trained), own=sum(map(len, groups)),
        )  # fmt: skip
    numbers = [number for group in saved["param_groups"] for number in group["params"]]
    for number, parameter in zip(numbers, (p for group in groups for p in group), strict=True):
        moments = saved["state"].get(number)
        for name in ("exp_avg", "exp_avg_sq"):
            if moments is not None and moments[name].shape != parameter.shape:
                error = f"its shape is {tuple(moments[name].shape)}, not {tuple(parameter.shape)}"
                raise _unusable(header, f"optimizer_states[0].state.{number}.{name}", error)


def _check_callbacks(header: CheckpointHeader, module: SeqSetVAEModule, callbacks: Sequence[pl.Callback]) -> None:
    states = header.content["callbacks"]
    for callback in callbacks:
        if callback.state_key in states:
            try:
                callback.load_state_dict(states[callback.state_key])
            except _SENSELESS as error:
                raise _unusable(header, f"callbacks.{callback.state_key}", error) from error
    gathered = (posterior_parts(header.content).get("PosteriorMonitor") or {}).get("statistics")
    if gathered is not None:
        dimensions = [module.model.config.latent_dim] * module.model.config.levels
        try:
            with torch.no_grad():
                PosteriorStatistics(dimensions).load_state_dict(gathered)
        except _SENSELESS as error:
            raise _unusable(header, "callbacks.PosteriorMonitor.statistics", error) from error


def _unusable(header: CheckpointHeader, field: str, reason: object) -> InputError:
    return InputError(
        "checkpoint {path} cannot be used: {field}: {reason}; use another one",
        path=header.path, field=field, reason=" ".join(str(reason).split()),
    )  # fmt: skip
