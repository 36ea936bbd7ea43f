"""Statistics of the posterior against closed forms and against numpy over all sets at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode

from seqsetvae.model.posterior import GaussianPosterior
from seqsetvae.posterior_statistics import PosteriorStatistics, PosteriorSummary, read_summary

Batch = tuple[list[GaussianPosterior], Tensor]


def batch(mean: Tensor, log_variance: Tensor | float = 0.0, recon: float = 1.0) -> Batch:
    """Return one level's posterior over `[sets, dimensions]`, and a reconstruction loss."""
    return [GaussianPosterior(mean=mean, log_variance=torch.as_tensor(log_variance).expand_as(mean))], torch.tensor(
        recon
    )


def statistics_of(*batches: Batch) -> PosteriorStatistics:
    made = PosteriorStatistics(sum(q.mean.shape[-1] for q in batches[0][0]))
    for posteriors, recon in batches:
        made.update(posteriors, recon)
    return made


def summary_of(*batches: Batch) -> PosteriorSummary:
    return read_summary(statistics_of(*batches).vector().tolist())


def random_batches(sizes: Sequence[int], *, levels: int = 2, dimensions: int = 3, seed: int = 0) -> list[Batch]:
    """Return float64 batches of these many sets, whose μ lie far from 0 so that differences of sums would show."""
    generator = torch.Generator().manual_seed(seed)

    def draw(sets: int) -> Tensor:
        return torch.randn(sets, dimensions, generator=generator, dtype=torch.float64)

    return [
        (
            [GaussianPosterior(mean=30 + 0.3 * draw(n), log_variance=draw(n) - 2) for _ in range(levels)],
            torch.tensor(float(i + 1)),
        )
        for i, n in enumerate(sizes)
    ]


class TestClosedForms:
    def test_exact_collapse(self) -> None:
        """q = p for every set: the latent says nothing, and σ² is 1, not 0."""
        found = summary_of(batch(torch.zeros(50, 8)), batch(torch.zeros(7, 8)))
        assert found.kl == 0.0
        assert found.variance == 1.0
        assert found.active_units == 0.0
        assert found.active_units_sigma == 1.0
        assert found.kl_per_dim == (0.0,) * 8

    def test_some_dimensions_alive(self) -> None:
        """μ = ±1 in three of eight dimensions, σ² = 1: KL is ½ for each of the three."""
        mean = torch.zeros(40, 8)
        mean[:, 2:5] = torch.tensor([1.0, -1.0]).repeat(20)[:, None]
        found = summary_of(batch(mean))
        assert found.active_units == pytest.approx(3 / 8)
        assert found.kl_per_dim == pytest.approx((0, 0, 0.5, 0.5, 0.5, 0, 0, 0))
        assert found.kl == pytest.approx(1.5)

    def test_a_small_variance_is_paid_in_kl(self) -> None:
        found = summary_of(batch(torch.zeros(10, 2), math.log(0.001)))
        assert found.variance == pytest.approx(0.001)
        assert found.active_units_sigma == 0.0
        assert found.kl == pytest.approx(2 * 0.5 * (0.001 - 1 - math.log(0.001)))

    def test_drift_of_the_weights_is_no_information_about_the_data(self) -> None:
        """μ moves from batch to batch and is the same for all sets of a batch: no unit is active."""
        found = summary_of(*(batch(torch.full((20, 4), float(step))) for step in range(10)))
        assert found.active_units == 0.0
        assert found.kl_per_dim == pytest.approx([0.5 * sum(step**2 for step in range(10)) / 10] * 4)

    @pytest.mark.parametrize(("variance_of_mean", "share"), [(0.0099, 0.0), (0.0101, 1.0)])
    def test_a_unit_is_active_above_a_hundredth(self, variance_of_mean: float, share: float) -> None:
        deviation = math.sqrt(variance_of_mean * 999 / 1000)  # the estimate is unbiased: over n − 1
        mean = torch.tensor([deviation, -deviation]).repeat(500)[:, None]
        assert summary_of(batch(mean)).active_units == share


