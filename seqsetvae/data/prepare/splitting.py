"""Assignment of patients to train, valid and test: by patient, stratified by label, decided by the seed alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqsetvae.data.layout import SPLITS, Split
from seqsetvae.errors import InputError

DEFAULT_SHARES = (0.7, 0.15, 0.15)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPlan:
    """Shares of train, valid and test, and the seed of the shuffle.

    Raises:
        InputError: a share is not positive, or they do not add up to 1.
    """

    seed: int = 0
    shares: tuple[float, float, float] = DEFAULT_SHARES

    def __post_init__(self) -> None:
        if min(self.shares) <= 0 or abs(sum(self.shares) - 1) > 1e-6:
            given = " ".join(f"{share:g}" for share in self.shares)
            raise InputError("--split is {value}, but the three shares must be positive and add up to 1.", value=given)
        if self.seed < 0:
            raise InputError("--seed is {seed}, but must not be negative.", seed=self.seed)


def assign_splits(labels: Mapping[str, int], plan: SplitPlan) -> dict[str, Split]:
    """Assign every patient id to a split; the order of `labels` does not matter.

    Patients of each label are shuffled and cut by the shares, so that each split has nearly the same share of deaths.
    A label of three patients or more is in every split; one of two is in train and valid, a single one in train.
    """
    rng = np.random.default_rng(plan.seed)
    assigned: dict[str, Split] = {}
    for label in sorted(set(labels.values())):
        stratum = sorted(patient_id for patient_id, its in labels.items() if its == label)
        cuts = np.cumsum(_sizes(len(stratum), plan.shares)[:2])
        for rank, index in enumerate(rng.permutation(len(stratum))):
            assigned[stratum[index]] = SPLITS[int(np.searchsorted(cuts, rank, side="right"))]
    return assigned


def _sizes(count: int, shares: tuple[float, float, float]) -> NDArray[np.int64]:
    """Divide `count` patients by the shares; the first splits come first where there is not one for each."""
    cuts = np.rint(np.cumsum(shares)[:2] * count).astype(np.int64)
    sizes: NDArray[np.int64] = np.diff(cuts, prepend=0, append=count)
    needed = np.arange(len(SPLITS)) < count
    while (lacking := np.flatnonzero(needed & (sizes == 0))).size:
        sizes[lacking[0]] += 1
        sizes[np.argmax(sizes - needed)] -= 1
    return sizes
