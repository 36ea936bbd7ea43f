import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seqsetvae.data.packed_store import open_cohort
from seqsetvae.data.prepare import conversion, meds_tables
from seqsetvae.data.prepare.conversion_report import PrepareReport
from seqsetvae.data.prepare.meds import LATER, NO_CODE, NO_SPLIT, NO_SUBJECT, prepare_meds
from seqsetvae.data.prepare.meds_selection import BIRTH, MedsPlan
from seqsetvae.data.prepare.meds_tables import read_subjects
from seqsetvae.data.prepare.patient_events import NO_EVENTS
from seqsetvae.data.prepare.splitting import SplitPlan
from seqsetvae.errors import InputError
from tests.data.prepare.meds_sets import Row, at, write_labels, write_set, write_shard, write_splits


def prepare(
    root: Path, labels: Path | None = None, *, min_count: int = 1, window_hours: float | None = None, jobs: int = 1
) -> PrepareReport:
    return prepare_meds(
        root,
        labels or root / "labels.parquet",
        root / "out",
        meds=MedsPlan(min_count=min_count, window_hours=window_hours),
        split=SplitPlan(),
        jobs=jobs,
    )


def events_of(root: Path, patient: str) -> list[tuple[str, float, float]]:
    (path,) = (root / "out" / "patient_ehr").rglob(f"{patient}.parquet")
    table = pq.read_table(path)
    return [
        (row["variable"], row["value"], row["minute"])
        for row in table.select(["variable", "value", "minute"]).to_pylist()
    ]


def converted(
    tmp_path: Path, rows: Sequence[Row], *, predict_at: float = 100, window_hours: float | None = None
) -> list[tuple[str, float, float]]:
    """The events of subject 0, which has these rows, among others in all splits."""
    others: list[Row] = [(subject, 45, code, 1.0) for subject in (1, 2, 3) for code in ("HR", "K")]
    write_shard(tmp_path, "0", [*rows, *others])
    write_splits(tmp_path, {0: "train", 1: "train", 2: "tuning", 3: "held_out"})
    labels = write_labels(tmp_path / "labels.parquet", [(s, predict_at, s == 1) for s in range(4)])
    prepare(tmp_path, labels, window_hours=window_hours)
    return events_of(tmp_path, "0")