class TestAgainstNumpy:
    def test_streaming_equals_all_sets_at_once(self) -> None:
        batches = random_batches([17, 1, 230, 64, 3])
        mean = [np.concatenate([q.mean.numpy() for q in qs], axis=1) for qs, _ in batches]
        log_variance = np.concatenate(
            [np.concatenate([q.log_variance.numpy() for q in qs], axis=1) for qs, _ in batches]
        )
        all_means, variance = np.concatenate(mean), np.exp(log_variance)
        kl = 0.5 * (all_means**2 + variance - 1 - log_variance).mean(0)
        within = sum(((m - m.mean(0)) ** 2).sum(0) for m in mean) / sum(len(m) - 1 for m in mean)
        sets = np.array([len(m) for m in mean])

        found = summary_of(*batches)
        assert found.kl_per_dim == pytest.approx(kl, rel=1e-5)
        assert found.kl == pytest.approx(kl.sum(), rel=1e-5)
        assert found.variance == pytest.approx(variance.mean(), rel=1e-5)
        assert found.active_units == (within > 0.01).mean() == 1.0
        assert found.recon == pytest.approx((sets * np.arange(1, 6)).sum() / sets.sum(), rel=1e-5)

    def test_the_spread_survives_a_mean_far_from_zero(self) -> None:
        """Σx² − (Σx)² in float32 would lose a spread of 0.2 at a mean of 3,000; batch means do not."""
        noise = torch.randn(400, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 0.05
        assert summary_of(batch(3000 + noise)).active_units == 0.0
        assert summary_of(batch(3000 + 4 * noise)).active_units == 1.0

    def test_levels_follow_each_other(self) -> None:
        posteriors = [batch(torch.full((5, 2), value))[0][0] for value in (1.0, 2.0)]
        assert summary_of((posteriors, torch.tensor(0.0))).kl_per_dim == pytest.approx((0.5, 0.5, 2.0, 2.0))

    def test_low_precision_posteriors_are_summed_in_float32(self) -> None:
        mean = torch.randn(500, 2, generator=torch.Generator().manual_seed(0)).bfloat16()
        assert summary_of(batch(mean)).kl == pytest.approx(0.5 * float(mean.double().square().mean(0).sum()), rel=1e-5)


class TestEdges:
    def test_batches_of_one_set_say_nothing_about_variance_between_sets(self) -> None:
        found = summary_of(*(batch(torch.full((1, 2), value)) for value in (1.0, -1.0)))
        assert found.active_units == 0.0
        assert found.kl == pytest.approx(1.0)

    def test_one_set_beside_a_larger_batch_changes_no_spread(self) -> None:
        spread = batch(torch.tensor([[0.3], [-0.3]]))
        assert summary_of(spread, batch(torch.tensor([[100.0]]))).active_units == summary_of(spread).active_units == 1.0

    def test_nothing_seen_is_zeros_and_not_an_error(self) -> None:
        found = read_summary(PosteriorStatistics(3).vector().tolist())
        assert (found.kl, found.active_units, found.kl_per_dim) == (0.0, 0.0, (0.0, 0.0, 0.0))

    @pytest.mark.parametrize("value", [math.nan, math.inf])
    def test_what_is_not_finite_is_shown(self, value: float) -> None:
        mean = torch.zeros(4, 2)
        mean[1, 0] = value
        found = summary_of(batch(torch.zeros(4, 2)), batch(mean))
        assert not math.isfinite(found.kl)
        assert not math.isfinite(found.kl_per_dim[0])
        assert found.kl_per_dim[1] == 0.0

    def test_after_a_reset_nothing_is_left_not_even_nan(self) -> None:
        statistics = statistics_of(batch(torch.full((4, 2), math.nan)))
        statistics.reset()
        assert statistics.sets == 0
        posteriors, recon = batch(torch.ones(3, 2))
        statistics.update(posteriors, recon)
        assert statistics.sets == 3
        assert read_summary(statistics.vector().tolist()).kl == pytest.approx(1.0)


class TestStateDict:
    def test_it_continues_where_it_stopped(self) -> None:
        batches = random_batches([5, 9, 2, 30])
        stopped = statistics_of(*batches[:2])
        continued = PosteriorStatistics(6)
        continued.load_state_dict(stopped.state_dict())
        for posteriors, recon in batches[2:]:
            continued.update(posteriors, recon)
        assert torch.equal(continued.vector(), statistics_of(*batches).vector())

    def test_what_was_saved_does_not_change_with_the_statistics(self) -> None:
        statistics = statistics_of(batch(torch.ones(3, 2)))
        saved = statistics.state_dict()
        statistics.reset()
        restored = PosteriorStatistics(2)
        restored.load_state_dict(saved)
        assert read_summary(restored.vector().tolist()).kl == pytest.approx(1.0)

    def test_other_dimensions_are_refused(self) -> None:
        with pytest.raises(ValueError, match="statistics of 2 dimensions cannot continue 3"):
            PosteriorStatistics(3).load_state_dict(PosteriorStatistics(2).state_dict())


def test_the_streams_names() -> None:
    found = summary_of(batch(torch.zeros(2, 2), recon=4.0)).to_metrics()
    assert found["posterior/recon"] == 4.0
    assert found["posterior/kl_per_dim"] == [0.0, 0.0]
    assert found.keys() == {
        f"posterior/{name}"
        for name in ("kl", "variance", "active_units_sigma", "active_units", "recon", "kl_per_dim")
    }  # fmt: skip


@pytest.mark.parametrize("call", ["update", "vector"])
def test_nothing_waits_for_the_device(call: str) -> None:
    """Tensors without values raise where the host would wait for one."""
    with FakeTensorMode():
        statistics = PosteriorStatistics(4)
        posteriors, _ = batch(torch.zeros(5, 4))
        recon = torch.zeros(())
        statistics.update(posteriors, recon)
        if call == "vector":
            statistics.vector()
        with pytest.raises(DataDependentOutputException):
            recon.item()
