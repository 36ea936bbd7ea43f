"""Splits whose patients all have one label: what is undefined there is said before a run starts."""

from __future__ import annotations

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from seqsetvae.data.packed_store import Cohort
from seqsetvae.data.sampler import BucketBatchSampler
from seqsetvae.i18n.language import tr
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.trainer import validation_batches


def validation_has_one_class(cohort: Cohort, config: TrainConfig) -> bool:
    """Return whether the patients that validation sees have one label, so that it has no AUROC."""
    return _only_label(_validated(cohort, config)) is not None


def one_class_notices(cohort: Cohort, config: TrainConfig) -> list[str]:
    """Return a sentence for each split that the run uses and that has one label."""
    notices: list[str] = []
    trains = config.test_checkpoint is None
    if trains and (label := _only_label(cohort.train.labels)) is not None:
        notices.append(
            tr(
                "All {count:,} patients of the train split have label {label}: the outcome cannot be learned.",
                count=len(cohort.train), label=label,
            )
        )  # fmt: skip
    validated = _validated(cohort, config)
    if trains and (label := _only_label(validated)) is not None:
        notices.append(
            tr(
                "All {count:,} patients that validation sees have label {label}: its AUROC and AUPRC are NaN, "
                "early stopping is off, and no checkpoint is the best.",
                count=len(validated), label=label,
            )
        )  # fmt: skip
    tests = not trains or config.test_after_training
    if tests and (label := _only_label(cohort.test.labels)) is not None:
        notices.append(
            tr(
                "All {count:,} patients of the test split have label {label}: AUROC and AUPRC of the test are NaN.",
                count=len(cohort.test), label=label,
            )
        )  # fmt: skip
    return notices


def _validated(cohort: Cohort, config: TrainConfig) -> NDArray[np.float32]:
    """Return the labels of the patients in the validation batches of one process."""
    batches = list(
        BucketBatchSampler(cohort.valid.set_counts, batch_size=config.batch_size, seed=config.seed, shuffle=False)
    )
    count = validation_batches(config.limit_val_batches, batches=len(batches))
    return cohort.valid.labels[list(chain.from_iterable(batches[:count]))]


def _only_label(labels: NDArray[np.float32]) -> int | None:
    """Return the label of all patients; None where there are two, or no patients."""
    distinct = np.unique(labels)
    return int(distinct[0]) if len(distinct) == 1 else None
