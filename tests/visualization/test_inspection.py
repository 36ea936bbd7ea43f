"""What is brought to the host belongs to the right patients, sets and events."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest
import torch

from seqsetvae.data.packed_store import Cohort
from seqsetvae.errors import InputError
from seqsetvae.visualization.inspection import choose_patients, inspect, inspect_batches, prefix_probabilities
from seqsetvae.visualization.trained_model import TrainedModel, load_model
from tests import tiny


def test_rows_are_those_of_the_patients(trained: TrainedModel, cohort: Cohort) -> None:
    patients = [cohort.valid[index] for index in range(3)]
    batch = inspect(trained, patients)
    assert batch.patients == tuple(patient.patient_id for patient in patients)
    for index, patient in enumerate(patients):
        own = batch.patient == index
        np.testing.assert_array_equal(batch.number[own], np.arange(len(patient.minute)))
        np.testing.assert_array_equal(batch.minute[own], patient.minute)
        np.testing.assert_array_equal(batch.size[own], np.diff(patient.set_offsets))
    np.testing.assert_array_equal(batch.variable, np.concatenate([patient.variable_id for patient in patients]))
    np.testing.assert_array_equal(batch.label, [patient.label for patient in patients])


def test_company_changes_nothing(trained: TrainedModel, cohort: Cohort) -> None:
    patients = [cohort.valid[index] for index in range(3)]
    together, alone = inspect(trained, patients), inspect(trained, patients[1:2])
    own = together.patient == 1
    for name in ("mean", "variance", "kl", "error", "history"):
        np.testing.assert_allclose(getattr(together, name)[own], getattr(alone, name), rtol=1e-4, atol=1e-5)


def test_levels_stand_side_by_side_and_kl_is_that_of_their_posteriors(trained: TrainedModel, cohort: Cohort) -> None:
    batch = inspect(trained, [cohort.valid[0]])
    first, second = batch.posteriors
    np.testing.assert_array_equal(batch.mean[:, :8], first.mean.numpy())
    np.testing.assert_array_equal(batch.mean[:, 8:], second.mean.numpy())
    expected = 0.5 * (batch.mean**2 + batch.variance - 1 - np.log(batch.variance))
    np.testing.assert_allclose(batch.kl, expected, atol=1e-5)


def test_probabilities_after_each_set_are_those_of_the_shorter_patient(trained: TrainedModel, cohort: Cohort) -> None:
    patient = cohort.train[int(np.argmax(cohort.train.set_counts))]
    history = torch.from_numpy(inspect(trained, [patient]).history)
    found = prefix_probabilities(trained.model, history)
    for sets in range(1, len(patient.minute) + 1):
        offsets = patient.set_offsets[: sets + 1]
        shorter = dataclasses.replace(
            patient, variable_id=patient.variable_id[: offsets[-1]], value=patient.value[: offsets[-1]],
            set_offsets=offsets, minute=patient.minute[:sets],
        )  # fmt: skip
        assert found[sets - 1] == pytest.approx(inspect(trained, [shorter]).probability[0], abs=1e-5)


def test_prefixes_are_the_same_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny.model()
    history = torch.randn(7, 16, dtype=torch.float64)
    whole = prefix_probabilities(model, history)
    monkeypatch.setattr("seqsetvae.visualization.inspection.PREFIXES", 2)
    np.testing.assert_allclose(prefix_probabilities(model, history), whole, rtol=1e-6)


class TestChoosing:
    def test_everyone_comes_once_the_longest_first(self, cohort: Cohort) -> None:
        batches = choose_patients(cohort.train, batch_size=5, max_batches=0, seed=0)
        chosen = [index for batch in batches for index in batch]
        assert Counter(chosen) == Counter(range(len(cohort.train)))
        counts = cohort.train.set_counts[chosen].tolist()
        assert counts == sorted(counts, reverse=True)
        assert [len(batch) for batch in batches] == [5] * 6 + [4]

    def test_a_sample_is_drawn_by_seed_and_not_by_length(self, cohort: Cohort) -> None:
        drawn = [choose_patients(cohort.train, batch_size=4, max_batches=2, seed=seed) for seed in (0, 0, 1)]
        assert drawn[0] == drawn[1] != drawn[2]
        assert [len(batch) for batch in drawn[0]] == [4, 4]
        longest = set(np.argsort(-cohort.train.set_counts, kind="stable")[:8].tolist())
        assert {index for batch in drawn[0] for index in batch} != longest

    def test_more_batches_than_there_are_patients_take_all(self, cohort: Cohort) -> None:
        batches = choose_patients(cohort.valid, batch_size=4, max_batches=100, seed=0)
        assert sum(map(len, batches)) == len(cohort.valid)


def test_a_model_that_diverged_is_refused(trained: TrainedModel, cohort: Cohort) -> None:
    broken = load_model(trained.header.path, trained.device)
    with torch.no_grad():
        broken.model.latent.weight.fill_(torch.nan)
    with pytest.raises(InputError, match=r"answers with NaN or infinity.*take an earlier checkpoint"):
        next(inspect_batches(broken, cohort.valid, [[0]]))
