"""One patient, set by set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from seqsetvae.data.layout import SPLITS
from seqsetvae.data.packed import PackedSplit
from seqsetvae.data.packed_store import Cohort
from seqsetvae.data.patient import Patient
from seqsetvae.errors import InputError
from seqsetvae.visualization.inspection import Floats, inspect, prefix_probabilities
from seqsetvae.visualization.trained_model import TrainedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientCourse:
    """A patient's events, and what the model makes of each set.

    Attributes:
        patient: The events, as they were given to the model.
        split: Where the patient belongs.
        kl: `[sets]` all dimensions, nats.
        error: `[sets]` reconstruction loss.
        history_norm: `[sets]` length of h.
        probability: `[sets]` of the outcome, as it was predicted after each set.
    """

    patient: Patient
    split: str
    kl: Floats
    error: Floats
    history_norm: Floats
    probability: Floats

    @property
    def event_minutes(self) -> NDArray[np.float64]:
        """`[events]` when each event was."""
        minutes: NDArray[np.float64] = np.repeat(self.patient.minute, np.diff(self.patient.set_offsets))
        return minutes


def find_patient(cohort: Cohort, split: PackedSplit, patient_id: str) -> tuple[PackedSplit, int]:
    """Return the split and index of a patient; other splits are searched after `split`.

    Raises:
        InputError: there is no such patient.
    """
    for place in (split, *(getattr(cohort, name) for name in SPLITS if name != split.name)):
        if patient_id in place.patient_ids:
            return place, place.patient_ids.index(patient_id)
    known = ", ".join(split.patient_ids[:3])
    raise InputError(
        "--sample {id}: there is no such patient; choose another, such as {known}", id=patient_id, known=known
    )


def longest_patient(split: PackedSplit, batches: Sequence[Sequence[int]]) -> int:
    """Return the index of the patient with the most sets among those of `batches`; of equals, the first."""
    indices = np.sort(np.concatenate([np.asarray(batch) for batch in batches]))
    return int(indices[np.argmax(split.set_counts[indices])])


def follow(trained: TrainedModel, split: PackedSplit, index: int) -> PatientCourse:
    """Run the model on one patient.

    Raises:
        InputError: it gives NaN or infinity.
    """
    patient = split[index]
    seen = inspect(trained, [patient])
    history = torch.from_numpy(seen.history).to(trained.device)
    return PatientCourse(
        patient=patient,
        split=split.name,
        kl=seen.kl.sum(1),
        error=seen.error,
        history_norm=np.linalg.norm(seen.history, axis=1),
        probability=prefix_probabilities(trained.model, history),
    )
