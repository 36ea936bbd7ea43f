"""The posterior of a VAE is found wherever its author keeps it; what is missing is said in a sentence."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Independent, Normal

from seqsetvae.errors import InputError
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.posterior.gaussian_conversion import as_sets
from seqsetvae.posterior.posterior_finder import PosteriorFinder

BATCH, FEATURES, LATENT = 32, 6, 3
Pair = tuple[Tensor, Tensor]
Encoded = namedtuple("Encoded", "z mu log_var")


class Heads(nn.Module):
    """An encoder that puts out μ and log σ²."""

    def __init__(self, mean: str = "fc_mu", scale: str = "fc_var") -> None:
        super().__init__()
        self.names = (mean, scale)
        self.add_module(mean, nn.Linear(FEATURES, LATENT))
        self.add_module(scale, nn.Linear(FEATURES, LATENT))

    def __call__(self, x: Tensor) -> Pair:
        pair: Pair = super().__call__(x)
        return pair

    def forward(self, x: Tensor) -> Pair:
        return self.get_submodule(self.names[0])(x), self.get_submodule(self.names[1])(x)


class Vae(nn.Module):
    """Somebody's VAE; `step` is what its author wrote as training step."""

    encoder: Heads
    block1: Heads
    block2: Heads
    decoder: Heads
    mu: Tensor
    log_var: Tensor
    q_z: Any
    _last_z_list: Any

    def __init__(self, step: Callable[[Vae, Tensor], Any], **layers: nn.Module) -> None:
        super().__init__()
        self.step = step
        for name, layer in (layers or {"encoder": Heads()}).items():
            self.add_module(name, layer)

    def truth(self, x: Tensor) -> Pair:
        return self.encoder(x)


def found(vae: Vae, given: Any = None, *, batches: int = 2) -> tuple[list[GaussianPosterior], str]:
    """Return what is found after some batches, and the words for it."""
    finder = PosteriorFinder(given)
    finder.attach(vae)
    levels: list[GaussianPosterior] = []
    for batch in range(batches):
        x = inputs(batch)
        levels = finder.levels(vae, vae.step(vae, x), x)
    return levels, finder.found or ""


def inputs(batch: int = 1) -> Tensor:
    return torch.randn(BATCH, FEATURES, generator=torch.Generator().manual_seed(batch))


def loss_alone(vae: Vae, x: Tensor) -> Tensor:
    mean, log_variance = vae.encoder(x)
    return (mean + log_variance).sum()


def with_names(vae: Vae, x: Tensor) -> dict[str, Tensor]:
    mean, log_variance = vae.encoder(x)
    return {"loss": mean.sum(), "mu": mean, "logvar": log_variance}


def with_deviation(vae: Vae, x: Tensor) -> dict[str, Tensor]:
    mean, log_variance = vae.encoder(x)
    return {"loss": mean.sum(), "z_mean": mean, "z_std": torch.exp(0.5 * log_variance)}


def with_normal(vae: Vae, x: Tensor) -> dict[str, Any]:
    mean, log_variance = vae.encoder(x)
    return {"loss": mean.sum(), "posterior": Independent(Normal(mean, torch.exp(0.5 * log_variance)), 1)}


def keeping_attributes(vae: Vae, x: Tensor) -> Tensor:
    vae.mu, vae.log_var = vae.encoder(x)
    return vae.mu.sum()


def keeping_normal(vae: Vae, x: Tensor) -> Tensor:
    mean, log_variance = vae.encoder(x)
    vae.q_z = Normal(mean, torch.exp(0.5 * log_variance))
    return mean.sum()


def keeping_z_list(vae: Vae, x: Tensor) -> Tensor:
    mean, log_variance = vae.encoder(x)
    z = mean + torch.exp(0.5 * log_variance) * torch.randn(mean.shape, generator=torch.Generator().manual_seed(9))
    vae._last_z_list = [(z, mean, log_variance)]
    return z.sum()


def with_named_tuple(vae: Vae, x: Tensor) -> dict[str, Any]:
    mean, log_variance = vae.encoder(x)
    return {"loss": mean.sum(), "latent": Encoded(mean, mean, log_variance)}


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (with_names, "training step's result"),
        (with_deviation, "training step's result"),
        (with_normal, "training step's result"),
        (with_named_tuple, "training step's result"),
        (keeping_attributes, "attributes mu and log_var"),
        (keeping_normal, "attribute q_z"),
        (keeping_z_list, "attribute _last_z_list"),
        (loss_alone, "layers encoder.fc_mu and encoder.fc_var"),
    ],
)
def test_a_posterior_is_found_where_its_author_keeps_it(step: Callable[[Vae, Tensor], Any], words: str) -> None:
    vae = Vae(step)
    (level,), place = found(vae)
    mean, log_variance = vae.truth(inputs())
    torch.testing.assert_close(level.mean, mean.detach())
    torch.testing.assert_close(level.log_variance, log_variance.detach(), atol=1e-5, rtol=1e-5)
    assert words in place
    assert not level.mean.requires_grad


