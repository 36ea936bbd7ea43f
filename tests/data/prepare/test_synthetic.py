import hashlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from seqsetvae.data.packed import PackedSplit
from seqsetvae.data.packed_store import Cohort, open_cohort
from seqsetvae.data.prepare import synthetic
from seqsetvae.data.prepare.conversion_report import PrepareReport
from seqsetvae.data.prepare.splitting import SplitPlan
from seqsetvae.data.prepare.synthetic import CohortPlan, prepare_synthetic, simulate_course
from seqsetvae.errors import InputError


def prepare(out: Path, *, patients: int = 60, mean_sets: float = 10, seed: int = 0, jobs: int = 1) -> PrepareReport:
    cohort = CohortPlan(patients=patients, mean_sets=mean_sets, seed=seed)
    return prepare_synthetic(out, cohort=cohort, shares=SplitPlan(), jobs=jobs)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    out = tmp_path_factory.mktemp("synthetic") / "out"
    prepare(out, patients=800, mean_sets=20)
    return open_cohort(out)


def last_and_mean(split: PackedSplit) -> NDArray[np.float64]:
    """Return the last and the mean value of every variable, 0 (the median) where there is none."""
    width = len(split.variables)
    features = np.zeros((len(split), 2 * width))
    for row, patient in zip(features, (split[i] for i in range(len(split))), strict=True):
        row[patient.variable_id] = patient.value
        counts = np.bincount(patient.variable_id, minlength=width)
        row[width:] = np.bincount(patient.variable_id, patient.value, width) / np.maximum(counts, 1)
    return features


def fitted_auroc(cohort: Cohort, train_labels: NDArray[np.float32]) -> float:
    model = LogisticRegression(C=0.03, max_iter=2000).fit(last_and_mean(cohort.train), train_labels)
    held_out = [cohort.valid, cohort.test]
    scores = np.concatenate([model.decision_function(last_and_mean(split)) for split in held_out])
    return float(roc_auc_score(np.concatenate([split.labels for split in held_out]), scores))


def test_values_tell_who_dies(cohort: Cohort) -> None:
    assert fitted_auroc(cohort, cohort.train.labels) > 0.8


def test_and_shuffled_labels_tell_nothing(cohort: Cohort) -> None:
    shuffled = np.random.default_rng(0).permutation(cohort.train.labels)
    assert abs(fitted_auroc(cohort, shuffled) - 0.5) < 0.15


def test_who_knew_the_hidden_state_would_be_nearly_right() -> None:
    course = simulate_course(np.random.default_rng(0), 5000)
    assert roc_auc_score(course.label, course.risk) > 0.9
    assert course.label.mean() == pytest.approx(0.14, abs=0.02)


def test_it_has_the_size_and_shape_of_a_clinical_cohort(cohort: Cohort) -> None:
    train = cohort.train
    assert 35 <= len(cohort.variables) <= 42
    assert train.set_counts.mean() == pytest.approx(20, rel=0.1)
    sizes = np.concatenate([np.diff(train[i].set_offsets) for i in range(len(train))])
    assert sizes.min() == 1
    assert 5 < sizes.mean() < 8
    assert 18 < sizes.max() < 32


def test_the_sick_are_measured_more_often(cohort: Cohort) -> None:
    counts, labels = cohort.train.set_counts, cohort.train.labels
    assert counts[labels == 1].mean() > 1.1 * counts[labels == 0].mean()


def within_and_between(cohort: Cohort, one: str, other: str) -> tuple[float, float]:
    """Return the correlation of two variables in the same set, and of one variable with itself ten sets later."""
    ids = [cohort.variables.index(name) for name in (one, other)]
    pairs, later = [], []
    for i in range(len(cohort.train)):
        patient = cohort.train[i]
        table = np.full((patient.minute.size, len(cohort.variables)), np.nan)
        table[np.repeat(np.arange(patient.minute.size), np.diff(patient.set_offsets)), patient.variable_id] = (
            patient.value
        )
        pairs.append(table[:, ids])
        later.append(np.stack([table[:-10, ids[0]], table[10:, ids[0]]], axis=1))

    def correlation(tables: list[NDArray[np.float64]]) -> float:
        both = np.concatenate(tables)
        first, second = both[np.isfinite(both).all(axis=1)].T
        return float(((first - first.mean()) * (second - second.mean())).mean() / (first.std() * second.std()))

    return correlation(pairs), correlation(later)


def test_values_share_structure_within_sets_and_across_them(cohort: Cohort) -> None:
    within, across = within_and_between(cohort, "HR", "NISysABP")
    assert within < -0.3, "shock raises the one and lowers the other"
    assert across > 0.3, "and it lasts"


def test_a_few_values_are_typing_errors(cohort: Cohort) -> None:
    clipped = np.concatenate([np.abs(cohort.train[i].value) >= 5 for i in range(len(cohort.train))])
    assert 0.0005 < clipped.mean() < 0.01


def test_variables_are_missing_for_some_patients(cohort: Cohort) -> None:
    train = cohort.train
    have = np.array([np.bincount(train[i].variable_id, minlength=len(train.variables)) > 0 for i in range(len(train))])
    share = dict(zip(train.variables, have.mean(axis=0), strict=True))
    assert share["HR"] > 0.85
    assert 0.3 < share["MAP"] < 0.6
    assert share["Cholesterol"] < 0.25


def hashes(out: Path) -> dict[str, str]:
    files = [path for path in out.rglob("*") if path.is_file()]
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_seed_decides_and_the_processes_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "PATIENTS_PER_CHUNK", 16)
    prepare(tmp_path / "one", patients=40)
    prepare(tmp_path / "two", patients=40)
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    prepare(tmp_path / "other", patients=40, seed=1)
    assert hashes(tmp_path / "one")["stats.csv"] != hashes(tmp_path / "other")["stats.csv"]


def test_several_processes_make_the_same_cohort(tmp_path: Path) -> None:
    prepare(tmp_path / "one", patients=140, mean_sets=3)
    prepare(tmp_path / "two", patients=140, mean_sets=3, jobs=2)
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")


@pytest.mark.parametrize("options", [{"patients": 5}, {"mean_sets": 0.5}, {"mean_sets": 1000}, {"seed": -1}])
def test_a_size_out_of_range_is_named(options: dict[str, int]) -> None:
    with pytest.raises(InputError, match=f"--{next(iter(options))} is"):
        CohortPlan(**options)