class TestAPatient:
    def test_minutes_count_from_the_first_event(self, tmp_path: Path) -> None:
        rows: list[Row] = [(0, 30, "HR", 70.0), (0, 30.9, "K", 4.0), (0, 47.5, "HR", 80.0)]
        assert converted(tmp_path, rows) == [("HR", 70, 0), ("K", 4, 0), ("HR", 80, 17)]

    def test_what_has_no_time_lies_at_minute_0(self, tmp_path: Path) -> None:
        rows: list[Row] = [(0, None, "SEX//F", None), (0, 30, "HR", 70.0), (0, 31, "HR", 71.0)]
        assert converted(tmp_path, rows) == [("SEX//F", 1, 0), ("HR", 70, 0), ("HR", 71, 1)]

    def test_the_birth_becomes_an_age_in_years(self, tmp_path: Path) -> None:
        rows: list[Row] = [(0, -30 * 365.25 * 24 * 60, BIRTH, None), (0, 0, "HR", 70.0), (0, 1, "HR", 71.0)]
        assert converted(tmp_path, rows) == [("HR", 70, 0), (BIRTH, 30, 0), ("HR", 71, 1)]

    def test_events_after_the_prediction_are_unknown_and_that_at_its_time_is_known(self, tmp_path: Path) -> None:
        rows: list[Row] = [(0, 0, "HR", 70.0), (0, 50, "HR", 71.0), (0, 50.01, "HR", 72.0), (0, 90, "MEDS_DEATH", None)]
        assert converted(tmp_path, rows, predict_at=50) == [("HR", 70, 0), ("HR", 71, 50)]

    def test_a_window_leaves_out_what_was_long_ago_but_nothing_without_a_time(self, tmp_path: Path) -> None:
        rows: list[Row] = [(0, None, "SEX//F", None), (0, 0, "HR", 70.0), (0, 40, "HR", 71.0), (0, 99, "HR", 72.0)]
        assert converted(tmp_path, rows, predict_at=100, window_hours=1) == [
            ("SEX//F", 1, 0),
            ("HR", 71, 0),
            ("HR", 72, 59),
        ]

    def test_a_value_that_is_not_finite_says_that_something_happened(self, tmp_path: Path) -> None:
        rows: list[Row] = [(0, 0, "HR", float("inf")), (0, 1, "HR", float("nan")), (0, 2, "HR", 70.0)]
        assert converted(tmp_path, rows) == [("HR//NO_VALUE", 1, 0), ("HR//NO_VALUE", 1, 1), ("HR", 70, 2)]

    def test_minutes_after_decades_are_exact(self, tmp_path: Path) -> None:
        late = 40 * 525_960
        rows: list[Row] = [(0, 0, "HR", 70.0), *((0, late + minute, "HR", 71.0) for minute in range(9))]
        minutes = [minute for _, _, minute in converted(tmp_path, rows, predict_at=late + 10)]
        assert minutes == [0, *(late + minute for minute in range(9))]

    def test_a_value_beyond_single_precision_is_refused(self, tmp_path: Path) -> None:
        labels = write_set(tmp_path)
        shard = tmp_path / "data" / "0.parquet"
        table = pq.read_table(shard)
        values = pa.array([1e39] * table.num_rows, pa.float64())
        pq.write_table(table.set_column(table.schema.get_field_index("numeric_value"), "numeric_value", values), shard)
        with pytest.raises(
            InputError, match=r"Patient \d+: the value of \S+ at minute 0 is 1e\+39, but must lie within"
        ):
            prepare(tmp_path, labels)

    def test_other_columns_and_other_types_of_the_same_are_no_matter(self, tmp_path: Path) -> None:
        labels = write_set(tmp_path)
        shard = tmp_path / "data" / "0.parquet"
        table = pq.read_table(shard)
        typed = pa.table(
            {
                "text_value": ["x"] * table.num_rows,
                "code": table["code"].dictionary_encode(),
                "time": table["time"].cast(pa.timestamp("ns")),
                "numeric_value": table["numeric_value"].cast(pa.float64()),
                "subject_id": table["subject_id"].cast(pa.int32()),
            }
        )
        prepare(tmp_path, labels)
        before = events_of(tmp_path, "0")
        pq.write_table(typed, shard)
        prepare(tmp_path, labels)
        assert events_of(tmp_path, "0") == before


class TestCodes:
    def test_codes_that_differ_by_blanks_are_one_variable_that_training_opens(self, tmp_path: Path) -> None:
        rows: list[Row] = [
            (0, 0, "LAB//51498// ", 1.0),
            (0, 1, "LAB//51498//", 2.0),
            (0, 2, "\tLAB//51498//\r\n", 3.0),
            (0, 3, "A\rB", 4.0),
            (0, 4, "A B", 5.0),
            (0, 5, 'say "x", y', 6.0),
        ]
        assert converted(tmp_path, rows) == [
            ("LAB//51498//", 1, 0),
            ("LAB//51498//", 2, 1),
            ("LAB//51498//", 3, 2),
            ("A B", 4, 3),
            ("A B", 5, 4),
            ('say "x", y', 6, 5),
        ]
        assert set(open_cohort(tmp_path / "out").variables) == {"LAB//51498//", "A B", 'say "x", y', "HR", "K"}

    def test_events_without_a_code_are_left_out_and_counted(self, tmp_path: Path) -> None:
        rows: list[Row] = [(0, 0, "", 1.0), (0, 1, " ", None), (0, 2, "HR", 70.0), (0, 3, "HR", 71.0)]
        assert converted(tmp_path, rows) == [("HR", 70, 0), ("HR", 71, 1)]
        report = orjson.loads((tmp_path / "out" / "prepare_report.json").read_bytes())
        assert report["notes"] == {NO_CODE: 2}
        open_cohort(tmp_path / "out")

    def test_a_result_that_training_refuses_is_not_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        labels = write_set(tmp_path)
        monkeypatch.setattr(conversion, "_report_variables", lambda *_: iter(()))
        with pytest.raises(InputError, match=r"Training could not use the result .* lists no variables"):
            prepare(tmp_path, labels)
        assert not (tmp_path / "out").exists()


