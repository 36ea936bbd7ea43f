"""What somebody's training step says of its objective: the reconstruction loss, and β, the weight of KL."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from torch import Tensor, nn

from seqsetvae.errors import InputError
from seqsetvae.posterior.named_value import value_at

#: Names of a reconstruction loss; what is more than that, or something else, is left out.
_RECONSTRUCTION = re.compile(r"recon|(^|[_/.])(rec|nll|bce|mse|distortion|log_?lik\w*)($|[_/.])", re.IGNORECASE)
_NOT_RECONSTRUCTION = re.compile(r"kl|(^|[_/.])(val|valid|validation|test|x|image|output)($|[_/.])|hat", re.IGNORECASE)
#: Names of β among a module's attributes, hyperparameters and results.
BETA_NAMES = (
    "beta", "kl_weight", "kld_weight", "weight_kl", "weight_kld", "kl_beta", "beta_kl", "kl_coeff", "kl_coef",
    "kld_coeff", "kl_lambda", "lambda_kl", "kl_scale", "kl_factor",
)  # fmt: skip


def reconstruction_of(outputs: Any, logged: Mapping[str, Any] | Callable[[], Mapping[str, Any]]) -> Tensor | None:
    """Return the reconstruction loss of a step, a scalar on its device, or None where nothing is called so.

    Args:
        outputs: What the training step returned: a mean, or a loss of each example.
        logged: What it logged, by name, or a function that returns it; read where it returned none.
    """
    for given in (outputs, logged):
        source = given() if callable(given) else given
        if not isinstance(source, Mapping):
            continue
        for name, value in source.items():
            if isinstance(value, Tensor) and _is_reconstruction(str(name), value):
                return value.detach().float().mean()
    return None


def _is_reconstruction(name: str, value: Tensor) -> bool:
    # An image that is called `recon` has more axes than a loss of examples or of their moments.
    return value.dim() <= 1 and _names_reconstruction(name)


@lru_cache(maxsize=256)
def _names_reconstruction(name: str) -> bool:
    return bool(_RECONSTRUCTION.search(name)) and not _NOT_RECONSTRUCTION.search(name)


class BetaSource:
    """Reads β, and lowers it where the program keeps it in an attribute.

    Args:
        given: None to look for it; a number; the path of an attribute; or a function of the optimizer step.
    """

    def __init__(self, given: float | str | Callable[[int], float] | None = None) -> None:
        self._given = given
        self._path: str | None = given if isinstance(given, str) else None

    def attach(self, module: nn.Module) -> None:
        """Find the attribute; call once when training starts.

        Raises:
            InputError: the attribute that was named is not there.
        """
        if isinstance(self._given, str):
            if _number(module, self._given) is None:
                raise InputError(
                    "beta={path!r} is no number in {module}; give the attribute that holds the weight of KL, a number, "
                    "or a function of the optimizer step",
                    path=self._given, module=type(module).__name__,
                )  # fmt: skip
        elif self._given is None:
            paths = (f"{where}{name}" for where in ("", "hparams.") for name in BETA_NAMES)
            self._path = next((path for path in paths if _number(module, path) is not None), None)

    @property
    def path(self) -> str | None:
        """The attribute that holds β, None where there is none."""
        return self._path

    def __call__(self, module: nn.Module, step: int) -> float | None:
        """Return β at an optimizer step, None where it is not known."""
        if callable(self._given):
            return float(self._given(step))
        if isinstance(self._given, int | float):
            return float(self._given)
        return None if self._path is None else _number(module, self._path)

    def multiply(self, module: nn.Module, factor: float) -> bool:
        """Multiply the attribute; return whether there is one that can be set."""
        if self._path is None or self._path.startswith("hparams."):
            return False
        *parents, name = self._path.split(".")
        owner: Any = module
        for parent in parents:
            owner = getattr(owner, parent)
        value = getattr(owner, name)
        if isinstance(value, Tensor):
            value.data.mul_(factor)
        else:
            setattr(owner, name, value * factor)
        return True


def _number(module: nn.Module, path: str) -> float | None:
    """Return an attribute that is a number, or a tensor of one on the CPU; others would have to wait."""
    value = value_at(module, path)
    if isinstance(value, Tensor) and value.numel() == 1 and value.device.type == "cpu":
        return float(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
