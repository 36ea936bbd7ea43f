import hashlib
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from seqsetvae.data.packed_store import open_cohort
from seqsetvae.data.patient_file import read_patient
from seqsetvae.data.prepare.conversion_report import PrepareReport
from seqsetvae.data.prepare.patient_events import NO_EVENTS
from seqsetvae.data.prepare.physionet2012 import Stay, parse_minute, prepare_physionet2012, read_stay
from seqsetvae.data.prepare.physionet2012_sets import RecordSet, find_sets, read_outcomes
from seqsetvae.data.prepare.splitting import SplitPlan
from seqsetvae.errors import InputError
from tests.data.prepare.raw_sets import OUTCOMES_HEADER, write_set, write_stay


def prepare(raw: Path | list[Path], out: Path, *, seed: int = 0, jobs: int = 1) -> PrepareReport:
    return prepare_physionet2012(raw if isinstance(raw, list) else [raw], out, plan=SplitPlan(seed=seed), jobs=jobs)


def read(path: Path) -> list[tuple[str, float, float]]:
    patient, _ = read_stay(Stay(path=path, split="train", label=0))
    return list(zip(patient.variable, patient.value.tolist(), patient.minute.tolist(), strict=True))


def contents(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.rglob("*")
        if path.is_file()
    }


class TestStay:
    def test_lines_become_events_at_their_minute(self, tmp_path: Path) -> None:
        path = write_stay(tmp_path / "132539.txt", ["00:07,HR,73", "00:07,Temp,35.5", "47:37,HR,80"], static=[])
        assert read(path) == [("HR", 73, 7), ("Temp", 35.5, 7), ("HR", 80, 2857)]

    def test_static_descriptors_are_events_unless_unknown(self, tmp_path: Path) -> None:
        path = write_stay(
            tmp_path / "1.txt", ["05:00,Weight,81"], static=["Age,54", "Gender,0", "Height,-1", "Weight,-1"]
        )
        assert read(path) == [("Age", 54, 0), ("Gender", 0, 0), ("Weight", 81, 300)]

    def test_minus_one_is_a_value_of_everything_else(self, tmp_path: Path) -> None:
        assert read(write_stay(tmp_path / "1.txt", ["00:05,Temp,-1"], static=[])) == [("Temp", -1, 5)]

    def test_what_other_systems_write_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "1.txt"
        path.write_bytes("\ufeffTime,Parameter,Value\r\n\r\n00:07,HR,73\r\n  \r\n".encode())
        assert read(path) == [("HR", 73, 7)]

    def test_lines_out_of_order_are_sorted(self, tmp_path: Path) -> None:
        path = write_stay(tmp_path / "1.txt", ["10:00,HR,2", "09:00,HR,1", "10:00,Temp,3"], static=[])
        assert read(path) == [("HR", 1, 540), ("HR", 2, 600), ("Temp", 3, 600)]

    def test_values_without_a_parameter_are_counted_and_left_out(self, tmp_path: Path) -> None:
        path = write_stay(tmp_path / "1.txt", ["10:45,,1.9", "10:45,HR,80"], static=[])
        patient, unnamed = read_stay(Stay(path=path, split="train", label=0))
        assert (list(patient.variable), unnamed) == (["HR"], 1)

    def test_a_parameters_name_has_no_blanks_around_it(self, tmp_path: Path) -> None:
        path = write_stay(tmp_path / "1.txt", ["10:45, HR ,80", "10:46,HR,81", "10:47, ,82"], static=[])
        patient, unnamed = read_stay(Stay(path=path, split="train", label=0))
        assert (list(patient.variable), unnamed) == (["HR", "HR"], 1)

    @pytest.mark.parametrize(
        "line", ["00:05,HR", "00:05,HR,high", "00:05,HR,nan", "00:65,HR,1", "5,HR,1", "-1:05,HR,1", "00:05,HR,1,2", "?"]
    )
    def test_a_malformed_line_is_named(self, tmp_path: Path, line: str) -> None:
        path = write_stay(tmp_path / "7.txt", ["00:01,HR,70", line])
        with pytest.raises(InputError, match=r"7\.txt:6: .* is not HH:MM,name,number") as caught:
            read(path)
        assert line in str(caught.value)

    def test_a_file_of_another_kind_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "7.txt").write_text("hello\n")
        with pytest.raises(InputError, match=r"7\.txt:1: the first line must be Time,Parameter,Value"):
            read(tmp_path / "7.txt")

    def test_what_is_no_file_of_a_stay_is_refused_at_once(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "1.txt")
        with pytest.raises(InputError, match=r"1\.txt is not a regular file"):
            read(tmp_path / "1.txt")
        (tmp_path / "2.txt").write_bytes(b"x" * (1 << 20) + b"y")
        with pytest.raises(InputError, match=r"2\.txt is longer than 1 MiB"):
            read(tmp_path / "2.txt")

    def test_a_file_that_was_renamed_is_refused(self, tmp_path: Path) -> None:
        renamed = write_stay(tmp_path / "7.txt").rename(tmp_path / "8.txt")
        with pytest.raises(InputError, match=r"8\.txt:2: RecordID is 7"):
            read(renamed)


