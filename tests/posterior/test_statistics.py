"""Each statistic of the posterior against its closed form."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from torch import Tensor

from seqsetvae.data.batch import EventBatch
from seqsetvae.model.gaussian import LOG_VARIANCE_BOUND, GaussianPosterior
from seqsetvae.posterior.statistics import SAMPLE_SETS, PosteriorStatistics
from seqsetvae.posterior.summary import PosteriorSummary
from tests import tiny
from tests.posteriors import batch, gaussian, independent_gaussians, statistics_of, summary, summary_of

#: μ of ±1 has variance 1 over sets, and a KL of ½ where σ² is 1.
PLUS_MINUS = torch.tensor([1.0, -1.0])


def with_alive(sets: int, dimensions: int, alive: int) -> Tensor:
    """Return means that are ±1 in the first `alive` dimensions and 0 in the rest."""
    mean = torch.zeros(sets, dimensions)
    mean[:, :alive] = PLUS_MINUS.repeat(sets // 2)[:, None]
    return mean


class TestCollapse:
    def test_exact_collapse(self) -> None:
        """q = p for every set: the latent says nothing, and σ² is 1, not 0."""
        found = summary_of(batch(torch.zeros(50, 8)), batch(torch.zeros(7, 8)))
        assert found.kl == 0.0
        assert found.kl_per_dim == (0.0,) * 8
        assert found.active_units == 0.0
        assert found.mutual_information == 0.0
        (level,) = found.levels
        assert level.collapsed_fraction == 1.0
        assert level.variance == 1.0
        assert level.active_units_sigma == 1.0, "which is why it is not what one should look at"

    @pytest.mark.parametrize("alive", [0, 1, 3, 8])
    def test_partial_collapse(self, alive: int) -> None:
        found = summary_of(batch(with_alive(40, 8, alive)))
        assert found.active_units == pytest.approx(alive / 8)
        assert found.levels[0].collapsed_fraction == pytest.approx((8 - alive) / 8)
        assert found.kl_per_dim == pytest.approx([0.5] * alive + [0.0] * (8 - alive))
        assert found.kl == pytest.approx(0.5 * alive)

    def test_collapse_to_another_constant_is_inactive_and_yet_pays_kl(self) -> None:
        """q is N(2, ¼) for every set: no information, but 2 + ½(¼ − 1 − ln ¼) nats a dimension."""
        found = summary_of(batch(gaussian(torch.full((30, 4), 2.0), 0.25)))
        assert found.active_units == 0.0
        assert found.mutual_information == 0.0
        assert found.levels[0].collapsed_fraction == 0.0
        assert found.kl == pytest.approx(4 * (2 + 0.5 * (0.25 - 1 - math.log(0.25))))

    @pytest.mark.parametrize("log_variance", [-0.01, -0.002, 0.002, 0.01])
    def test_the_digits_of_a_collapsing_variance_are_kept(self, log_variance: float) -> None:
        """KL is a millionth of a nat, the square of what σ² differs from 1 by, and is known to 3e-8."""
        nearly = GaussianPosterior(mean=torch.zeros(10, 3), log_variance=torch.full((10, 3), log_variance))
        expected = 0.5 * (math.expm1(log_variance) - log_variance)
        assert summary_of(batch(nearly)).kl_per_dim == pytest.approx([expected] * 3, abs=3e-8)


class TestActiveUnits:
    @pytest.mark.parametrize(("variance_of_mean", "share"), [(0.0099, 0.0), (0.0101, 1.0)])
    def test_a_unit_is_active_above_a_hundredth(self, variance_of_mean: float, share: float) -> None:
        deviation = math.sqrt(variance_of_mean * 999 / 1000)  # the estimate is unbiased: over n − 1
        mean = deviation * PLUS_MINUS.repeat(500)[:, None]
        assert summary_of(batch(mean)).active_units == share

    def test_drift_of_the_weights_is_no_information_about_the_data(self) -> None:
        """μ moves from batch to batch and is the same for all sets of a batch."""
        found = summary_of(*(batch(torch.full((20, 4), float(step))) for step in range(10)))
        assert found.active_units == 0.0
        assert found.mutual_information == 0.0
        assert found.kl_per_dim == pytest.approx([0.5 * sum(step**2 for step in range(10)) / 10] * 4)

    @pytest.mark.parametrize(("spread", "share"), [(0.05, 0.0), (0.2, 1.0)])
    def test_the_spread_survives_a_mean_far_from_zero(self, spread: float, share: float) -> None:
        """Σx² − (Σx)² in float32 would lose a spread of 0.2 at a mean of 3,000; batch means do not."""
        noise = torch.randn(400, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        assert summary_of(batch(3000 + spread * noise)).active_units == share

    def test_one_set_beside_a_larger_batch_changes_no_spread(self) -> None:
        found = summary_of(batch(torch.tensor([[0.3], [-0.3]])), batch(torch.tensor([[100.0]])))
        assert found.active_units == 1.0
        still = summary_of(batch(torch.tensor([[0.01], [-0.01]])), batch(torch.tensor([[100.0]])))
        assert still.active_units == 0.0


class TestCollapsedFraction:
    @pytest.mark.parametrize(("low", "collapsed"), [(100, 1.0), (99, 1.0), (98, 0.0), (0, 0.0)])
    def test_a_dimension_is_collapsed_where_99_of_100_sets_have_a_kl_below_a_hundredth(
        self, low: int, collapsed: float
    ) -> None:
        mean = torch.zeros(100, 1)
        mean[low:] = 3.0
        (level,) = summary_of(batch(mean)).levels
        assert level.collapsed_fraction == collapsed

    def test_the_share_is_of_all_sampled_batches(self) -> None:
        """One set of 50 is too many, one of two batches of 50 is not."""
        one_high, none = torch.zeros(50, 1), torch.zeros(50, 1)
        one_high[7] = 3.0
        assert summary_of(batch(one_high)).levels[0].collapsed_fraction == 0.0
        assert summary_of(batch(one_high), batch(none)).levels[0].collapsed_fraction == 1.0

    @pytest.mark.parametrize(("kl", "collapsed"), [(0.0099, 1.0), (0.0101, 0.0)])
    def test_low_means_below_a_hundredth_of_a_nat(self, kl: float, collapsed: float) -> None:
        found = summary_of(batch(torch.full((20, 2), math.sqrt(2 * kl))))
        assert found.levels[0].collapsed_fraction == collapsed


class TestSampling:
    @pytest.mark.parametrize(("sets", "taken"), [(SAMPLE_SETS, 128), (SAMPLE_SETS + 1, 65), (1000, 125)])
    def test_large_batches_are_thinned_evenly(self, sets: int, taken: int) -> None:
        assert summary_of(batch(torch.zeros(sets, 2))).sample_sets == pytest.approx(taken)

    def test_only_some_batches_are_sampled_and_all_of_them_counted(self) -> None:
        """Batches 0 and 3 of five are, and neither has a collapsed dimension; KL is the mean of all."""
        means = (2.0, 0.0, 0.0, 2.0, 0.0)
        found = summary_of(*(batch(torch.full((10, 2), mean)) for mean in means), sample_every=3)
        assert found.levels[0].collapsed_fraction == 0.0
        assert found.kl == pytest.approx(2 * 0.5 * 4 * 2 / 5)
        assert found.sets == 50

    def test_after_a_reset_the_first_batch_is_sampled(self) -> None:
        statistics = statistics_of(*[batch(torch.zeros(10, 2))] * 2, sample_every=10)
        statistics.reset()
        statistics.update(*batch(torch.full((10, 2), 2.0)))
        assert summary(statistics).levels[0].collapsed_fraction == 0.0


class TestSeveralLevels:
    @pytest.fixture
    def found(self) -> PosteriorSummary:
        """A level of 2 dimensions, both alive, above one of 6 that is collapsed."""
        return summary_of(batch(with_alive(40, 2, 2), gaussian(torch.zeros(40, 6), 1.0)))

    def test_each_level_has_its_own_numbers(self, found: PosteriorSummary) -> None:
        upper, lower = found.levels
        assert (upper.active_units, upper.collapsed_fraction) == (1.0, 0.0)
        assert upper.kl == pytest.approx(1.0)
        assert (lower.active_units, lower.collapsed_fraction, lower.kl) == (0.0, 1.0, 0.0)
        assert lower.mutual_information == 0.0
        assert upper.mutual_information is not None
        assert upper.mutual_information > 0.2
        assert found.mutual_information == pytest.approx(upper.mutual_information, abs=1e-6)

    def test_dimensions_follow_each_other(self, found: PosteriorSummary) -> None:
        assert found.kl_per_dim == pytest.approx([0.5, 0.5, 0, 0, 0, 0, 0, 0])

    def test_what_is_said_of_all_is_weighted_by_dimensions(self, found: PosteriorSummary) -> None:
        assert found.active_units == pytest.approx(2 / 8)
        assert found.to_metrics()["posterior/collapsed_fraction"] == pytest.approx(6 / 8)

    def test_together_levels_tell_sets_apart_better_than_alone(self) -> None:
        levels = [independent_gaussians(128, 2, spread=1.0, seed=seed) for seed in (1, 2)]
        torch.manual_seed(0)
        found = summary_of(*[batch(*levels)] * 20)
        assert found.mutual_information is not None
        for level in found.levels:
            assert level.mutual_information is not None
            assert found.mutual_information > level.mutual_information + 0.2
        assert found.mutual_information <= math.log(128) + 1e-5


class TestArithmetic:
    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
    def test_posteriors_of_another_precision_are_summed_in_float32(self, dtype: torch.dtype) -> None:
        generator = torch.Generator().manual_seed(0)
        mean, log_variance = (torch.randn(500, 2, generator=generator).to(dtype) for _ in range(2))
        found = summary_of(batch(GaussianPosterior(mean=mean, log_variance=log_variance)))
        mean, log_variance = mean.double(), log_variance.double()
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean(0)
        assert found.kl_per_dim == pytest.approx(kl.tolist(), rel=1e-5)
        assert found.levels[0].variance == pytest.approx(float(log_variance.exp().mean()), rel=1e-5)

    @pytest.mark.parametrize("log_variance", [-LOG_VARIANCE_BOUND, LOG_VARIANCE_BOUND])
    def test_the_bounds_of_the_variance_are_finite(self, log_variance: float) -> None:
        generator = torch.Generator().manual_seed(0)
        mean = 100 * torch.randn(64, 16, generator=generator)
        found = summary_of(batch(GaussianPosterior(mean=mean, log_variance=torch.full_like(mean, log_variance))))
        expected = 0.5 * (mean.double().square().mean(0) + math.expm1(log_variance) - log_variance)
        assert found.kl_per_dim == pytest.approx(expected.tolist(), rel=1e-5)
        assert found.levels[0].variance == pytest.approx(math.exp(log_variance), rel=1e-5, abs=1e-6)
        assert found.levels[0].active_units_sigma == float(log_variance > 0)
        assert found.mutual_information is not None
        assert 0 <= found.mutual_information <= math.log(64) + 1e-5

    def test_a_small_variance_is_paid_in_kl(self) -> None:
        found = summary_of(batch(gaussian(torch.zeros(10, 2), 0.001)))
        assert found.levels[0].variance == pytest.approx(0.001, rel=1e-3)
        assert found.levels[0].active_units_sigma == 0.0
        assert found.kl == pytest.approx(2 * 0.5 * (0.001 - 1 - math.log(0.001)), rel=1e-5)


class TestWhatBatchesCannotTell:
    def test_single_sets_say_nothing_of_differences_between_sets(self) -> None:
        found = summary_of(*(batch(torch.full((1, 2), value)) for value in (1.0, -1.0)))
        assert found.active_units is None
        assert found.mutual_information is None
        assert found.sample_sets is None
        assert found.kl == pytest.approx(1.0)
        assert found.levels[0].collapsed_fraction == 0.0, "which needs no second set"

    def test_a_later_batch_can_tell(self) -> None:
        torch.manual_seed(0)
        found = summary_of(batch(torch.zeros(1, 2)), batch(100.0 * with_alive(2, 2, 2)))
        assert found.active_units == 1.0
        assert found.sample_sets == pytest.approx(2)
        assert found.mutual_information == pytest.approx(math.log(2)), "single sets do not pass for collapsed ones"

    def test_nothing_seen_is_not_an_error(self) -> None:
        found = summary(PosteriorStatistics([3]))
        assert (found.kl, found.sets, found.kl_per_dim) == (0.0, 0.0, (0.0, 0.0, 0.0))
        assert found.active_units is None
        assert found.levels[0].collapsed_fraction is None
        assert found.mutual_information is None


class TestWhatIsNotFinite:
    @pytest.mark.parametrize("value", [math.nan, math.inf])
    @pytest.mark.parametrize("part", ["mean", "log_variance"])
    def test_it_is_shown_in_the_level_and_the_dimension_that_have_it(self, part: str, value: float) -> None:
        broken = {"mean": torch.zeros(4, 2), "log_variance": torch.zeros(4, 2)}
        broken[part][1, 0] = value
        sound = torch.zeros(4, 3)
        found = summary_of(batch(torch.zeros(4, 2), sound), batch(GaussianPosterior(**broken), sound))
        assert not math.isfinite(found.kl)
        assert not math.isfinite(found.kl_per_dim[0])
        assert found.kl_per_dim[1:] == (0.0,) * 4
        bad, good = found.levels
        assert bad.active_units is not None
        assert math.isnan(bad.active_units), "neither active nor inactive"
        assert bad.collapsed_fraction is not None
        assert math.isnan(bad.collapsed_fraction)
        assert bad.mutual_information is not None
        assert math.isnan(bad.mutual_information)
        assert (good.kl, good.active_units, good.collapsed_fraction, good.mutual_information) == (0.0, 0.0, 1.0, 0.0)

    def test_a_reconstruction_loss_that_is_nan_is_shown(self) -> None:
        shown = summary_of(batch(torch.zeros(4, 2)), batch(torch.zeros(4, 2), recon=math.nan)).recon
        assert shown is not None
        assert math.isnan(shown)

    def test_after_a_reset_nothing_is_left_of_it(self) -> None:
        statistics = statistics_of(batch(torch.full((4, 2), math.nan)))
        statistics.reset()
        assert statistics.sets == 0
        statistics.update(*batch(torch.ones(3, 2)))
        found = summary(statistics)
        assert statistics.sets == found.sets == 3
        assert found.kl == pytest.approx(1.0)
        assert found.active_units == 0.0
        assert found.mutual_information == 0.0


def test_padding_takes_no_part() -> None:
    """The same patients with NaN in every cell without an event: the same numbers, to the last bit."""
    model = tiny.model()
    clean = tiny.batch(tiny.patients())
    assert (clean.event_slot < 0).any()
    noisy = clean.value.masked_fill(clean.event_slot < 0, math.nan)
    minute = clean.minute.masked_fill(clean.step_set < 0, math.nan)

    def found(of: EventBatch) -> PosteriorSummary:
        torch.manual_seed(0)
        with torch.no_grad():
            return summary_of(batch(*model(of).posteriors))

    with_noise = found(dataclasses.replace(clean, value=noisy, minute=minute))
    assert with_noise == found(clean)
    assert math.isfinite(with_noise.kl)
