"""Linear VAEs, whose number of active units is known."""

from __future__ import annotations

import math

import pytest
import torch

from benchmarks.collapse.linear import __main__ as command
from benchmarks.collapse.linear.linear_vae import LinearProblem, LinearVae

SPECTRUM = (4.0, 2.0, 1.0, 0.5, 0.25, 0.1)


def problem(*, latent: int = 4, beta: float = 1.0, noise: float | None = 0.8) -> LinearProblem:
    return LinearProblem(eigenvalues=SPECTRUM, latent=latent, beta=beta, noise=noise)


class TestExactNumber:
    @pytest.mark.parametrize(("beta", "noise", "exact"), [(1.0, 0.8, 3), (2.0, 0.8, 2), (0.5, 0.8, 4), (10.0, 1.0, 0)])
    def test_eigenvalues_above_beta_times_noise_are_active(self, beta: float, noise: float, exact: int) -> None:
        assert problem(beta=beta, noise=noise).exact == exact

    def test_a_learned_noise_is_the_mean_of_what_is_left_out(self) -> None:
        assert problem(noise=None, latent=3).exact == 3
        assert problem(noise=None).learned_noise(3) == pytest.approx((0.5 + 0.25 + 0.1) / 3)


class TestOptimum:
    def test_it_has_the_values_of_the_derivation(self) -> None:
        vae = LinearVae(problem(beta=0.5, noise=0.8), seed=0)
        vae.converge(800)
        information = (vae.encoder.square() * vae.covariance).sum(1).sort(descending=True).values
        assert information.tolist() == pytest.approx([1 - 0.4 / value for value in SPECTRUM[:4]], abs=1e-3)
        kl = -0.5 * vae.variance.log().sum()
        assert float(kl) == pytest.approx(sum(0.5 * math.log(value / 0.4) for value in SPECTRUM[:4]), abs=1e-3)

    def test_a_learned_noise_converges(self) -> None:
        vae = LinearVae(problem(noise=None, latent=2), seed=1)
        vae.converge(500)
        assert vae.noise == pytest.approx(problem(noise=None).learned_noise(2), rel=1e-3)

    @pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
    def test_called_units_are_the_exact_number(self, beta: float) -> None:
        vae = LinearVae(problem(beta=beta), seed=2)
        vae.converge(800)
        assert set(command.called_units(vae)) == {problem(beta=beta).exact}


@pytest.mark.usefixtures("one_thread")
def test_adam_trains_one_too() -> None:
    vae = LinearVae(problem(noise=None), seed=0)
    vae.descend(20, batch=16, learning_rate=1e-2, seed=0)
    assert math.isfinite(vae.noise)
    assert vae.posterior(vae.data(3, torch.Generator())).mean.shape == (3, 4)


def test_problems_have_every_spectrum() -> None:
    assert {kind for kind, _ in command.problems(8, 0)} == set(command.SPECTRA)


def test_the_command_prints_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(LinearVae, "converge", lambda *_: None)
    assert command.run(["--optimal", "4", "--trained", "4", "--steps", "2"]) == 0
    assert "share within one dimension" in capsys.readouterr().out
