"""What is gathered batch by batch is what all rows together give: moments, samples, bins, states, correlations."""

from __future__ import annotations

import numpy as np
import pytest

from seqsetvae.data.packed_store import Cohort
from seqsetvae.posterior.statistics import ACTIVE_VARIANCE, COLLAPSED_KL
from seqsetvae.visualization.correlations import correlation_order
from seqsetvae.visualization.dimensions import Dimensions, DimensionState, state_of
from seqsetvae.visualization.error_bins import by_minute, by_size
from seqsetvae.visualization.findings import Findings, Gathering
from seqsetvae.visualization.inspection import InspectedBatch, choose_patients, inspect_batches
from seqsetvae.visualization.moments import CoMoments
from seqsetvae.visualization.row_sample import RowSample
from seqsetvae.visualization.trained_model import TrainedModel


@pytest.fixture(scope="module")
def batches(trained: TrainedModel, cohort: Cohort) -> list[InspectedBatch]:
    chosen = choose_patients(cohort.train, batch_size=10, max_batches=0, seed=0)
    return list(inspect_batches(trained, cohort.train, chosen))


@pytest.fixture(scope="module")
def findings(batches: list[InspectedBatch], trained: TrainedModel, cohort: Cohort) -> Findings:
    gathering = Gathering(trained.levels, cohort.variables, seed=0)
    for batch in batches:
        gathering.add(batch)
    return gathering.findings()


class TestFindings:
    def test_everything_is_counted(self, findings: Findings, cohort: Cohort) -> None:
        assert findings.patients == len(cohort.train)
        assert findings.sets == cohort.train.num_sets
        assert findings.events == cohort.train.num_events

    def test_dimensions_are_means_over_all_sets(self, findings: Findings, batches: list[InspectedBatch]) -> None:
        found = findings.dimensions
        mean, variance, kl = (np.concatenate([getattr(b, n) for b in batches]) for n in ("mean", "variance", "kl"))
        np.testing.assert_allclose(found.kl, kl.mean(0), rtol=1e-5)
        np.testing.assert_allclose(found.variance, variance.mean(0), rtol=1e-5)
        np.testing.assert_allclose(found.mean_variance, mean.var(0, ddof=1), rtol=1e-4)
        np.testing.assert_allclose(found.low_share, (kl < COLLAPSED_KL).mean(0))
        np.testing.assert_allclose(findings.correlation, np.corrcoef(mean.T), atol=1e-5)

    def test_the_posterior_is_judged_as_in_training(
        self, findings: Findings, batches: list[InspectedBatch], trained: TrainedModel
    ) -> None:
        error = np.concatenate([batch.error for batch in batches])
        assert findings.posterior.recon == pytest.approx(error.mean(), rel=1e-5)
        assert findings.posterior.kl == pytest.approx(findings.dimensions.kl.sum(), rel=1e-4)
        assert findings.posterior.dimensions == trained.levels
        assert findings.error == pytest.approx(error.mean(), rel=1e-5)

    def test_points_are_patients(self, findings: Findings, batches: list[InspectedBatch], cohort: Cohort) -> None:
        points = findings.point_sample
        assert set(points["patient"]) == set(cohort.train.patient_ids)
        batch = batches[1]
        own = batch.patient == 3
        (row,) = np.flatnonzero(points["patient"] == batch.patients[3])
        np.testing.assert_allclose(points["before"][row], batch.mean[own].mean(0), atol=1e-5)
        np.testing.assert_array_equal(points["after"][row], batch.history[own][-1])
        assert points["label"][row] == batch.label[3]

    def test_variables_have_the_mean_error_of_their_events(
        self, findings: Findings, batches: list[InspectedBatch], cohort: Cohort
    ) -> None:
        variable = np.concatenate([batch.variable for batch in batches])
        error = np.concatenate([batch.event_error for batch in batches])
        worst = findings.variables.worst_first()
        assert set(worst) == set(variable.tolist())
        expected = [error[variable == index].mean() for index in worst]
        np.testing.assert_allclose(findings.variables.error[worst], expected, rtol=1e-5)
        assert expected == sorted(expected, reverse=True)

    def test_outcomes_are_ranked(self, findings: Findings) -> None:
        label, probability = findings.outcomes.label, findings.outcomes.probability
        positive, negative = probability[label == 1], probability[label == 0]
        above = (positive[:, None] > negative).mean() + 0.5 * (positive[:, None] == negative).mean()
        assert findings.outcomes.scores()["auroc"] == pytest.approx(above, abs=1e-6)

    def test_one_label_alone_has_no_score(self, batches: list[InspectedBatch], trained: TrainedModel) -> None:
        from seqsetvae.visualization.findings import Outcomes

        ones = np.ones(3, dtype=np.float32)
        assert Outcomes(label=ones, probability=ones).scores() == {"auroc": None, "auprc": None}

    def test_a_probability_of_nan_has_no_score(self) -> None:
        from seqsetvae.visualization.findings import Outcomes

        label, probability = np.array([1, 0, 0], np.float32), np.array([0.9, np.nan, 0.1], np.float32)
        outcomes = Outcomes(label=label, probability=probability)
        assert outcomes.scores() == {"auroc": None, "auprc": None}
        assert outcomes.non_finite == 1


