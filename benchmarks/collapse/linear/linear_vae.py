"""The linear VAE, and the exact number of its active units.

p(z) = N(0, 1), p(x | z) = N(W z, σ² 1), q(z | x) = N(V x, diag(d)), and the objective is E[ln p(x | z)] − β KL, on data
of covariance S with eigenvalues λ_1 ≥ λ_2 ≥ … (Lucas et al. 2019, "Don't Blame the ELBO! A Linear VAE Perspective on
Posterior Collapse", for β = 1; probabilistic PCA, Tipping & Bishop 1999).

*The exact number.* Given a column of W along an eigenvector, with squared length w², set s = βσ². The best d is
s / (w² + s) and the best V is w / (w² + s). With them, and up to constants, the objective of that direction is
−β/2 (λ / c + ln c) with c = w² + s ≥ s, which is largest at c = λ where λ > s, and at w = 0 otherwise. Hence a
direction is active if and only if λ_j > βσ²; then KL_j = ½ ln(λ_j / βσ²) and Var(μ_j) = 1 − βσ² / λ_j. A diagonal q
keeps the columns of the optimum orthogonal, so that dimensions and directions are the same. Of k latent dimensions
min(k, #{j: λ_j > βσ²}) are active.

*A learned σ².* At the optimum the error is A βσ² + R: A active directions, and the sum R of the other eigenvalues. Its
derivative is 0 where σ² = R / (n − βA), which for β = 1 is the mean of what is left out, as in probabilistic PCA.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from seqsetvae.model.gaussian import GaussianPosterior


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearProblem:
    """Data and objective.

    Attributes:
        eigenvalues: λ of the data's covariance, descending.
        latent: Latent dimensions.
        beta: Weight of KL.
        noise: σ² of the decoder; None where it is learned.
    """

    eigenvalues: tuple[float, ...]
    latent: int
    beta: float
    noise: float | None

    @property
    def exact(self) -> int:
        """How many dimensions are active at the optimum."""
        if self.noise is not None:
            return self._active(self.noise)
        return max(range(self.latent + 1), key=self._value)

    def learned_noise(self, active: int) -> float:
        """Return the best σ² with so many active dimensions."""
        rest = sum(self.eigenvalues[active:])
        return rest / max(1e-9, len(self.eigenvalues) - self.beta * active)

    def _active(self, noise: float) -> int:
        return sum(value > self.beta * noise for value in self.eigenvalues[: self.latent])

    def _value(self, active: int) -> float:
        """Return the objective with the best σ² of so many active dimensions; −∞ where they would not be active."""
        if self.beta * active >= len(self.eigenvalues):
            return float("-inf")
        noise = self.learned_noise(active)
        if self._active(noise) != active:
            return float("-inf")
        logs = sum(math.log(value / (self.beta * noise)) for value in self.eigenvalues[:active])
        return -0.5 * len(self.eigenvalues) * math.log(noise) - 0.5 * self.beta * logs


class LinearVae:
    """A linear VAE in double precision, on data with a diagonal covariance: rotating the data changes nothing.

    Args:
        problem: Data and objective.
        seed: Decides the initial weights.
    """

    def __init__(self, problem: LinearProblem, seed: int) -> None:
        self.problem = problem
        draw = torch.Generator().manual_seed(seed)
        data = len(problem.eigenvalues)
        self.covariance = torch.tensor(problem.eigenvalues, dtype=torch.float64)
        self.decoder = torch.randn(data, problem.latent, generator=draw, dtype=torch.float64) / data**0.5
        self.noise = problem.noise if problem.noise is not None else float(self.covariance.mean())
        self.encoder = torch.zeros_like(self.decoder.T)
        self.variance = torch.ones(problem.latent, dtype=torch.float64)

    def converge(self, iterations: int = 4000) -> None:
        """Maximise the objective by coordinates: q given the decoder, the decoder given q, each in closed form."""
        for _ in range(iterations):
            shrink = self.problem.beta * self.noise
            gram = self.decoder.T @ self.decoder
            identity = torch.eye(len(gram), dtype=torch.float64)
            self.encoder = torch.linalg.solve(gram + shrink * identity, self.decoder.T)
            self.variance = shrink / (gram.diagonal() + shrink)
            moment = (self.encoder * self.covariance) @ self.encoder.T + self.variance.diag()
            cross = self.covariance[:, None] * self.encoder.T
            self.decoder = torch.linalg.solve(moment, cross.T).T
            if self.problem.noise is None:
                error = self.covariance.sum() - 2 * (self.decoder * cross).sum()
                error += ((self.decoder @ moment) * self.decoder).sum()
                self.noise = float(error) / len(self.covariance)

    def descend(self, steps: int, *, batch: int, learning_rate: float, seed: int) -> None:
        """Train as everybody does: Adam on batches, from samples of z."""
        draw = torch.Generator().manual_seed(seed)
        log_variance = torch.zeros(self.problem.latent)
        log_noise = torch.tensor(self.noise).log()
        encoder = 0.1 * torch.randn(self.encoder.shape, generator=draw)
        parameters = [part.float().requires_grad_() for part in (self.decoder, encoder, log_variance, log_noise)]
        decoder, encoder, log_variance, log_noise = parameters
        trained = parameters if self.problem.noise is None else parameters[:3]
        optimizer = torch.optim.Adam(trained, learning_rate)
        for _ in range(steps):
            x = self.data(batch, draw).float()
            q = GaussianPosterior(mean=x @ encoder.T, log_variance=log_variance.expand(batch, -1))
            error = (x - q.sample(draw) @ decoder.T).square().sum(1).mean()
            loss = 0.5 * (error / log_noise.exp() + x.shape[1] * log_noise) + self.problem.beta * q.kl().sum(1).mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        self.decoder, self.encoder = decoder.detach().double(), encoder.detach().double()
        self.variance, self.noise = log_variance.detach().double().exp(), float(log_noise.detach().exp())

    def data(self, count: int, draw: torch.Generator) -> Tensor:
        """Return so many examples."""
        return self.covariance.sqrt() * torch.randn(count, len(self.covariance), generator=draw, dtype=torch.float64)

    def posterior(self, x: Tensor) -> GaussianPosterior:
        """Return q(z | x) as a model in single precision gives it."""
        mean = (x @ self.encoder.T).float()
        return GaussianPosterior(mean=mean, log_variance=self.variance.log().float().expand_as(mean).contiguous())