class TestSeveralLabels:
    def test_each_is_a_patient_of_the_same_split(self, tmp_path: Path) -> None:
        write_set(tmp_path)
        labels = write_labels(
            tmp_path / "more.parquet", [(0, 15, True), (0, 5, False), *((s, 10, False) for s in range(1, 12))]
        )
        prepare(tmp_path, labels)
        cohort = tmp_path / "out" / "patient_ehr" / "train"
        assert {path.stem for path in cohort.glob("0*")} == {"0-1", "0-2"}
        assert events_of(tmp_path, "0-1")[-1] == ("HR", 65, 5)
        assert events_of(tmp_path, "0-2")[-1] == ("HR", 75, 15)

    def test_an_event_that_serves_two_counts_once(self, tmp_path: Path) -> None:
        rows: list[Row] = [(0, minute, "RARE", None) for minute in range(5)]
        write_shard(tmp_path, "0", [*rows, *((s, 0, "HR", 1.0 * i) for s in range(1, 4) for i in range(9))])
        write_splits(tmp_path, {0: "train", 1: "train", 2: "tuning", 3: "held_out"})
        labels = write_labels(tmp_path / "labels.parquet", [(0, 50, True), *((s, 60, False) for s in range(4))])
        report = prepare(tmp_path, labels, min_count=6)
        assert {variable.variable for variable in report.variables} == {"HR", "OTHER"}


class TestACohort:
    def test_training_can_open_it(self, tmp_path: Path) -> None:
        report = prepare(tmp_path, write_set(tmp_path))
        cohort = open_cohort(tmp_path / "out")
        assert cohort is not None
        assert {name: counts.patients for name, counts in report.splits.items()} == {"train": 6, "valid": 4, "test": 2}
        assert report.notes[LATER] == 12 * 9

    def test_processes_make_no_difference(self, tmp_path: Path) -> None:
        labels = write_set(tmp_path)
        one = prepare(tmp_path, labels)
        assert prepare(tmp_path, labels, jobs=2) == one

    def test_without_splits_of_its_own_it_is_split(self, tmp_path: Path) -> None:
        labels = write_set(tmp_path, subjects=40)
        (tmp_path / meds_tables.SUBJECT_SPLITS).unlink()
        report = prepare(tmp_path, labels)
        assert [counts.patients for counts in report.splits.values()] == [28, 6, 6]

    def test_rare_codes_of_the_train_split_are_folded(self, tmp_path: Path) -> None:
        report = prepare(tmp_path, write_set(tmp_path), min_count=7)
        assert {variable.variable for variable in report.variables} == {"HR", "OTHER"}

    def test_labels_without_events_or_split_are_counted(self, tmp_path: Path) -> None:
        write_set(tmp_path)
        write_splits(tmp_path, {0: "train", 2: "tuning", 4: "held_out", 99: "train"})
        labels = write_labels(tmp_path / "l.parquet", [(s, 10, s == 0) for s in (0, 2, 4, 6, 99)])
        notes = prepare(tmp_path, labels).notes
        assert (notes[NO_SPLIT], notes[NO_SUBJECT]) == (1, 1)

    def test_the_report_says_how(self, tmp_path: Path) -> None:
        prepare(tmp_path, write_set(tmp_path), min_count=3, window_hours=2)
        report = orjson.loads((tmp_path / "out" / "prepare_report.json").read_bytes())
        assert report["source"] == "meds"
        assert (report["options"]["min_count"], report["options"]["window_hours"]) == (3, 2)

    @pytest.mark.parametrize("rows", [1, 2, 3, 7])
    def test_subjects_are_whole_wherever_batches_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
    ) -> None:
        labels = write_set(tmp_path)
        whole = prepare(tmp_path, labels)
        monkeypatch.setattr(meds_tables, "BATCH_ROWS", rows)
        assert prepare(tmp_path, labels) == whole


def set_time_zones(path: Path, column: str, zone: str | None) -> None:
    """Give the times of a file another time zone: the same moments, or, for None, the same figures without a zone."""
    table = pq.read_table(path)
    times = table[column].cast(pa.int64()).cast(pa.timestamp("us", tz=zone))
    pq.write_table(table.set_column(table.schema.get_field_index(column), column, times), path)