@pytest.mark.parametrize(("time", "minute"), [("00:00", 0), ("01:05", 65), ("48:00", 2880), ("100:59", 6059)])
def test_minutes_count_from_admission(time: str, minute: int) -> None:
    assert parse_minute(time) == minute


class TestFindingSets:
    def test_a_directory_of_sets_holds_them_all(self, tmp_path: Path) -> None:
        one, two = write_set(tmp_path, "a"), write_set(tmp_path, "b", first=2000)
        assert find_sets(tmp_path) == [
            RecordSet(directory=one, outcomes=tmp_path / "Outcomes-a.txt"),
            RecordSet(directory=two, outcomes=tmp_path / "Outcomes-b.txt"),
        ]

    def test_a_set_itself_has_its_outcomes_beside_it(self, tmp_path: Path) -> None:
        one = write_set(tmp_path, "a")
        write_set(tmp_path, "b", first=2000)
        assert find_sets(one) == [RecordSet(directory=one, outcomes=tmp_path / "Outcomes-a.txt")]

    def test_or_inside(self, tmp_path: Path) -> None:
        one = write_set(tmp_path, "a")
        (tmp_path / "Outcomes-a.txt").rename(one / "Outcomes-a.txt")
        assert find_sets(one)[0].outcomes == one / "Outcomes-a.txt"
        assert find_sets(tmp_path)[0].outcomes == one / "Outcomes-a.txt"

    def test_a_set_by_any_name_has_the_only_table_there_is(self, tmp_path: Path) -> None:
        mine = write_set(tmp_path, "a").rename(tmp_path / "mystays")
        assert find_sets(mine) == [RecordSet(directory=mine, outcomes=tmp_path / "Outcomes-a.txt")]

    @pytest.mark.parametrize("beside", ["link", "between", "target"])
    def test_a_linked_set_has_its_outcomes_beside_any_of_its_links(self, tmp_path: Path, beside: str) -> None:
        for name in ("link", "between", "target"):
            (tmp_path / name).mkdir()
        write_set(tmp_path / "link", "a").rename(tmp_path / "target" / "set-a")
        (tmp_path / "between" / "set-a").symlink_to("../target/set-a")
        (tmp_path / "link" / "set-a").symlink_to("../between/set-a")
        (tmp_path / "link" / "Outcomes-a.txt").rename(tmp_path / beside / "Outcomes-a.txt")
        (found,) = find_sets(tmp_path / "link")
        assert found.outcomes.resolve() == tmp_path / beside / "Outcomes-a.txt"

    @pytest.mark.parametrize("target", ["nowhere", "set-b"])
    def test_a_link_that_leads_nowhere_is_a_set_that_is_missing(self, tmp_path: Path, target: str) -> None:
        write_set(tmp_path, "a")
        (tmp_path / "set-b").symlink_to(target)
        with pytest.raises(InputError, match=r"set-b is a link that leads nowhere"):
            find_sets(tmp_path)

    def test_without_outcomes_there_is_no_set(self, tmp_path: Path) -> None:
        one = write_set(tmp_path, "a")
        (tmp_path / "Outcomes-a.txt").unlink()
        with pytest.raises(InputError, match=r"no Outcomes-a\.txt inside or beside .*set-a"):
            find_sets(one)

    def test_a_missing_directory_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"There is no directory .*nowhere"):
            find_sets(tmp_path / "nowhere")