class TestStates:
    @pytest.mark.parametrize(
        ("kl", "mean_variance", "state"),
        [
            (COLLAPSED_KL, 2 * ACTIVE_VARIANCE, DimensionState.ACTIVE),
            (COLLAPSED_KL, ACTIVE_VARIANCE, DimensionState.MIXED),
            (0.0, 2 * ACTIVE_VARIANCE, DimensionState.MIXED),
            (0.0, 0.0, DimensionState.COLLAPSED),
        ],
    )
    def test_what_makes_a_dimension_alive(self, kl: float, mean_variance: float, state: DimensionState) -> None:
        assert state_of(kl, mean_variance) is state

    def test_they_are_counted_by_level(self) -> None:
        numbers = np.array([1.0, 0.0, 1.0])
        found = Dimensions(levels=(2, 1), kl=numbers, variance=numbers, mean_variance=numbers, low_share=numbers)
        assert found.states == (DimensionState.ACTIVE, DimensionState.COLLAPSED, DimensionState.ACTIVE)
        assert (
            found.count(DimensionState.ACTIVE),
            found.count(DimensionState.ACTIVE, 1),
            found.count(DimensionState.ACTIVE, 2),
        ) == (2, 1, 1)


class TestMoments:
    def test_batches_give_what_all_rows_give(self) -> None:
        rows = 1000.0 + np.random.default_rng(0).normal(size=(50, 3)) * [1.0, 2.0, 0.1]
        moments = CoMoments(3)
        for part in np.split(rows, [1, 7, 30]):
            moments.add(part)
        np.testing.assert_allclose(moments.mean, rows.mean(0))
        np.testing.assert_allclose(moments.variance, rows.var(0, ddof=1))
        np.testing.assert_allclose(moments.correlation(), np.corrcoef(rows.T))

    def test_a_constant_correlates_with_nothing(self) -> None:
        moments = CoMoments(2)
        moments.add([[1.0, 100.0], [2.0, 100.0 + 1e-6], [3.0, 100.0]])
        assert moments.constant.tolist() == [False, True]
        np.testing.assert_array_equal(np.isnan(moments.correlation()), [[False, True], [True, True]])

    def test_one_row_varies_in_nothing(self) -> None:
        moments = CoMoments(2)
        moments.add([[1.0, 2.0]])
        assert moments.variance.tolist() == [0.0, 0.0]
        assert moments.constant.all()


class TestRowSample:
    def offered(self, size: int, seed: int, parts: int) -> list[int]:
        sample = RowSample(size, seed)
        for part in np.array_split(np.arange(1000), parts):
            sample.add({"x": part, "wide": part[:, None]})
        columns = sample.columns()
        assert columns["wide"][:, 0].tolist() == columns["x"].tolist()
        return columns["x"].tolist()  # type: ignore[no-any-return]

    def test_all_rows_are_kept_where_there_is_room(self) -> None:
        assert self.offered(1000, 0, 7) == list(range(1000))

    def test_the_seed_decides_and_batches_do_not(self) -> None:
        one = self.offered(50, 0, 1)
        assert len(one) == 50
        assert one == sorted(one) == self.offered(50, 0, 300)
        assert one != self.offered(50, 1, 1)

    def test_every_row_has_the_same_chance(self) -> None:
        kept = np.bincount(np.concatenate([self.offered(100, seed, 20) for seed in range(200)]), minlength=1000)
        # Each comes 20 times on average, with a standard deviation of 4.2.
        assert kept.mean() == 20
        assert kept.std() == pytest.approx(4.2, abs=0.6)
        assert abs(kept[:500].mean() - kept[500:].mean()) < 0.8

    def test_nothing_offered_is_nothing_kept(self) -> None:
        assert RowSample(5, 0).columns() == {}


class TestBins:
    def test_sizes_are_binned_by_doubling(self) -> None:
        size = np.array([1, 2, 3, 4, 5, 8, 9])
        found = by_size(size, size.astype(float))
        assert [(b.low, b.high, b.sets) for b in found] == [(1, 1, 1), (2, 2, 1), (3, 4, 2), (5, 8, 2), (9, 9, 1)]
        assert [b.median for b in found] == [1.0, 2.0, 3.5, 6.5, 9.0]

    def test_minutes_are_binned_by_number(self) -> None:
        minute = np.arange(160)
        found = by_minute(minute, minute / 2)
        assert [b.sets for b in found] == [10] * 16
        assert (found[0].low, found[-1].high, found[0].median) == (0.0, 159.0, 2.25)

    def test_sets_of_one_minute_stay_together(self) -> None:
        (found,) = by_minute(np.zeros(30), np.arange(30.0))
        assert (found.sets, found.lower, found.median, found.upper) == (30, 7.25, 14.5, 21.75)


class TestCorrelations:
    def test_alike_stand_together_and_constants_last(self) -> None:
        rng = np.random.default_rng(0)
        causes = rng.normal(size=(500, 2))
        group = np.array([0, 1, 0, 1, 0, 1])
        rows = causes[:, group] * np.array([1, 1, -1, 1, 2, -1]) + 0.05 * rng.normal(size=(500, 6))
        moments = CoMoments(7)
        moments.add(np.insert(rows, 3, 0.0, axis=1))
        found = correlation_order(moments.correlation())
        assert found.constant == 1
        assert found.order[-1] == 3
        groups = np.insert(group, 3, -1)[found.order].tolist()
        assert groups in ([0, 0, 0, 1, 1, 1, -1], [1, 1, 1, 0, 0, 0, -1])
        assert found.strong_share == pytest.approx(6 / 15)
        np.testing.assert_allclose(np.diagonal(found.matrix), 1.0)

    def test_constants_alone_have_no_pairs(self) -> None:
        found = correlation_order(np.full((3, 3), np.nan))
        assert (found.constant, found.strong_share, len(found.matrix)) == (3, None, 0)