class TestTimeZones:
    """Events and labels are compared in UTC where both have a time zone, as they stand where neither has one."""

    def zoned(self, root: Path, *, shards: Sequence[str | None], labels: str | None) -> Path:
        path = write_set(root)
        for number, zone in enumerate(shards):
            set_time_zones(root / "data" / f"{number}.parquet", "time", zone)
        set_time_zones(path, "prediction_time", labels)
        return path

    @pytest.mark.parametrize(
        ("shards", "labels"), [(["UTC", "UTC"], "UTC"), (["Asia/Shanghai", "UTC"], "America/New_York")]
    )
    def test_known_zones_are_converted(self, tmp_path: Path, shards: list[str | None], labels: str) -> None:
        plain = prepare(tmp_path / "plain", write_set(tmp_path / "plain"))
        assert prepare(tmp_path / "zoned", self.zoned(tmp_path / "zoned", shards=shards, labels=labels)) == plain

    @pytest.mark.parametrize(
        ("shards", "labels"),
        [(["UTC", "UTC"], None), ([None, None], "UTC"), (["UTC", None], "UTC"), (["Asia/Shanghai", None], None)],
    )
    def test_a_zone_on_one_side_alone_is_refused(
        self, tmp_path: Path, shards: list[str | None], labels: str | None
    ) -> None:
        path = self.zoned(tmp_path, shards=shards, labels=labels)
        with pytest.raises(InputError, match=r"column time has .* time zone, but prediction_time in .* has"):
            prepare(tmp_path, path)

    def test_files_of_labels_with_and_without_a_zone_are_refused(self, tmp_path: Path) -> None:
        write_set(tmp_path)
        for name, zone in (("0", None), ("1", "UTC")):
            write_labels(tmp_path / "l" / f"{name}.parquet", [(int(name), 10, True)])
            set_time_zones(tmp_path / "l" / f"{name}.parquet", "prediction_time", zone)
        with pytest.raises(InputError, match=r"1\.parquet: column prediction_time has a time zone"):
            prepare(tmp_path, tmp_path / "l")

    @pytest.mark.parametrize("kind", [pa.int64(), pa.date32(), pa.string()])
    def test_what_is_no_time_is_refused(self, tmp_path: Path, kind: pa.DataType) -> None:
        labels = write_set(tmp_path)
        shard = tmp_path / "data" / "0.parquet"
        table = pq.read_table(shard)
        pq.write_table(table.set_column(1, "time", table["time"].cast(kind, safe=False)), shard)
        with pytest.raises(InputError, match=r"column time is of type .*, but must be timestamp\[us\]"):
            prepare(tmp_path, labels)


