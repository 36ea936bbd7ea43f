import errno
import logging
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqsetvae.data import file_contents
from seqsetvae.data import packed_store as store
from seqsetvae.data.batch import collate
from seqsetvae.data.cohort_identity import cohort_identity
from seqsetvae.data.packed_store import open_cohort
from seqsetvae.data.packing import META_FILE, PackPlan, build_store
from seqsetvae.data.parallel import map_in_order
from seqsetvae.errors import InputError
from tests.data.cohorts import EVENTS, patient_path, write_cohort, write_patient, write_tables


def test_a_patient_comes_out_scaled_and_in_sets(data_dir: Path) -> None:
    cohort = open_cohort(data_dir)
    patient = cohort.train[0]
    assert patient.patient_id == "100"
    assert patient.label == 0.0
    assert [cohort.variables[i] for i in patient.variable_id] == [name for name, _, _ in EVENTS]
    np.testing.assert_allclose(patient.value, [1, 2, -1, 0.5, -1], rtol=1e-6)
    assert patient.set_offsets.tolist() == [0, 2, 3, 5]
    assert patient.minute.tolist() == [0, 60, 120]
    columns = (patient.variable_id, patient.value, patient.set_offsets, patient.minute)
    assert [column.dtype.name for column in columns] == ["int16", "float32", "int64", "float64"]


def test_minutes_after_decades_reach_the_batch_as_they_are(data_dir: Path) -> None:
    minutes = [float(40 * 525_960 + minute) for minute in range(9)]
    write_patient(patient_path(data_dir, "train", "100"), [("HR", 80, minute) for minute in minutes])
    patient = open_cohort(data_dir).train[0]
    assert patient.minute.tolist() == minutes
    assert collate([patient]).minute.tolist() == [minutes]


def test_a_split_knows_its_sizes(data_dir: Path) -> None:
    train = open_cohort(data_dir).train
    assert len(train) == 3
    assert train.event_counts.tolist() == [5, 10, 15]
    assert train.set_counts.tolist() == [3, 6, 9]
    assert (train.num_events, train.num_sets) == (30, 18)
    assert train.labels.tolist() == [0, 1, 0]
    assert train.patient_ids == ("100", "101", "102")
    assert train.variables == ("HR", "Temp", "pH")
    assert [patient.set_offsets[-1] for patient in (train[i] for i in range(3))] == [5, 10, 15]


def test_values_are_clipped(data_dir: Path) -> None:
    write_patient(patient_path(data_dir, "train", "100"), [("pH", 735, 0), ("Temp", -17.8, 0), ("HR", 85, 0)])
    np.testing.assert_allclose(open_cohort(data_dir).train[0].value, [5, -5, 0.5])
    np.testing.assert_allclose(open_cohort(data_dir, clip_value=3).train[0].value, [3, -3, 0.5])


def test_embeddings_are_mapped_where_there_are_some(data_dir: Path) -> None:
    assert open_cohort(data_dir).embeddings is None
    (data_dir / "cached.csv").write_text("Key,0,1\nTemp,3,4\nHR,1,2\npH,5,6\n")
    cohort = open_cohort(data_dir)
    assert cohort.embeddings is not None
    np.testing.assert_array_equal(cohort.embeddings, [[1, 2], [3, 4], [5, 6]])


def test_tables_may_lie_elsewhere(data_dir: Path, tmp_path: Path) -> None:
    for name in ("stats.csv", "oc.csv"):
        (data_dir / name).rename(tmp_path / f"my-{name}")
    cohort = open_cohort(data_dir, params_map_path=tmp_path / "my-stats.csv", label_path=tmp_path / "my-oc.csv")
    assert len(cohort.train) == 3


