"""Statistics over many batches are those of all sets at once, also across a checkpoint."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.posterior.statistics import PosteriorStatistics
from tests.posteriors import Batch, batch, random_batches, statistics_of, summary, summary_of

SETS = 60


@st.composite
def cuts(draw: st.DrawFn) -> list[int]:
    """Sizes of batches that `SETS` sets can come in."""
    places = sorted(draw(st.sets(st.integers(1, SETS - 1), max_size=12)))
    return [b - a for a, b in zip([0, *places], [*places, SETS], strict=True)]


def split(whole: Batch, sizes: list[int]) -> list[Batch]:
    """Return the batch's sets in batches of these sizes."""
    posteriors, recon = whole
    parts = zip(
        *(zip(torch.split(q.mean, sizes), torch.split(q.log_variance, sizes), strict=True) for q in posteriors),
        strict=True,
    )
    return [([GaussianPosterior(mean=m, log_variance=v) for m, v in part], recon) for part in parts]


@given(cuts())
@settings(max_examples=40)
def test_however_sets_are_split_into_batches_their_means_are_the_same(sizes: list[int]) -> None:
    (whole,) = random_batches([SETS], dimensions=(3, 2))
    expected, found = summary_of(whole), summary_of(*split(whole, sizes))
    assert found.kl_per_dim == pytest.approx(expected.kl_per_dim, rel=1e-5)
    assert found.sets == expected.sets == SETS
    assert found.recon == pytest.approx(expected.recon)
    for level, expected_level in zip(found.levels, expected.levels, strict=True):
        assert level.kl == pytest.approx(expected_level.kl, rel=1e-5)
        assert level.variance == pytest.approx(expected_level.variance, rel=1e-5)
        assert level.active_units_sigma == expected_level.active_units_sigma
        assert level.collapsed_fraction == expected_level.collapsed_fraction


def test_numpy_finds_the_same_over_all_sets_at_once() -> None:
    batches = random_batches([17, 1, 230, 64, 3])
    mean = [np.concatenate([q.mean.numpy() for q in qs], axis=1) for qs, _ in batches]
    log_variance = np.concatenate([np.concatenate([q.log_variance.numpy() for q in qs], axis=1) for qs, _ in batches])
    all_means, variance = np.concatenate(mean), np.exp(log_variance)
    kl = 0.5 * (all_means**2 + variance - 1 - log_variance).mean(0)
    within = sum(((m - m.mean(0)) ** 2).sum(0) for m in mean) / sum(len(m) - 1 for m in mean)
    sets = np.array([len(m) for m in mean])

    found = summary_of(*batches)
    assert found.kl_per_dim == pytest.approx(kl, rel=1e-5)
    assert found.kl == pytest.approx(kl.sum(), rel=1e-5)
    assert [level.variance for level in found.levels] == pytest.approx(
        variance.reshape(-1, 2, 3).mean((0, 2)), rel=1e-5
    )
    assert found.active_units == (within > 0.01).mean() == 1.0
    assert found.recon == pytest.approx((sets * np.arange(1, 6)).sum() / sets.sum(), rel=1e-5)


class TestAcrossACheckpoint:
    def test_it_continues_where_it_stopped(self) -> None:
        batches = random_batches([5, 9, 2, 30])
        torch.manual_seed(0)
        stopped = statistics_of(*batches[:2])
        continued = PosteriorStatistics([3, 3])
        continued.load_state_dict(stopped.state_dict())
        for posteriors, recon in batches[2:]:
            continued.update(posteriors, recon)
        torch.manual_seed(0)
        assert torch.equal(continued.vector(), statistics_of(*batches).vector())

    def test_which_batches_are_sampled_goes_on_too(self) -> None:
        """Of batches 0 to 3 every second is sampled, also when a checkpoint lies before batch 1."""
        first = statistics_of(batch(torch.zeros(10, 2)), sample_every=2)
        continued = PosteriorStatistics([2], sample_every=2)
        continued.load_state_dict(first.state_dict())
        for mean in (2.0, 0.0, 2.0):
            continued.update(*batch(torch.full((10, 2), mean)))
        assert summary(continued).levels[0].collapsed_fraction == 1.0

    def test_what_was_saved_does_not_change_with_the_statistics(self) -> None:
        statistics = statistics_of(batch(torch.ones(3, 2)))
        saved = statistics.state_dict()
        statistics.reset()
        restored = PosteriorStatistics([2])
        restored.load_state_dict(saved)
        assert summary(restored).kl == pytest.approx(1.0)

    @pytest.mark.parametrize("dimensions", [[6], [3, 2], [3, 3, 3]])
    def test_other_dimensions_are_refused(self, dimensions: list[int]) -> None:
        said = f"levels with {', '.join(map(str, dimensions))} dimensions cannot continue a model with 3, 3;"
        with pytest.raises(ValueError, match=said):
            PosteriorStatistics([3, 3]).load_state_dict(PosteriorStatistics(dimensions).state_dict())