class TestDrawnSplits:
    """Subjects without events for a label are drawn for no split, or a split could lack one of the labels."""

    def test_subjects_without_data_or_before_it_do_not_count(self, tmp_path: Path) -> None:
        write_set(tmp_path, subjects=60)
        (tmp_path / meds_tables.SUBJECT_SPLITS).unlink()
        rows: list[Row] = [(subject, 5, "HR", 80.0) for subject in range(60, 90)]
        write_shard(tmp_path, "2", rows)
        alive = [(subject, 10, subject in (1, 2, 3)) for subject in range(60)]
        early = [(subject, 1, True) for subject in range(60, 90)]
        absent = [(subject, 10, True) for subject in range(100, 140)]
        report = prepare(tmp_path, write_labels(tmp_path / "l.parquet", [*alive, *early, *absent]))
        assert [counts.positive for counts in report.splits.values()] == [1, 1, 1]
        assert [counts.patients for counts in report.splits.values()] == [41, 9, 10]
        assert report.notes[NO_EVENTS] == 30
        assert report.notes[NO_SUBJECT] == 40

    def test_scales_are_those_of_train_alone(self, tmp_path: Path) -> None:
        labels = write_set(tmp_path, subjects=40)
        before = {variable.variable: variable for variable in prepare(tmp_path, labels).variables}["HR"]
        for shard in (tmp_path / "data").iterdir():
            table = pq.read_table(shard)
            train = np.isin(table["subject_id"].to_numpy() // 2 % 4, (0, 2))
            values = pa.array(np.where(train, table["numeric_value"].to_numpy(), 1e6), pa.float32(), from_pandas=True)
            pq.write_table(table.set_column(3, "numeric_value", values), shard)
        after = {variable.variable: variable for variable in prepare(tmp_path, labels).variables}["HR"]
        assert (after.location, after.scale) == (before.location, before.scale)


class TestFindingShards:
    def test_hidden_copies_are_no_shards_and_links_and_upper_case_are(self, tmp_path: Path) -> None:
        labels = write_set(tmp_path)
        before = prepare(tmp_path, labels)
        shard = tmp_path / "data" / "0.parquet"
        for copy in ("._0.parquet", ".cache/0.parquet", ".ipynb_checkpoints/0-checkpoint.parquet"):
            (tmp_path / "data" / copy).parent.mkdir(exist_ok=True)
            (tmp_path / "data" / copy).write_bytes(shard.read_bytes())
        (tmp_path / "elsewhere").mkdir()
        shard.rename(tmp_path / "elsewhere" / "0.PARQUET")
        (tmp_path / "data" / "train").symlink_to("../elsewhere")
        assert prepare(tmp_path, labels) == before

    def test_splits_that_a_link_has_lost_are_not_drawn(self, tmp_path: Path) -> None:
        labels = write_set(tmp_path)
        (tmp_path / meds_tables.SUBJECT_SPLITS).unlink()
        (tmp_path / meds_tables.SUBJECT_SPLITS).symlink_to("nowhere")
        with pytest.raises(InputError, match=r"There is no file .*subject_splits\.parquet"):
            prepare(tmp_path, labels)


class TestPieces:
    """A shard of any size is converted in pieces that end with a row group."""

    @pytest.mark.parametrize("rows_per_group", [1, 5, 21, 40, 1000])
    @pytest.mark.parametrize("piece_rows", [1, 30, 1000])
    def test_every_subject_is_in_one_piece_and_whole(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_per_group: int, piece_rows: int
    ) -> None:
        monkeypatch.setattr(meds_tables, "PIECE_ROWS", piece_rows)
        write_set(tmp_path)
        shard = tmp_path / "data" / "0.parquet"
        pq.write_table(pq.read_table(shard), shard, row_group_size=rows_per_group)
        clock = meds_tables.read_labels(tmp_path / "labels.parquet").clock
        pieces = meds_tables.pieces_of(shard)
        found = [(events.subject, events.code.size) for piece in pieces for events in read_subjects(piece, clock)]
        assert found == [(subject, 21) for subject in range(0, 12, 2)]
        if piece_rows == 1:
            assert len(pieces) == {1: 6, 5: 6, 21: 6, 40: 3, 1000: 1}[rows_per_group]

    def test_rows_that_are_apart_in_another_row_group_are_refused(self, tmp_path: Path) -> None:
        shard = write_shard(tmp_path, "0", [(subject, 1, "HR", 1.0) for subject in (0, 1, 0)])
        pq.write_table(pq.read_table(shard), shard, row_group_size=1)
        with pytest.raises(InputError, match="the rows of subject 0 are not together"):
            meds_tables.pieces_of(shard)


class TestBadInput:
    def refused(self, tmp_path: Path, labels: Path | None = None) -> str:
        with pytest.raises(InputError) as caught:
            prepare(tmp_path, labels)
        assert not (tmp_path / "out").exists()
        return str(caught.value)

    def test_no_directory(self, tmp_path: Path) -> None:
        assert "There is no directory" in self.refused(tmp_path / "nowhere")

    def test_no_shards(self, tmp_path: Path) -> None:
        assert "holds no *.parquet files" in self.refused(tmp_path)

    def test_no_labels(self, tmp_path: Path) -> None:
        write_set(tmp_path).unlink()
        assert "There is no file" in self.refused(tmp_path)

    def test_labels_of_another_data_set(self, tmp_path: Path) -> None:
        write_set(tmp_path)
        write_splits(tmp_path, {500: "train"})
        labels = write_labels(tmp_path / "other.parquet", [(500, 1, True)])
        assert "None of the 1 labelled subjects" in self.refused(tmp_path, labels)

    def test_labels_without_a_boolean_value(self, tmp_path: Path) -> None:
        write_set(tmp_path)
        labels = write_labels(tmp_path / "l.parquet", [(0, 1, True)], boolean_value=None, integer_value=[1])
        assert "no column boolean_value" in self.refused(tmp_path, labels)

    def test_an_empty_label(self, tmp_path: Path) -> None:
        write_set(tmp_path)
        labels = write_labels(tmp_path / "l.parquet", [(0, 1, True)], boolean_value=pa.array([None], pa.bool_()))
        assert "column boolean_value has 1 empty cells" in self.refused(tmp_path, labels)

    @pytest.mark.parametrize("value", [2, -1, 0.5, float("nan")])
    def test_a_label_that_is_neither_0_nor_1(self, tmp_path: Path, value: float) -> None:
        write_set(tmp_path)
        labels = write_labels(tmp_path / "l.parquet", [(0, 1, True), (1, 1, True)], boolean_value=[1, value])
        assert f"boolean_value is {value} in row 1, but must be true or false" in self.refused(tmp_path, labels)

    def test_two_labels_at_one_time(self, tmp_path: Path) -> None:
        write_set(tmp_path)
        labels = write_labels(tmp_path / "l.parquet", [(0, 1, True), (0, 1, False)])
        assert "subject 0 has two labels" in self.refused(tmp_path, labels)

    def test_an_older_version_of_the_standard(self, tmp_path: Path) -> None:
        write_set(tmp_path)
        write_shard(tmp_path, "0", [(0, 1, "HR", 1.0)], subject_id=None, patient_id=[0])
        assert "patient_id is the name of an older version" in self.refused(tmp_path)

    def test_a_column_of_another_type(self, tmp_path: Path) -> None:
        write_set(tmp_path)
        write_shard(tmp_path, "0", [(0, 1, "HR", 1.0)], numeric_value=["seventy"])
        assert "numeric_value is of type string" in self.refused(tmp_path)

    def test_an_unknown_split(self, tmp_path: Path) -> None:
        write_set(tmp_path)
        write_splits(tmp_path, {0: "fold-3"})
        assert "'fold-3'" in self.refused(tmp_path)

    def test_a_column_that_comes_twice_or_in_another_case(self, tmp_path: Path) -> None:
        labels = write_set(tmp_path)
        shard = tmp_path / "data" / "0.parquet"
        table = pq.read_table(shard)
        pq.write_table(table.append_column("time", table["time"]), shard)
        assert "has 2 columns time" in self.refused(tmp_path, labels)
        pq.write_table(table.rename_columns(["subject_id", "time", "code", "Numeric_Value"]), shard)
        assert "column 'Numeric_Value' must be named numeric_value" in self.refused(tmp_path, labels)

    def test_text_that_is_none(self, tmp_path: Path) -> None:
        write_set(tmp_path)
        write_shard(tmp_path, "0", [(0, 1, "HR", 1.0)], code=pa.array([b"\xff"]).view(pa.string()))
        assert "Invalid UTF8" in self.refused(tmp_path)

    def test_a_subject_whose_rows_are_apart(self, tmp_path: Path) -> None:
        labels = write_set(tmp_path)
        write_shard(tmp_path, "0", [(0, 1, "HR", 1.0), (2, 1, "HR", 1.0), (0, 2, "HR", 1.0)])
        assert "the rows of subject 0 are not together" in self.refused(tmp_path, labels)

    def test_a_subject_in_two_shards(self, tmp_path: Path) -> None:
        labels = write_set(tmp_path)
        write_shard(tmp_path, "2", [(0, 1, "HR", 1.0)])
        assert "Subject 0 is in" in self.refused(tmp_path, labels)

    def test_a_shard_that_is_no_parquet(self, tmp_path: Path) -> None:
        labels = write_set(tmp_path)
        (tmp_path / "data" / "0.parquet").write_bytes(b"not parquet")
        assert "cannot be read as parquet" in self.refused(tmp_path, labels)

    def test_a_pipe_in_a_shards_place(self, tmp_path: Path) -> None:
        labels = write_set(tmp_path)
        (tmp_path / "data" / "0.parquet").unlink()
        os.mkfifo(tmp_path / "data" / "0.parquet")
        assert "is not a regular file" in self.refused(tmp_path, labels)

    @pytest.mark.parametrize(("flag", "plan"), [("min_count", {"min_count": 0}), ("window_hours", {"window_hours": 0})])
    def test_numbers_out_of_range(self, flag: str, plan: dict[str, int]) -> None:
        with pytest.raises(InputError, match=f"--{flag} is 0"):
            MedsPlan(**plan)


def test_times_before_1970_floor_to_minutes_too(tmp_path: Path) -> None:
    assert np.floor_divide(-1, 60) == -1
    write_set(tmp_path)
    early = [at(-60 * 24 * 365 * 60 + minute) for minute in (0.5, 1.2)]
    write_shard(tmp_path, "0", [(0, 0, "HR", 1.0), (0, 0, "HR", 2.0)], time=pa.array(early, pa.timestamp("us")))
    prepare(tmp_path)
    assert [minute for _, _, minute in events_of(tmp_path, "0")] == [0, 1]
