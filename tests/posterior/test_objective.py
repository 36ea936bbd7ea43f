"""The reconstruction loss and β are read under the names that people give them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from seqsetvae.errors import InputError
from seqsetvae.posterior.objective import BetaSource, reconstruction_of


@pytest.mark.parametrize(
    "name",
    ["recon", "recon_loss", "Reconstruction_Loss", "rec_loss", "nll", "train/recon", "train_reconstruction", "bce"],
)
def test_a_reconstruction_loss_is_read_by_its_name(name: str) -> None:
    each = torch.tensor([1.0, 3.0])
    for value in (each, each.mean()):
        read = reconstruction_of({"loss": torch.tensor(9.0), "kl_loss": torch.tensor(8.0), name: value}, {})
        assert read is not None
        assert float(read) == 2.0
    assert reconstruction_of(None, {name: each}) == torch.tensor(2.0)


@pytest.mark.parametrize(
    "name", ["loss", "kl_recon_ratio", "val/recon", "x_recon", "recon_hat", "vector", "directions"]
)
def test_what_is_something_else_is_not_read(name: str) -> None:
    assert reconstruction_of({name: torch.tensor(1.0)}, {}) is None


def test_a_reconstructed_image_is_no_loss() -> None:
    assert reconstruction_of({"recon": torch.zeros(4, 8)}, {}) is None


class Weighted(nn.Module):
    """A module with β somewhere."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__()
        for name, value in attributes.items():
            setattr(self, name, value)


@pytest.mark.parametrize(
    ("module", "beta"),
    [
        (Weighted(beta=4), 4.0),
        (Weighted(kld_weight=0.00025), 0.00025),
        (Weighted(kl_weight=torch.tensor(0.5)), 0.5),
        (Weighted(hparams={"beta": 2.0}), 2.0),
        (Weighted(beta=True), None),
        (Weighted(beta=torch.ones(3)), None),
        (Weighted(), None),
    ],
)
def test_beta_is_found_where_it_is_a_number(module: nn.Module, beta: float | None) -> None:
    source = BetaSource()
    source.attach(module)
    assert source(module, 10) == beta


def test_beta_is_given_as_a_number_a_function_or_a_path() -> None:
    module = Weighted(objective=SimpleNamespace(weight=0.2))
    for given, expected in ((0.1, 0.1), (lambda step: step / 100, 0.1), ("objective.weight", 0.2)):
        source = BetaSource(given)
        source.attach(module)
        assert source(module, 10) == expected


@pytest.mark.parametrize("weight", [0.5, torch.tensor(0.5)])
def test_beta_is_lowered_in_its_attribute(weight: Any) -> None:
    module, source = Weighted(objective=SimpleNamespace(weight=weight)), BetaSource("objective.weight")
    source.attach(module)
    assert source.multiply(module, 0.1)
    assert source(module, 0) == pytest.approx(0.05)


@pytest.mark.parametrize("given", [0.5, float])
def test_beta_that_is_no_attribute_cannot_be_lowered(given: Any) -> None:
    module, source = Weighted(), BetaSource(given)
    source.attach(module)
    assert not source.multiply(module, 0.1)


def test_a_path_that_is_no_number_is_a_sentence() -> None:
    with pytest.raises(InputError, match="beta='betas' is no number in Weighted"):
        BetaSource("betas").attach(Weighted())
