"""The files of an inspection hold what was seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest

from seqsetvae.data.packed_store import Cohort
from seqsetvae.errors import InputError
from seqsetvae.visualization.inspection import InspectedBatch, inspect
from seqsetvae.visualization.inspection_report import InspectionOptions, InspectionReport
from seqsetvae.visualization.latent_table import writing_latents
from seqsetvae.visualization.patient_course import follow
from seqsetvae.visualization.trained_model import TrainedModel


def options(**changes: Any) -> InspectionOptions:
    settings: dict[str, Any] = {
        "data_dir": Path("cohort"), "split": "train", "batch_size": 4, "max_batches": 3, "sample": None, "seed": 0,
    }  # fmt: skip
    return InspectionOptions(**{**settings, **changes})


@pytest.fixture(scope="module")
def written(
    trained: TrainedModel, cohort: Cohort, tmp_path_factory: pytest.TempPathFactory
) -> tuple[InspectionReport, list[Path]]:
    """A report on twelve patients, and its files."""
    directory = tmp_path_factory.mktemp("report")
    report = InspectionReport(trained, cohort, options())
    beats: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seqsetvae.figures.style.DPI", 40)
        findings = report.gather(directory, lambda: beats.append("batch"))
        files = report.write(
            report.results(findings), directory, machine={"cores": 2}, progress=lambda: beats.append("figure")
        )
    assert beats == ["batch"] * 3 + ["figure"] * 5
    return report, files


def table_of(files: list[Path]) -> Any:
    return pq.read_table(next(path for path in files if path.suffix == ".parquet"))


def summary_of(files: list[Path]) -> Any:
    return orjson.loads(files[-1].read_bytes())


class TestTable:
    def test_every_set_is_a_row(self, written: tuple[InspectionReport, list[Path]], cohort: Cohort) -> None:
        report, files = written
        table = table_of(files)
        indices = [index for batch in report.batches for index in batch]
        assert table.num_rows == cohort.train.set_counts[indices].sum()
        assert set(table["patient"].to_pylist()) == {cohort.train.patient_ids[index] for index in indices}
        assert set(table["split"].to_pylist()) == {"train"}
        assert table.schema.metadata[b"latent dimensions of each level"] == b"8, 8"

    def test_a_patients_rows_are_what_the_model_says_of_it(
        self, written: tuple[InspectionReport, list[Path]], trained: TrainedModel, cohort: Cohort
    ) -> None:
        report, files = written
        index = report.batches[1][2]
        alone = inspect(trained, [cohort.train[index]])
        table = table_of(files)
        own = np.array(table["patient"].to_pylist()) == cohort.train.patient_ids[index]
        expected = {
            "label": np.full(own.sum(), alone.label[0]),
            "probability": np.full(own.sum(), alone.probability[0]),
            "set": alone.number,
            "minute": alone.minute,
            "events": alone.size,
            "kl": alone.kl.sum(1),
            "reconstruction_error": alone.error,
            "history_norm": np.linalg.norm(alone.history, axis=1),
            "mean": alone.mean,
            "variance": alone.variance,
        }
        for name, values in expected.items():
            found = np.array(table[name].to_pylist())[own]
            np.testing.assert_allclose(found, values, rtol=1e-4, atol=1e-5, err_msg=name)

    def test_batches_are_row_groups(self, written: tuple[InspectionReport, list[Path]]) -> None:
        path = next(path for path in written[1] if path.suffix == ".parquet")
        assert pq.ParquetFile(path).num_row_groups == 3

    def test_an_error_leaves_nothing_behind(self, tmp_path: Path) -> None:
        with (
            pytest.raises(InputError, match="diverged"),
            writing_latents(tmp_path / "latents.parquet", split="train", levels=(8, 8)),
        ):
            raise InputError("diverged")
        assert list(tmp_path.iterdir()) == []

    def test_an_earlier_table_stays_until_the_new_one_is_whole(
        self, trained: TrainedModel, cohort: Cohort, tmp_path: Path
    ) -> None:
        path = tmp_path / "latents.parquet"
        path.write_bytes(b"earlier")
        batch: InspectedBatch = inspect(trained, [cohort.train[0]])
        with writing_latents(path, split="train", levels=(8, 8)) as table:
            table.add(batch)
            assert path.read_bytes() == b"earlier"
        assert pq.read_table(path).num_rows == len(batch.error)


class TestSummary:
    def test_it_says_what_was_inspected(
        self, written: tuple[InspectionReport, list[Path]], trained: TrainedModel
    ) -> None:
        summary = summary_of(written[1])
        assert summary["format"] == 1
        assert summary["checkpoint"] == str(trained.header.path)
        assert (summary["run"], summary["step"], summary["split"]) == ("run", 12, "train")
        assert (summary["patients_of_split"], summary["batches"], summary["batch_size"]) == (34, 3, 4)
        assert summary["counts"]["patients"] == 12
        assert summary["machine"] == {"cores": 2}

    def test_it_agrees_with_the_table(self, written: tuple[InspectionReport, list[Path]]) -> None:
        summary, table = summary_of(written[1]), table_of(written[1])
        mean, variance = (np.array(table[name].to_pylist()) for name in ("mean", "variance"))
        dimensions = summary["dimensions"]
        np.testing.assert_allclose(dimensions["mean_variance"], mean.var(0, ddof=1), rtol=1e-4)
        np.testing.assert_allclose(dimensions["variance"], variance.mean(0), rtol=1e-5)
        assert sum(dimensions["kl"]) == pytest.approx(np.mean(table["kl"].to_pylist()), rel=1e-5)
        assert dimensions["level"] == [1] * 8 + [2] * 8
        assert sum(dimensions["counts"].values()) == 16
        errors = table["reconstruction_error"].to_pylist()
        assert summary["reconstruction"]["mean"] == pytest.approx(np.mean(errors), rel=1e-5)
        assert summary["reconstruction"]["quantiles"]["0.5"] == pytest.approx(np.median(errors), rel=1e-5)

    def test_points_have_their_patients(self, written: tuple[InspectionReport, list[Path]]) -> None:
        space = summary_of(written[1])["latent_space"]
        assert len(space["patient"]) == len(space["label"]) == len(space["after"]["points"]) == 12
        assert space["before"]["method"] == "PCA"


class TestSample:
    def test_by_default_it_is_the_longest_patient_seen(
        self, written: tuple[InspectionReport, list[Path]], cohort: Cohort
    ) -> None:
        report, files = written
        seen = [index for batch in report.batches for index in batch]
        sample = summary_of(files)["sample"]
        assert len(sample["minute"]) == cohort.train.set_counts[seen].max()
        assert f"time_series_{sample['patient']}.png" in [path.name for path in files]

    def test_it_may_be_of_another_split(self, trained: TrainedModel, cohort: Cohort) -> None:
        patient_id = cohort.test.patient_ids[2]
        report = InspectionReport(trained, cohort, options(sample=patient_id))
        assert report.sample[0] is cohort.test
        course = follow(trained, *report.sample)
        assert (course.patient.patient_id, course.split) == (patient_id, "test")
        assert course.probability[-1] == pytest.approx(inspect(trained, [cohort.test[2]]).probability[0], abs=1e-6)

    def test_an_unknown_patient_is_refused_with_examples(self, trained: TrainedModel, cohort: Cohort) -> None:
        with pytest.raises(InputError, match="--sample nobody: there is no such patient") as refusal:
            InspectionReport(trained, cohort, options(sample="nobody"))
        assert cohort.train.patient_ids[0] in str(refusal.value)


def test_the_same_seed_gives_the_same_numbers(trained: TrainedModel, cohort: Cohort, tmp_path: Path) -> None:
    found = [InspectionReport(trained, cohort, options()).gather(tmp_path) for _ in range(2)]
    assert found[0].posterior == found[1].posterior
    np.testing.assert_array_equal(found[0].point_sample["after"], found[1].point_sample["after"])


def test_what_was_sampled_is_said_in_words(trained: TrainedModel, cohort: Cohort) -> None:
    some, every = (
        InspectionReport(trained, cohort, options()).source(),
        InspectionReport(trained, cohort, options(max_batches=0)).source(),
    )
    assert some.in_words(12, 70) == "run, step 12; train split: 12 of 34 patients, drawn with seed 0, 70 sets"
    assert every.in_words(34, 1234) == "run, step 12; train split: all patients, 1,234 sets"
