"""The optimizer and the schedule of its rate, whose settings are those of the run also where it was resumed.

A checkpoint holds the moments of the optimizer and how far the schedule is. It holds rates and decay as well, which
would otherwise replace those that a resumed run is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR
from typing_extensions import override

from seqsetvae.model.seqsetvae import SeqSetVAE
from seqsetvae.training.config import TrainConfig


def parameter_groups(config: TrainConfig, model: SeqSetVAE) -> list[dict[str, Any]]:
    """Return the groups: a smaller rate on the set encoder, no decay on norms, biases and embeddings."""
    encoder = {id(p) for p in model.encoder.parameters()}
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            groups.setdefault((id(parameter) in encoder, parameter.ndim >= 2), []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": config.learning_rate * (config.set_encoder_lr_factor if in_encoder else 1.0),
            "weight_decay": config.weight_decay if decays else 0.0,
            "name": f"{'set_encoder' if in_encoder else 'rest'}{'' if decays else '_no_decay'}",
        }
        for (in_encoder, decays), parameters in groups.items()
    ]


def make_optimizer(config: TrainConfig, model: SeqSetVAE) -> AdamW:
    """Return AdamW over the trained parameters of a model."""
    optimizer = AdamW(
        parameter_groups(config, model),
        lr=config.learning_rate,
        # The fused step would unscale float16 gradients only after they were clipped.
        fused=config.precision != "16-mixed",
    )
    optimizer.register_load_state_dict_pre_hook(_with_own_settings)
    return optimizer


def _with_own_settings(optimizer: Optimizer, state: dict[str, Any]) -> dict[str, Any]:
    """Return a saved state with the groups of the optimizer that it is loaded into."""
    groups = [
        {**own, "params": saved["params"]}
        for own, saved in zip(optimizer.param_groups, state["param_groups"], strict=True)
    ]
    return {**state, "param_groups": groups}


class RateSchedule(LambdaLR):
    """Multiplies the rate of each group by one factor, a function of the optimizer step."""

    @override
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue at a saved step, with the rates of the groups."""
        self.last_epoch = state_dict["last_epoch"]
        self._step_count = self.last_epoch + 1
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = base * self.lr_lambdas[0](self.last_epoch)
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]