class TestOutcomes:
    def test_a_table_that_is_no_text_is_one_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "Outcomes-a.txt").write_bytes(b"RecordID\xff")
        with pytest.raises(InputError, match="cannot be read as a CSV table"):
            read_outcomes(tmp_path / "Outcomes-a.txt")

    def test_death_is_read_by_stay(self, tmp_path: Path) -> None:
        path = tmp_path / "Outcomes-a.txt"
        path.write_text(f"{OUTCOMES_HEADER}\n132539,6,1,5,-1,0\n132541,21,11,19,3,1\n")
        assert read_outcomes(path) == {"132539": 0, "132541": 1}

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("RecordID,Survival\n1,0\n", "has no column In-hospital_death"),
            (f"{OUTCOMES_HEADER}\n1,6,1,5,-1,2\n", ":2: In-hospital_death is '2', but must be 0 or 1"),
            (f"{OUTCOMES_HEADER}\n1,6,1,5,-1,0\n1,6,1,5,-1,0\n", ":3: stay 1 comes a second time"),
        ],
    )
    def test_a_bad_table_is_named(self, tmp_path: Path, text: str, complaint: str) -> None:
        path = tmp_path / "Outcomes-a.txt"
        path.write_text(text)
        with pytest.raises(InputError) as caught:
            read_outcomes(path)
        assert str(path) in str(caught.value)
        assert complaint in str(caught.value)


class TestConversion:
    def test_splits_are_drawn_among_the_stays_that_have_events(self, tmp_path: Path) -> None:
        one = write_set(tmp_path / "raw", "a", stays=80)
        deaths = sorted(path for path in one.iterdir() if int(path.stem) % 4 == 0)
        for path in deaths[3:]:
            write_stay(path, static=["Height,-1"])
        report = prepare(tmp_path / "raw", tmp_path / "out")
        assert [counts.positive for counts in report.splits.values()] == [1, 1, 1]
        assert report.total().patients == 63
        assert report.notes == {NO_EVENTS: 17}

    def test_what_comes_out_can_be_opened(self, tmp_path: Path) -> None:
        write_set(tmp_path / "raw", "a", stays=40)
        report = prepare(tmp_path / "raw", tmp_path / "out")
        cohort = open_cohort(tmp_path / "out")
        assert [len(cohort.train), len(cohort.valid), len(cohort.test)] == [28, 6, 6]
        assert sum(split.labels.sum() for split in (cohort.train, cohort.valid, cohort.test)) == 10
        assert sum(split.num_events for split in (cohort.train, cohort.valid, cohort.test)) == 40 * 14
        assert (report.total().sets, report.total().largest_set, report.total().most_sets) == (40 * 13, 2, 13)

    def test_several_sets_make_one_cohort(self, tmp_path: Path) -> None:
        one, two = write_set(tmp_path / "raw", "a"), write_set(tmp_path / "raw", "b", first=2000)
        assert prepare([one, two], tmp_path / "out").total().patients == 40
        prepare(tmp_path / "raw", tmp_path / "again")
        assert contents(tmp_path / "out") == contents(tmp_path / "again")

    def test_running_again_gives_identical_files_however_many_processes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("seqsetvae.data.prepare.physionet2012.STAYS_PER_CHUNK", 7)
        write_set(tmp_path / "raw", "a", stays=30)
        prepare(tmp_path / "raw", tmp_path / "out")
        first = contents(tmp_path / "out")
        assert len(first) == 30 + 3
        prepare(tmp_path / "raw", tmp_path / "out", jobs=2)
        assert contents(tmp_path / "out") == first
        prepare(tmp_path / "raw", tmp_path / "out", seed=1)
        assert contents(tmp_path / "out").keys() != first.keys()

    def test_the_report_counts_what_is_clipped(self, tmp_path: Path) -> None:
        one = write_set(tmp_path / "raw", "a", stays=40)
        for path in sorted(one.iterdir()):
            path.write_text(path.read_text() + "02:00,pH,7.3\n02:10,pH,7.4\n02:20,pH,7.5\n")
        typo = sorted(one.iterdir())[7]
        typo.write_text(typo.read_text() + "03:00,pH,735\n")
        prepare(tmp_path / "raw", tmp_path / "out")
        report = orjson.loads((tmp_path / "out" / "prepare_report.json").read_bytes())
        ph = next(row for row in report["variables"] if row["variable"] == "pH")
        assert (ph["events"], ph["clipped"]) == (121, 1)
        assert ph["highest"] == [735, 7.5, 7.4]

    def test_stays_without_events_are_left_out_and_counted(self, tmp_path: Path) -> None:
        one = write_set(tmp_path / "raw", "a", stays=40)
        write_stay(one / "1003.txt", static=["Age,-1"])
        report = prepare(tmp_path / "raw", tmp_path / "out")
        assert report.notes == {"patients without a single event": 1}
        assert "1003" not in (tmp_path / "out" / "oc.csv").read_text()

    def test_a_malformed_line_leaves_no_output(self, tmp_path: Path) -> None:
        one = write_set(tmp_path / "raw", "a")
        write_stay(one / "1005.txt", ["what"])
        with pytest.raises(InputError, match=r"1005\.txt:5"):
            prepare(tmp_path / "raw", tmp_path / "out", jobs=2)
        assert not (tmp_path / "out").exists()


