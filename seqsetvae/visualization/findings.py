"""What is learnt from all patients together, gathered batch by batch in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from seqsetvae.model.outcome_scores import outcome_scores
from seqsetvae.posterior.statistics import COLLAPSED_KL, PosteriorStatistics, read_summary
from seqsetvae.posterior.summary import PosteriorSummary
from seqsetvae.visualization.dimensions import Dimensions
from seqsetvae.visualization.inspection import InspectedBatch
from seqsetvae.visualization.moments import CoMoments
from seqsetvae.visualization.row_sample import Columns, RowSample

#: Patients in the figures of the latent space: more would overlap, and UMAP needs seconds for these.
MAX_POINTS = 2_000
#: Sets behind the quantiles of reconstruction errors; their means are over all sets.
MAX_SETS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableErrors:
    """Errors of events by variable.

    Attributes:
        names: Of all variables.
        events: `[variables]` events seen.
        error: `[variables]` mean squared distance to the nearest reconstructed vector; NaN where there is no event.
    """

    names: tuple[str, ...]
    events: NDArray[np.int64]
    error: NDArray[np.float64]

    def worst_first(self) -> list[int]:
        """Return the indices of the variables seen, the largest error first."""
        seen = np.flatnonzero(self.events)
        order: list[int] = seen[np.argsort(-self.error[seen], kind="stable")].tolist()
        return order


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Predictions after each patient's last set, `[patients]`."""

    label: NDArray[np.float32]
    probability: NDArray[np.float32]

    @property
    def non_finite(self) -> int:
        """Patients whose probability is not finite."""
        return int((~np.isfinite(self.probability)).sum())

    @property
    def positives(self) -> int:
        """Patients of label 1."""
        return int(self.label.sum())

    def scores(self) -> dict[str, float | None]:
        """Return AUROC and AUPRC; None where all patients have the same label, or a probability is not finite."""
        found = outcome_scores(torch.from_numpy(self.probability), torch.from_numpy(self.label))
        return {name: None if np.isnan(value) else value for name, value in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was learnt.

    Attributes:
        patients, sets, events: How many were seen.
        error: Mean reconstruction loss over all sets.
        dimensions: Statistics of each latent dimension.
        posterior: The check that training makes, over all sets seen.
        correlation: `[dimensions, dimensions]` of the posterior means; NaN where a dimension is constant.
        set_sample: Up to `MAX_SETS` sets: `error`, `minute` since admission and `size`.
        point_sample: Up to `MAX_POINTS` patients: `patient`, `label`, `before` (mean over sets of μ) and `after` (h of
            the last set).
        variables: Errors by variable.
        outcomes: Predictions.
    """

    patients: int
    sets: int
    events: int
    error: float
    dimensions: Dimensions
    posterior: PosteriorSummary
    correlation: NDArray[np.float64]
    set_sample: Columns
    point_sample: Columns
    variables: VariableErrors
    outcomes: Outcomes


class Gathering:
    """Gathers batches into `Findings`.

    Args:
        levels: Latent dimensions of each level.
        variables: Names of the vocabulary.
        seed: Decides the samples.
    """

    def __init__(self, levels: tuple[int, ...], variables: tuple[str, ...], *, seed: int) -> None:
        self.levels = levels
        self.variables = variables
        self.seed = seed
        total = sum(levels)
        self._moments = CoMoments(total)
        self._statistics = PosteriorStatistics(levels)
        #: Σ over sets, for each dimension: KL, σ², sets of low KL.
        self._sums = np.zeros((3, total))
        self._error = 0.0
        self._set_sample = RowSample(MAX_SETS, seed)
        self._point_sample = RowSample(MAX_POINTS, seed)
        self._variable_events = np.zeros(len(variables), dtype=np.int64)
        self._variable_errors = np.zeros(len(variables))
        self._outcomes: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []

    def add(self, batch: InspectedBatch) -> None:
        """Add a batch."""
        self._moments.add(batch.mean)
        with torch.random.fork_rng(devices=[]):  # mutual information is estimated from samples of z
            torch.manual_seed(self.seed + self._moments.count)
            self._statistics.update(batch.posteriors, torch.tensor(float(batch.error.mean())))
        low = batch.kl < COLLAPSED_KL
        self._sums += np.stack([part.sum(0, dtype=np.float64) for part in (batch.kl, batch.variance, low)])
        self._error += float(batch.error.sum(dtype=np.float64))
        self._set_sample.add({"error": batch.error, "minute": batch.minute, "size": batch.size})
        self._point_sample.add(_points(batch))
        count = len(self.variables)
        self._variable_events += np.bincount(batch.variable, minlength=count)
        self._variable_errors += np.bincount(batch.variable, weights=batch.event_error, minlength=count)
        self._outcomes.append((batch.label, batch.probability))

    def findings(self) -> Findings:
        """Return what was learnt from all batches, of which there must be one."""
        sets = self._moments.count
        kl, variance, low = self._sums / sets
        labels, probabilities = zip(*self._outcomes, strict=True)
        label = np.concatenate(labels)
        with np.errstate(invalid="ignore"):  # 0 / 0 of a variable that nobody has
            variable_error = self._variable_errors / self._variable_events
        return Findings(
            patients=len(label),
            sets=sets,
            events=int(self._variable_events.sum()),
            error=self._error / sets,
            dimensions=Dimensions(
                levels=self.levels, kl=kl, variance=variance, mean_variance=self._moments.variance, low_share=low
            ),
            posterior=read_summary(self._statistics.vector().tolist(), self.levels),
            correlation=self._moments.correlation(),
            set_sample=self._set_sample.columns(),
            point_sample=self._point_sample.columns(),
            variables=VariableErrors(names=self.variables, events=self._variable_events, error=variable_error),
            outcomes=Outcomes(label=label, probability=np.concatenate(probabilities)),
        )


def _points(batch: InspectedBatch) -> Columns:
    """Return one row for each patient of a batch."""
    sets = np.bincount(batch.patient, minlength=len(batch.patients))
    last = np.cumsum(sets) - 1
    first = last + 1 - sets
    return {
        "patient": np.array(batch.patients, dtype=object),
        "label": batch.label,
        "before": np.add.reduceat(batch.mean, first) / sets[:, None].astype(np.float32),
        "after": batch.history[last],
    }
