"""Reading checkpoints of other runs as data; nothing in them is executed."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.seqsetvae import SeqSetVAE
from seqsetvae.training.checkpoint_fields import check_description

#: What reading raises where the bytes are damaged or no checkpoint, since an unpickler trusts its input.
_UNREADABLE = (
    OSError, RuntimeError, EOFError, ValueError, LookupError, AttributeError, TypeError, pickle.UnpicklingError
)  # fmt: skip

#: What a checkpoint of this program holds, beside what Lightning puts there, and in its own part.
_PARTS = {"state_dict", "global_step", "config", "model", "variables"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointHeader:
    """The description that a checkpoint has of itself.

    Attributes:
        path: Where it is.
        run_name: The run that it belongs to; None where it is unknown.
        config: The run's settings.
        model: The model's dimensions.
        variables: The vocabulary, in the order of ids.
        weights: The model's weights, named as in `SeqSetVAE`.
        step: Optimizer steps taken.
        data: Fingerprints of what it was trained on, by name; empty in checkpoints of earlier versions.
        run_started: When the run started, as its manifest says; None in checkpoints of earlier versions.
        content: All that it holds.
    """

    path: Path
    run_name: str | None
    config: Mapping[str, Any]
    model: Mapping[str, Any]
    variables: tuple[str, ...]
    weights: Mapping[str, Tensor]
    step: int
    data: Mapping[str, str]
    run_started: float | None
    content: Mapping[str, Any]

    def check_fits(self, model: ModelConfig, variables: tuple[str, ...]) -> None:
        """Compare the checkpoint's shape with a model's.

        Raises:
            InputError: they differ; the sentence names each difference.
        """
        own = asdict(model)
        differing = [
            f"{name} {self.model.get(name)} (here {own[name]})"
            for name in own
            if name != "dropout" and self.model.get(name) != own[name]
        ]
        if differing:
            raise InputError(
                "checkpoint {path} has another shape: {names}; use the flags it was trained with",
                path=self.path, names=", ".join(differing),
            )  # fmt: skip
        if self.variables != variables:
            others = sorted(set(self.variables) ^ set(variables))[:5]
            what = Message("such as {names}", names=", ".join(others)) if others else Message("in another order")
            raise InputError(
                "checkpoint {path} was trained on other variables, {names}; use its stats.csv",
                path=self.path, names=what,
            )  # fmt: skip

    def check_weights(self, model: ModelConfig) -> None:
        """Compare the weights with those of a model, which is not built for it.

        Raises:
            InputError: they have other names or shapes.
        """
        layers = max(model.levels, model.decoder_layers, model.transformer_layers)
        shapes: dict[str, Any] = {}
        if layers <= len(self.weights):
            with torch.device("meta"):
                shapes = {name: tensor.shape for name, tensor in SeqSetVAE(model).state_dict().items()}
        found = {name: tensor.shape for name, tensor in self.weights.items()}
        if found != shapes:
            differing = sorted(name for name in found.keys() | shapes.keys() if found.get(name) != shapes.get(name))
            raise InputError(
                "checkpoint {path} does not hold the weights of its model: {names} differ; use another one",
                path=self.path, names=", ".join(differing[:3]),
            )  # fmt: skip

    def other_data(self, identity: Mapping[str, str]) -> list[str]:
        """Return the names of what differs between the data it was trained on and these fingerprints."""
        return [name for name, found in identity.items() if self.data.get(name, found) != found]


def read_content(path: Path) -> Any:
    """Return what a file of torch holds; nothing in it is executed, and tensors stay on disk until they are used.

    Raises:
        InputError: the file is missing or unreadable.
    """
    if not path.is_file():
        raise InputError("checkpoint {path} does not exist", path=path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except _UNREADABLE as error:
        reason = str(error).split("\n", 1)[0]
        raise InputError("checkpoint {path} cannot be read: {reason}", path=path, reason=reason) from error


def read_checkpoint(path: Path) -> CheckpointHeader:
    """Read a checkpoint's header; tensors stay on disk until they are used.

    Raises:
        InputError: the file is missing, unreadable, no checkpoint of this program, or has fields of a wrong type.
    """
    content = read_content(path)
    described = content.get("seqsetvae") if isinstance(content, dict) else None
    if not isinstance(described, dict) or _PARTS - described.keys() - content.keys():
        raise InputError("{path} is not a checkpoint of seqsetvae-train", path=path)
    check_description(path, content)
    prefix, started = "model.", content.get("run_started")
    return CheckpointHeader(
        path=path,
        run_name=content.get("run_name"),
        config=described["config"],
        model=described["model"],
        variables=tuple(described["variables"]),
        weights={
            name.removeprefix(prefix): tensor
            for name, tensor in content["state_dict"].items()
            if name.startswith(prefix)
        },
        step=content["global_step"],
        data=described.get("data") or {},
        run_started=started if isinstance(started, float) else None,
        content=content,
    )