def test_too_few_stays_for_three_splits_are_refused(tmp_path: Path) -> None:
    write_set(tmp_path / "raw", "a", stays=2, first=1001)
    with pytest.raises(InputError, match="The test split got none of 2 patients"):
        prepare(tmp_path / "raw", tmp_path / "out")


def lose_outcome(raw: Path) -> None:
    path = raw / "Outcomes-a.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("1004,")) + "\n")


def empty_set(raw: Path) -> None:
    write_set(raw, "b", stays=0).mkdir()


MISTAKES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no outcome": (lose_outcome, r"Outcomes-a\.txt lacks 1 of the 20 stays in .*set-a \(the first: 1004\)"),
    "same stay twice": (lambda raw: write_set(raw, "b", first=1010), r"Stay 1010 is in .*set-a and in .*set-b"),
    "no stays": (empty_set, r"set-b holds no <RecordID>\.txt files"),
}


@pytest.mark.parametrize(("mistake", "complaint"), MISTAKES.values(), ids=MISTAKES.keys())
def test_sets_that_do_not_fit_together_are_refused(
    tmp_path: Path, mistake: Callable[[Path], object], complaint: str
) -> None:
    write_set(tmp_path / "raw", "a")
    mistake(tmp_path / "raw")
    with pytest.raises(InputError, match=complaint):
        prepare(tmp_path / "raw", tmp_path / "out")


ARCHIVES = Path(os.environ.get("SEQSETVAE_REAL_DATA", "../shared/data")) / "physionet2012"


@pytest.fixture(scope="module")
def real_set_a(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = ARCHIVES / "set-a.tar.xz"
    if not archive.is_file():
        pytest.skip(f"{archive} is absent; set SEQSETVAE_REAL_DATA to the directory that holds physionet2012/")
    raw = tmp_path_factory.mktemp("physionet2012")
    with tarfile.open(archive) as files:
        files.extractall(raw, filter="data")
    return raw


@pytest.mark.real_data
@pytest.mark.slow
def test_the_real_set_a_is_converted_whole(real_set_a: Path, tmp_path: Path) -> None:
    """Counts line by line, independently of the converter, what must come out; copies of the set differ in length."""
    events = sets = 0
    for path in (real_set_a / "set-a").glob("*.txt"):
        rows = [line.split(",") for line in path.read_text().split()[1:]]
        kept = [row for row in rows if row[1] != "RecordID" and not (row[0] == "00:00" and row[2] == "-1")]
        events += len(kept)
        sets += len({row[0] for row in kept})
    report = prepare(real_set_a, tmp_path / "out", jobs=2)
    total = report.total()
    assert (total.patients, total.positive) == (4000, 554)
    assert (total.events, total.sets) == (events, sets)
    assert (total.fewest_events, total.largest_set) == (3, 39)
    assert 5.6 < events / sets < 5.9
    assert {row.variable: row.highest[0] for row in report.variables}["pH"] == 735
    assert max(row.clipped_share for row in report.variables) < 0.03
    a_stay = next((tmp_path / "out" / "patient_ehr").glob("*/132539.parquet"))
    assert read_patient(a_stay).minute[:3].tolist() == [0, 7, 37]
