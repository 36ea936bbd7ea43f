"""A trained model out of its checkpoint, ready to be asked: float32, in eval mode, its settings beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from seqsetvae.errors import InputError
from seqsetvae.model.losses import ChamferWeights
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.seqsetvae import SeqSetVAE
from seqsetvae.training.checkpoint_contents import CheckpointHeader, read_checkpoint
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.inherited_settings import settings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedModel:
    """A model and what its checkpoint says of it.

    Attributes:
        header: Where it comes from, its run and step.
        settings: Those that it was trained with; settings of other versions of this program are left out.
        model: In eval mode, on the device.
        device: Where it computes.
    """

    header: CheckpointHeader
    settings: TrainConfig
    model: SeqSetVAE
    device: torch.device

    @property
    def chamfer(self) -> ChamferWeights:
        """The weights of the reconstruction loss that the model was trained with."""
        settings = self.settings
        return ChamferWeights(
            direction=settings.direction_weight, magnitude=settings.magnitude_weight, full=settings.full_weight
        )

    @property
    def levels(self) -> tuple[int, ...]:
        """Latent dimensions of each level."""
        return (self.model.config.latent_dim,) * self.model.config.levels

    def check_fits(self, variables: tuple[str, ...]) -> None:
        """Compare the model's vocabulary with a cohort's.

        Raises:
            InputError: they differ; the sentence names some of what differs.
        """
        self.header.check_fits(self.model.config, variables)


def load_model(path: Path, device: torch.device) -> TrainedModel:
    """Load a checkpoint of `seqsetvae-train`; nothing in the file is executed.

    Raises:
        InputError: the file is missing, damaged, or no such checkpoint.
    """
    header = read_checkpoint(path)
    try:
        settings, dimensions = TrainConfig(**settings_of(header)), ModelConfig(**header.model)
    except (TypeError, ValueError, AttributeError) as error:
        raise _unfit(path, error) from error
    header.check_weights(dimensions)
    try:
        model = SeqSetVAE(dimensions)
        model.load_state_dict(dict(header.weights))
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise _unfit(path, error) from error
    return TrainedModel(header=header, settings=settings, model=model.float().eval().to(device), device=device)


def _unfit(path: Path, error: Exception) -> InputError:
    return InputError(
        "checkpoint {path} does not fit this version of the model: {reason}; train it again, or "
        "use the version that wrote it",
        path=path, reason=" ".join(str(error).split()),
    )  # fmt: skip