def test_the_directory_of_the_patients_will_do(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The original was given it, and the tables beside it."""
    found = open_cohort(data_dir)
    monkeypatch.chdir(data_dir / "patient_ehr")
    for place in (data_dir / "patient_ehr", Path()):
        assert cohort_identity(open_cohort(place)) == cohort_identity(found)


def test_a_pickled_split_is_small_and_opens_again(data_dir: Path) -> None:
    train = open_cohort(data_dir, max_sequence_length=7).train
    message = pickle.dumps(train)
    assert len(message) < 1000
    again: Any = pickle.loads(message)
    np.testing.assert_array_equal(again[2].value, train[2].value)
    assert again.event_counts.tolist() == train.event_counts.tolist()


class TestMaxSequenceLength:
    """Keeps the most recent whole sets that fit; of a last set that is too large alone, its first events."""

    @pytest.mark.parametrize(
        ("limit", "sizes"), [(15, [2, 1, 2, 2, 1, 2, 2, 1, 2]), (9, [1, 2, 2, 1, 2]), (2, [2]), (1, [1])]
    )
    def test_the_most_recent_whole_sets_are_kept(self, data_dir: Path, limit: int, sizes: list[int]) -> None:
        longest = open_cohort(data_dir, max_sequence_length=limit).train[2]
        assert np.diff(longest.set_offsets).tolist() == sizes
        assert longest.minute[-1] == 2120
        assert longest.value.size == longest.variable_id.size == sum(sizes)

    def test_of_a_set_that_is_too_large_the_first_events_are_kept(self, data_dir: Path) -> None:
        patient = open_cohort(data_dir, max_sequence_length=1).train[0]
        np.testing.assert_allclose(patient.value, [0.5])

    def test_the_store_is_the_same_for_every_length(self, data_dir: Path) -> None:
        assert open_cohort(data_dir, max_sequence_length=3).store == open_cohort(data_dir).store


def replace_text(path: Path, old: str, other: str) -> None:
    path.write_text(path.read_text().replace(old, other))


def first_value_and_inode(data_dir: Path) -> tuple[float, int]:
    cohort = open_cohort(data_dir)
    return float(cohort.train[0].value[0]), (cohort.store / META_FILE).stat().st_ino


class TestCaching:
    @pytest.fixture
    def builds(self, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
        built: list[Path] = []

        def build(target: Path, plan: PackPlan, *, jobs: int | None = None) -> None:
            built.append(target)
            build_store(target, plan, jobs=jobs)

        monkeypatch.setattr(store, "build_store", build)
        return built

    def test_the_second_time_nothing_is_built(self, data_dir: Path, builds: list[Path]) -> None:
        open_cohort(data_dir)
        open_cohort(data_dir)
        assert len(builds) == 1
        assert builds[0].parent == data_dir / ".seqsetvae"

    CHANGES: tuple[Callable[[Path], object], ...] = (
        lambda root: write_patient(patient_path(root, "valid", "103"), EVENTS[:2]),
        lambda root: (root / "stats.csv").write_text("variable,mean,std\nHR,0,1\nTemp,0,1\npH,0,1\nK,0,1\n"),
        lambda root: (root / "cached.csv").write_text("Key,0\nHR,1\nTemp,1\npH,1\n"),
    )

    @pytest.mark.parametrize("change", CHANGES, ids=["patient", "stats", "embeddings"])
    def test_a_changed_input_is_packed_again(
        self, data_dir: Path, builds: list[Path], change: Callable[[Path], object]
    ) -> None:
        open_cohort(data_dir)
        change(data_dir)
        open_cohort(data_dir)
        assert len(set(builds)) == 2

    TWINS: tuple[tuple[str, Callable[[Path], object]], ...] = (
        ("oc.csv", lambda root: replace_text(root / "oc.csv", "100,0", "100,1")),
        ("stats.csv", lambda root: replace_text(root / "stats.csv", "80.0", "81.0")),
        ("cached.csv", lambda root: (root / "cached.csv").write_text("Key,0\nHR,2\nTemp,1\npH,1\n")),
        (
            "patient_ehr/train/100.parquet",
            lambda root: write_patient(patient_path(root, "train", "100"), [("HR", 91, 0), *EVENTS[1:]]),
        ),
    )

    @pytest.mark.parametrize(("name", "change"), TWINS, ids=[name for name, _ in TWINS])
    def test_files_of_equal_size_and_time_are_told_apart(
        self, data_dir: Path, builds: list[Path], name: str, change: Callable[[Path], object]
    ) -> None:
        (data_dir / "cached.csv").write_text("Key,0\nHR,1\nTemp,1\npH,1\n")
        status = (data_dir / name).stat()
        open_cohort(data_dir)
        change(data_dir)
        os.utime(data_dir / name, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert (data_dir / name).stat().st_size == status.st_size
        open_cohort(data_dir)
        assert len(set(builds)) == 2

    def test_patients_are_read_again_only_where_their_state_changed(
        self, data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(file_contents, "SETTLED_AFTER", 0)
        before = open_cohort(data_dir).store
        monkeypatch.setattr(file_contents, "_content", lambda *_: pytest.fail("the files have not changed"))
        assert open_cohort(data_dir).store == before
        monkeypatch.undo()
        (before.parent / file_contents.CONTENTS_FILE).write_text("{")
        assert open_cohort(data_dir).store == before

    def test_a_copy_of_the_data_uses_the_store_that_was_copied(self, data_dir: Path, builds: list[Path]) -> None:
        packed = open_cohort(data_dir).store
        copy = data_dir.with_name("copy")
        shutil.copytree(data_dir, copy)
        assert open_cohort(copy).store == copy / ".seqsetvae" / packed.name
        assert len(builds) == 1

    DAMAGES: tuple[Callable[[Path], object], ...] = (
        lambda packed: (packed / META_FILE).unlink(),
        lambda packed: (packed / META_FILE).write_text("{"),
        lambda packed: (packed / META_FILE).write_text("{}"),
        lambda packed: (packed / "train" / "value.bin").write_bytes(b"\0\0"),
        lambda packed: (packed / "test" / "set_offsets.bin").write_bytes(bytes(19 * 8)),
        lambda packed: (packed / "valid" / "patient_ids.json").write_text('["one"]'),
        lambda packed: (packed / "train" / "label.bin").unlink(),
    )

    @pytest.mark.parametrize("damage", DAMAGES)
    def test_a_damaged_store_is_built_again(
        self,
        data_dir: Path,
        builds: list[Path],
        caplog: pytest.LogCaptureFixture,
        damage: Callable[[Path], object],
    ) -> None:
        packed = open_cohort(data_dir).store
        damage(packed)
        cohort = open_cohort(data_dir)
        np.testing.assert_allclose(cohort.train[0].value, [1, 2, -1, 0.5, -1], rtol=1e-6)
        assert len(builds) == 2
        assert "built again" in caplog.text

    def test_nothing_is_left_behind_by_a_build_that_failed(self, data_dir: Path) -> None:
        write_patient(patient_path(data_dir, "test", "108"), [("unheard", 1, 0)])
        with pytest.raises(InputError):
            open_cohort(data_dir)
        assert [path.name for path in (data_dir / ".seqsetvae").iterdir()] == ["lock"]

    def test_damage_within_a_patient_is_said_when_it_is_read(self, data_dir: Path) -> None:
        """Opening does not read what grows with the events."""
        path = open_cohort(data_dir).store / "train" / "set_offsets.bin"
        offsets = np.fromfile(path, dtype="<i8")
        offsets[1] = offsets[2]
        offsets.tofile(path)
        train = open_cohort(data_dir).train
        assert train[1].patient_id == "101"
        with pytest.raises(InputError, match=r"The packed store .* is damaged; remove it"):
            train[0]

    def test_what_was_published_first_stays(self, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def build_twice(target: Path, plan: PackPlan, *, jobs: int | None = None) -> None:
            build_store(target, plan, jobs=jobs)
            first = (target / META_FILE).stat().st_ino
            build_store(target, plan, jobs=jobs)
            assert (target / META_FILE).stat().st_ino == first

        monkeypatch.setattr(store, "build_store", build_twice)
        packed = open_cohort(data_dir).store
        assert {path.name for path in packed.parent.iterdir()} == {"lock", packed.name}

    def test_two_processes_at_once_end_up_with_one_store(self, data_dir: Path) -> None:
        first, second = map_in_order(first_value_and_inode, [data_dir, data_dir], jobs=2)
        assert first == second
        assert first[0] == 1.0

    def test_beside_unwritable_data_the_store_goes_to_the_user_cache(
        self,
        data_dir: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def refuse(target: Path, plan: PackPlan, *, jobs: int | None = None) -> None:
            if target.is_relative_to(data_dir):
                raise OSError(errno.EROFS, "Read-only file system")
            build_store(target, plan, jobs=jobs)

        monkeypatch.setattr(store, "build_store", refuse)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        first = open_cohort(data_dir)
        assert first.store.is_relative_to(tmp_path / "cache" / "seqsetvae")
        assert f"{data_dir} cannot be written to" in caplog.text
        caplog.clear()
        assert open_cohort(data_dir).store == first.store
        assert not caplog.records, "the second time, it is simply there"

    def test_without_a_home_directory_there_is_no_other_place(
        self, data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def homeless(*_: object, **__: object) -> Path:
            raise RuntimeError("could not determine the home directory")

        def refuse(*_: object, **__: object) -> None:
            raise OSError(errno.EROFS, "Read-only file system")

        monkeypatch.setattr(store, "user_cache_path", homeless)
        assert open_cohort(data_dir).store.is_relative_to(data_dir)
        monkeypatch.setattr(store, "build_store", refuse)
        with pytest.raises(InputError, match=r"\.seqsetvae: Read-only file system"):
            open_cohort(data_dir, clip_value=3)

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
    def test_a_disk_that_fails_is_one_sentence_and_leaves_no_store(
        self, data_dir: Path, number: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*args: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr("seqsetvae.data.packing.ColumnWriter.append", fail)
        with pytest.raises(InputError, match=rf"data/\.seqsetvae: {os.strerror(number)}; "):
            open_cohort(data_dir)
        assert [path.name for path in (data_dir / ".seqsetvae").iterdir()] == ["lock"]

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
    def test_where_the_user_cache_fails_too_that_is_one_sentence(
        self, data_dir: Path, tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(target: Path, plan: PackPlan, *, jobs: int | None = None) -> None:
            raise OSError(errno.EROFS if target.is_relative_to(data_dir) else number, "Detail")

        monkeypatch.setattr(store, "build_store", refuse)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        with pytest.raises(InputError, match=rf"cache/seqsetvae/.*: {os.strerror(number)}; "):
            open_cohort(data_dir)

    def test_processes_pack_the_same_as_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("seqsetvae.data.packing.FILES_PER_CHUNK", 2)
        root = write_cohort(tmp_path / "data", patients_per_split=5)
        one = open_cohort(root, jobs=1).store
        columns = {path.relative_to(one): path.read_bytes() for path in one.rglob("*.bin")}
        shutil.rmtree(one)
        two = open_cohort(root, jobs=2).store
        assert {path.relative_to(two): path.read_bytes() for path in two.rglob("*.bin")} == columns


class TestLabels:
    def test_a_patient_without_a_label_is_refused(self, data_dir: Path) -> None:
        write_tables(data_dir, {"100": 0, "101": 1, "102": 0, "103": 0, "106": 1})
        with pytest.raises(InputError, match=r"no label for 4 of 9 patients \(the first: 104, 105, 107\)"):
            open_cohort(data_dir)

    def test_or_left_out_on_demand(self, data_dir: Path, caplog: pytest.LogCaptureFixture) -> None:
        write_tables(data_dir, {"100": 0, "102": 1, "103": 0, "106": 1})
        cohort = open_cohort(data_dir, missing_label="drop")
        assert cohort.train.patient_ids == ("100", "102")
        assert cohort.train.labels.tolist() == [0, 1]
        assert cohort.train[1].value.size == 15
        assert "5 patients have no label" in caplog.text

    def test_unless_that_leaves_nobody(self, data_dir: Path) -> None:
        write_tables(data_dir, {"100": 0, "103": 1})
        with pytest.raises(InputError, match="no label for any patient of the test split"):
            open_cohort(data_dir, missing_label="drop")

    def test_ids_that_became_floats_are_found(self, data_dir: Path) -> None:
        write_tables(data_dir, {f"{number}.0": "1.0" for number in range(100, 109)})
        assert open_cohort(data_dir).train.labels.tolist() == [1, 1, 1]


def remove_directory(root: Path) -> None:
    shutil.rmtree(root)


def empty_split(root: Path) -> None:
    for path in (root / "patient_ehr" / "valid").iterdir():
        path.unlink()


def share_patient(root: Path) -> None:
    shutil.copy(patient_path(root, "train", "100"), patient_path(root, "test", "100"))


def duplicate_patient(root: Path) -> None:
    shutil.copy(patient_path(root, "train", "100"), patient_path(root, "train", "100.0"))


MISTAKES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing directory": (remove_directory, "There is no directory .*data; set --data_dir"),
    "wrong directory": (lambda root: shutil.rmtree(root / "patient_ehr"), "holds no patient_ehr/ directory"),
    "missing split": (lambda root: shutil.rmtree(root / "patient_ehr" / "test"), "There is no directory .*test"),
    "empty split": (empty_split, r"valid holds no <id>\.parquet files"),
    "missing stats": (lambda root: (root / "stats.csv").unlink(), r"no file .*stats\.csv; .*--params_map_path"),
    "missing labels": (lambda root: (root / "oc.csv").unlink(), r"no file .*oc\.csv; .*--label_path"),
    "leak": (share_patient, r"1 patients .* in more than one split \(the first: 100, in train and test\)"),
    "duplicate": (duplicate_patient, "Patient 100 has two files"),
    "unknown variable": (
        lambda root: write_patient(patient_path(root, "train", "100"), [("K", 4, 0)]),
        r"100\.parquet: variable K is not in .*stats\.csv",
    ),
    "unreadable": (
        lambda root: patient_path(root, "test", "107").write_bytes(b"?"),
        r"107\.parquet cannot be read as parquet",
    ),
    "embeddings lack a variable": (
        lambda root: (root / "cached.csv").write_text("Key,0\nHR,1\n"),
        r"cached\.csv lacks 2 of 3 variables \(the first: Temp, pH\)",
    ),
}


@pytest.mark.parametrize(("mistake", "complaint"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_sentence(data_dir: Path, mistake: Callable[[Path], object], complaint: str) -> None:
    mistake(data_dir)
    with pytest.raises(InputError, match=complaint) as caught:
        open_cohort(data_dir)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["params_map_path", "label_path", "cached_path"])
def test_a_table_that_was_named_must_exist(data_dir: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"no file .*elsewhere.csv; .*--{name}"):
        open_cohort(data_dir, **{name: data_dir / "elsewhere.csv"})  # type: ignore[arg-type]


BAD_OPTIONS = [{"clip_value": 0.0}, {"clip_value": float("nan")}, {"max_sequence_length": 0}, {"missing_label": "skip"}]


@pytest.mark.parametrize("options", BAD_OPTIONS, ids=str)
def test_a_bad_option_is_named(data_dir: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"--{next(iter(options))} must"):
        open_cohort(data_dir, **options)


def test_many_variables_get_wider_ids(tmp_path: Path) -> None:
    root = write_cohort(tmp_path / "data", patients_per_split=1)
    stats = {f"v{i}": (0.0, 1.0) for i in range(40_000)} | {"HR": (80.0, 10.0), "Temp": (0.0, 1.0), "pH": (0.0, 1.0)}
    write_tables(root, {"100": 0, "101": 1, "102": 0}, stats)
    patient = open_cohort(root).train[0]
    assert patient.variable_id.dtype == np.int32
    assert patient.variable_id[0] == 40_000


def test_progress_needs_no_terminal(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("seqsetvae").setLevel(logging.WARNING)
    open_cohort(data_dir)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""
