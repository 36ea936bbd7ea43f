"""What the model says of patients: posteriors, histories, errors and predictions, brought to the host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqsetvae.data.batch import collate
from seqsetvae.data.packed import PackedSplit
from seqsetvae.data.patient import Patient
from seqsetvae.errors import InputError
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.model.seqsetvae import SeqSetVAE
from seqsetvae.visualization.set_errors import set_errors
from seqsetvae.visualization.trained_model import TrainedModel

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

#: Prefixes of a patient whose outcome is predicted at a time.
PREFIXES = 64


@dataclass(frozen=True, kw_only=True)
class InspectedBatch:
    """Patients as the model sees them; `dimensions` are those of all levels, the first level's first.

    Attributes:
        patients: Ids.
        label, probability: `[patients]` the outcome, and how probable the model finds it after the last set.
        patient: `[sets]` whose set it is, an index into `patients`.
        number: `[sets]` counts a patient's sets from 0.
        minute: `[sets]` since admission.
        size: `[sets]` events.
        error: `[sets]` reconstruction loss.
        history: `[sets, hidden]` h.
        posteriors: One per level, `[sets, latent]`, on the host.
        variable: `[events]` variable ids.
        event_error: `[events]` squared distance to the nearest reconstructed vector.
    """

    patients: tuple[str, ...]
    label: Floats
    probability: Floats
    patient: Ints
    number: Ints
    minute: NDArray[np.float64]
    size: Ints
    error: Floats
    history: Floats
    posteriors: tuple[GaussianPosterior, ...]
    variable: Ints
    event_error: Floats

    @cached_property
    def mean(self) -> Floats:
        """`[sets, dimensions]` μ."""
        return _joined([q.mean for q in self.posteriors])

    @cached_property
    def variance(self) -> Floats:
        """`[sets, dimensions]` σ²."""
        return _joined([q.log_variance.exp() for q in self.posteriors])

    @cached_property
    def kl(self) -> Floats:
        """`[sets, dimensions]` divergence from the prior, nats; never below 0, where rounding may lead."""
        return _joined([q.kl().clamp(min=0.0) for q in self.posteriors])


def choose_patients(split: PackedSplit, *, batch_size: int, max_batches: int, seed: int) -> list[list[int]]:
    """Return batches of patient indices, the longest patients first so that too large a batch fails at once.

    Args:
        split: Whose patients.
        batch_size: Patients in a batch.
        max_batches: With more patients than these batches hold, a random sample is drawn; 0 for all.
        seed: Decides the sample.
    """
    wanted = min(len(split), max_batches * batch_size) if max_batches else len(split)
    drawn = np.random.default_rng(seed).permutation(len(split))[:wanted]
    drawn = np.sort(drawn)
    ordered = drawn[np.argsort(-split.set_counts[drawn], kind="stable")].tolist()
    return [ordered[start : start + batch_size] for start in range(0, wanted, batch_size)]


def inspect_batches(
    trained: TrainedModel, split: PackedSplit, batches: Sequence[Sequence[int]]
) -> Iterator[InspectedBatch]:
    """Inspect batches one after another; nothing of an earlier one is kept.

    Raises:
        InputError: it gives NaN or infinity.
    """
    for indices in batches:
        yield inspect(trained, [split[index] for index in indices])


@torch.inference_mode()
def inspect(trained: TrainedModel, patients: Sequence[Patient]) -> InspectedBatch:
    """Run the model on patients, in one batch.

    Raises:
        InputError: it gives NaN or infinity.
    """
    batch = collate(patients).to(trained.device)
    output = trained.model(batch)
    errors = set_errors(output, batch, trained.chamfer)
    steps = batch.step_set.shape[1]
    inspected = InspectedBatch(
        patients=tuple(patient.patient_id for patient in patients),
        label=_floats(batch.label),
        probability=_floats(output.logit.sigmoid()),
        patient=_ints(torch.div(batch.set_step, steps, rounding_mode="floor")),
        number=_ints(batch.set_step % steps),
        minute=batch.minute.flatten()[batch.set_step].double().cpu().numpy(),
        size=_ints(batch.set_size),
        error=_floats(errors.of_set),
        history=_floats(output.history),
        posteriors=tuple(
            GaussianPosterior(mean=q.mean.float().cpu(), log_variance=q.log_variance.float().cpu())
            for q in output.posteriors
        ),
        variable=_ints(batch.variable.flatten()[batch.event_cell]),
        event_error=_floats(errors.of_event),
    )
    _check_numbers(inspected, trained)
    return inspected


@torch.inference_mode()
def prefix_probabilities(model: SeqSetVAE, history: Tensor) -> Floats:
    """Return the probability of the outcome after each of a patient's sets, `[sets]`, from `history` `[sets, hidden]`.

    h of a set does not depend on later sets, so only the outcome head has to be computed for each prefix.
    """
    sets = len(history)
    step = torch.arange(sets, device=history.device)
    found = []
    for ends in torch.split(step, PREFIXES):
        logit = model.classifier(
            history.expand(len(ends), sets, -1), step <= ends.unsqueeze(1), history.index_select(0, ends)
        )
        found.append(logit.sigmoid())
    return _floats(torch.cat(found))


def _check_numbers(batch: InspectedBatch, trained: TrainedModel) -> None:
    parts = (batch.mean, batch.variance, batch.history, batch.error, batch.probability, batch.event_error)
    if not all(np.isfinite(part).all() for part in parts):
        raise InputError(
            "the model in {path} answers with NaN or infinity, its training had diverged by step "
            "{step:,}; take an earlier checkpoint",
            path=trained.header.path,
            step=trained.header.step,
        )


def _joined(parts: Sequence[Tensor]) -> Floats:
    return _floats(torch.cat(list(parts), dim=1))


def _floats(tensor: Tensor) -> Floats:
    array: Floats = tensor.float().cpu().numpy()
    return array


def _ints(tensor: Tensor) -> Ints:
    array: Ints = tensor.long().cpu().numpy()
    return array