def test_a_layer_that_puts_out_a_pair_is_found_by_the_pair() -> None:
    vae = Vae(loss_alone, encoder=Heads("first", "second"))
    (level,), place = found(vae)
    torch.testing.assert_close(level.log_variance, vae.truth(inputs())[1].detach())
    assert place == "layer encoder"


def test_layers_of_a_hierarchy_are_levels() -> None:
    def step(vae: Vae, x: Tensor) -> Tensor:
        return vae.block1(x)[0].sum() + vae.block2(x)[0].sum()

    vae = Vae(step, block1=Heads("a", "b"), block2=Heads("a", "b"))
    levels, place = found(vae)
    assert place == "layers block1 and block2"
    torch.testing.assert_close([q.mean for q in levels], [b(inputs())[0].detach() for b in (vae.block1, vae.block2)])


@pytest.mark.parametrize("given", ["mine", "encoder", lambda module, _, batch: module.encoder(batch)])
def test_a_name_or_a_function_says_where_it_is(given: Any) -> None:
    def step(vae: Vae, x: Tensor) -> dict[str, Any]:
        pair = vae.encoder(x)
        return {"loss": pair[0].sum(), "mine": pair}

    vae = Vae(step, encoder=Heads("first", "second"))
    (level,), _ = found(vae, given)
    torch.testing.assert_close(level.mean, vae.truth(inputs())[0].detach())


def test_a_layer_that_is_called_sigma_and_has_negative_results_gives_log_sigma() -> None:
    vae = Vae(loss_alone, encoder=Heads("mu", "sigma"))
    (level,), _ = found(vae)
    torch.testing.assert_close(level.log_variance, 2.0 * vae.truth(inputs())[1].detach())


def test_a_layer_that_is_called_var_gives_log_variance_even_where_all_numbers_are_above_0() -> None:
    vae = Vae(loss_alone)
    nn.init.constant_(vae.encoder.get_parameter("fc_var.weight"), 0.0)
    nn.init.constant_(vae.encoder.get_parameter("fc_var.bias"), 0.01)
    (level,), _ = found(vae)
    assert torch.equal(level.log_variance, torch.full((BATCH, LATENT), 0.01))


def test_the_prior_and_the_decoder_are_not_taken_for_the_posterior() -> None:
    def step(vae: Vae, x: Tensor) -> dict[str, Tensor]:
        vae.prior_mu, vae.prior_logvar = torch.zeros(LATENT), torch.zeros(LATENT)
        return {"loss": vae.decoder(x)[0].sum(), "recon_mu": x, "recon_logvar": x}

    with pytest.raises(InputError, match="no posterior was found in Vae: return it from training_step as"):
        found(Vae(step, decoder=Heads()))


def test_hooks_leave_the_module_with_the_finder() -> None:
    vae, finder = Vae(loss_alone), PosteriorFinder()
    finder.attach(vae)
    finder.detach()
    assert not any(layer._forward_hooks for layer in vae.modules())


def test_a_name_of_something_else_is_a_sentence() -> None:
    with pytest.raises(InputError, match=r"posterior='encoder\.fc_mu' of Vae is no posterior"):
        found(Vae(loss_alone), "encoder.fc_mu")


def test_a_layer_of_both_halves_is_read_where_it_is_named() -> None:
    module = nn.Sequential()
    module.add_module("encoder", nn.Linear(FEATURES, 2 * LATENT))
    finder = PosteriorFinder("encoder")
    finder.attach(module)
    x = torch.randn(BATCH, FEATURES)
    mean, log_variance = module(x).chunk(2, -1)
    (found,) = finder.levels(module, None, [x])
    assert torch.equal(found.mean, mean)
    assert torch.equal(found.log_variance, log_variance)
    assert finder.found == "what layer encoder puts out, half μ and half log σ²"


def test_a_layer_called_at_each_moment_is_a_sequence() -> None:
    module = Heads()
    finder = PosteriorFinder()
    finder.attach(module)
    x = torch.randn(BATCH, 5, FEATURES)
    for moment in range(5):
        module(x[:, moment])
    (found,) = finder.levels(module, None, [x])
    assert found.mean.shape == (BATCH, 5, LATENT)


def test_a_posterior_expanded_for_several_draws_counts_once() -> None:
    mean = torch.randn(BATCH, LATENT).expand(7, BATCH, LATENT)
    posterior = GaussianPosterior(mean=mean, log_variance=torch.zeros(BATCH, LATENT).expand(7, BATCH, LATENT))
    assert as_sets(posterior).mean.shape == (BATCH, LATENT)


def test_sigma_of_a_linear_layer_is_said_to_be_read_as_a_logarithm() -> None:
    module = Heads("fc_mu", "fc_sigma")
    finder = PosteriorFinder()
    finder.attach(module)
    module(torch.randn(BATCH, FEATURES))
    finder.levels(module, None, None)
    assert finder.found == "layers fc_mu and fc_sigma (read as log σ)"
