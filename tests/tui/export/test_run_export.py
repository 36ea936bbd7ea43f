"""A run's metrics as a table: every line that counts, every number as it was, whatever the names are."""

import csv
import io
import json
import math
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

import pytest

from seqsetvae.errors import InputError
from seqsetvae.stream.codec import encode_event, encode_metrics
from seqsetvae.stream.records import EventRecord, Level, MetricsRecord, Value
from tests.logs.reading import our_log
from tests.tui.logs import T0, append, write_run
from tui.export.csv_header import write_header
from tui.export.run_export import export_run

pq = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")


def log(run: Path, *records: MetricsRecord | bytes) -> Path:
    """A run with these lines."""
    run.mkdir()
    lines = [line if isinstance(line, bytes) else encode_metrics(line) for line in records]
    (run / "metrics.jsonl").write_bytes(b"".join(lines))
    return run


def point(step: int, values: Mapping[str, Value], t: float | None = None) -> MetricsRecord:
    return MetricsRecord(t=T0 + step if t is None else t, step=step, epoch=step / 4, values=values)


def table(run: Path, target: Path, pattern: str = "") -> list[list[str]]:
    export_run(our_log(run), target, pattern)
    with target.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_a_row_a_line_with_step_epoch_and_time_in_front(tmp_path: Path) -> None:
    run = log(tmp_path / "a", point(1, {"train/loss": 0.1}), point(2, {"train/loss": 1 / 3, "lr/main": 1e-7}))
    assert table(run, tmp_path / "a.csv") == [
        ["step", "epoch", "t", "train/loss", "lr/main"],
        ["1", "0.25", repr(T0 + 1), "0.1", ""],
        ["2", "0.5", repr(T0 + 2), repr(1 / 3), "1e-7"],
    ]


def test_only_metrics_that_match_and_lines_that_hold_one(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=50)
    head, *rows = table(run, tmp_path / "a.csv", "posterior/k*l")
    assert head[3:] == ["posterior/kl"]
    assert [row[0] for row in rows] == ["0", "10", "20", "30", "40"]


def test_numbers_that_are_none_survive_and_are_not_an_empty_cell(tmp_path: Path) -> None:
    values = {"a": math.nan, "b": math.inf, "c": -math.inf}
    run = log(tmp_path / "a", point(1, values), point(2, {"a": 1.0}))
    rows = table(run, tmp_path / "a.csv")
    assert rows[1][3:] == ["NaN", "Infinity", "-Infinity"]
    assert rows[2][3:] == ["1.0", "", ""]
    export_run(our_log(run), tmp_path / "a.parquet")
    columns = pq.read_table(tmp_path / "a.parquet").to_pydict()
    assert math.isnan(columns["a"][0])
    assert (columns["b"], columns["c"]) == ([math.inf, None], [-math.inf, None])


def test_a_list_has_a_column_for_each_of_its_numbers(tmp_path: Path) -> None:
    run = log(tmp_path / "a", point(1, {"kl": (1.0,)}), point(2, {"kl": (2.0, math.nan)}), point(3, {"kl": 5.0}))
    head, *rows = table(run, tmp_path / "a.csv")
    assert head[3:] == ["kl[0]", "kl[1]"]
    assert [row[3:] for row in rows] == [["1.0", ""], ["2.0", "NaN"], ["", ""]]


def test_points_that_a_resumption_made_void_are_left_out(tmp_path: Path) -> None:
    run = log(tmp_path / "a", *(point(step, {"x": 1.0}) for step in (1, 2, 3)))
    resumed = {"step": 1, "metrics_bytes": (run / "metrics.jsonl").stat().st_size}
    append(
        run / "events.jsonl",
        b"no event\n"
        + encode_event(EventRecord(t=T0 + 9, step=1, level=Level.INFO, kind="resumed", message="", data=resumed)),
    )
    append(run / "metrics.jsonl", encode_metrics(point(2, {"x": 2.0})))
    rows = table(run, tmp_path / "a.csv")
    assert [(row[0], row[3]) for row in rows[1:]] == [("1", "1.0"), ("2", "2.0")]
    assert str(export_run(our_log(run), tmp_path / "b.csv")) == "2 rows of 1 metric, 2 superseded lines left out"


def test_damage_is_counted_and_an_unfinished_line_is_not_a_line(tmp_path: Path) -> None:
    run = log(tmp_path / "a", b"\xff\x00\n", point(1, {"x": 1.0}), b"[]\n", b'{"t": 1, "step": 2, "x": 3')
    assert str(export_run(our_log(run), tmp_path / "a.csv")) == "1 row of 1 metric, 2 bad lines left out"


HOSTILE = ('a,b"c\nd', "x\x1b]0;t\x07", "x�]0;t�", "step ", "[bold]", "=cmd|'/c calc'!A1", "\u202eabc")


def test_hostile_names_are_columns_of_their_own(tmp_path: Path) -> None:
    run = log(tmp_path / "a", point(1, {name: float(place) for place, name in enumerate(HOSTILE)}))
    head, row = table(run, tmp_path / "a.csv")
    assert len(set(head)) == len(head) == 3 + len(HOSTILE)
    assert sorted(row[3:]) == [str(float(place)) for place in range(len(HOSTILE))]
    assert not {"\x1b", "\x07", "\u202e", "\n"} & set("".join(head))
    export_run(our_log(run), tmp_path / "a.parquet")
    assert pq.read_schema(tmp_path / "a.parquet").names == [name.removeprefix("'") for name in head], "no spreadsheet's"


def test_a_list_and_a_number_that_would_share_a_column_do_not(tmp_path: Path) -> None:
    run = log(tmp_path / "a", point(1, {"a": (1.0,), "a[0]": 2.0}))
    head, row = table(run, tmp_path / "a.csv")
    assert dict(zip(head[3:], row[3:], strict=True)) == {"a[0]": "1.0", "a[0] (2)": "2.0"}


def test_parquet_and_csv_hold_the_same(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a", steps=30)
    rows = table(run, tmp_path / "a.csv", "train/*")
    export_run(our_log(run), tmp_path / "a.PARQUET", "train/*")
    found = pq.read_table(tmp_path / "a.PARQUET")
    assert found.column_names == rows[0]
    assert str(found.schema.field("step").type) == "int64"
    assert [[json.dumps(cell) for cell in row.values()] for row in found.to_pylist()] == rows[1:]


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_memory_does_not_grow_with_the_log(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.export.parquet._GROUP_CELLS", 5_000)
    peaks = []
    values = ",".join(f'"train/metric-{place}":{place / 7}' for place in range(60))
    for steps in (2_000, 6_000):
        lines = [f'{{"t":{T0},"step":{step},{values}}}\n'.encode() for step in range(steps)]
        run = log(tmp_path / f"{steps}", *lines)
        tracemalloc.start()
        export_run(our_log(run), tmp_path / f"{steps}-{name}", "train/*")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] + 500_000, "one look of a megabyte, and the numbers in it, at a time"


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, target = write_run(tmp_path / "a"), tmp_path / "out" / "a.csv"
    target.parent.mkdir()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tui.export.run_export.CsvSink.write", fail)
    with pytest.raises(OSError, match="No space"):
        export_run(our_log(run), target)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_no_existing_file_is_overwritten_and_no_link_followed(tmp_path: Path, suffix: str) -> None:
    run, before = write_run(tmp_path / "a"), tmp_path / f"before{suffix}"
    before.write_text("before")
    to_it, to_nothing = tmp_path / f"link{suffix}", tmp_path / f"dangling{suffix}"
    to_it.symlink_to(before)
    to_nothing.symlink_to(tmp_path / f"elsewhere{suffix}")
    for target, sentence in ((before, "the file exists"), (to_it, "it is a link"), (to_nothing, "it is a link")):
        with pytest.raises(InputError, match=sentence):
            export_run(our_log(run), target)
    assert before.read_text() == "before"
    assert to_it.is_symlink()
    assert not (tmp_path / f"elsewhere{suffix}").exists()


def test_a_file_that_came_meanwhile_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, target = write_run(tmp_path / "a"), tmp_path / "a.csv"
    monkeypatch.setattr("tui.export.run_export.CsvSink.close", lambda _: target.write_text("before"))
    with pytest.raises(InputError, match="the file exists"):
        export_run(our_log(run), target)
    assert target.read_text() == "before"


NAMES = ["=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "＝1", " =1", "'=1", "'plain", "train/loss"]


@pytest.mark.parametrize("name", NAMES)
def test_a_spreadsheet_executes_no_name(name: str) -> None:
    file = io.StringIO()
    write_header(file, ["step", name])
    ((_, written),) = csv.reader(io.StringIO(file.getvalue()))
    assert written == (name if name in ("'plain", "train/loss") else f"'{name}")


def test_names_that_differ_differ_in_the_header() -> None:
    file = io.StringIO()
    write_header(file, ["=1", "'=1", "''=1"])
    (row,) = csv.reader(io.StringIO(file.getvalue()))
    assert len(set(row)) == 3


def test_a_name_like_a_formula_is_marked_in_an_export(tmp_path: Path) -> None:
    line = b'{"t":1700000000.0,"step":0,"=cmd|x":1.0}\n'
    export_run(our_log(log(tmp_path / "a", line)), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().splitlines()[0] == "step,epoch,t,'=cmd|x"


@pytest.mark.parametrize(
    ("name", "pattern", "sentence"),
    [
        ("a.xlsx", "", r"a\.xlsx: end the name in \.csv or \.parquet"),
        ("a.csv", "nothing*", "no metric matches 'nothing\\*'; there are posterior/kl"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(tmp_path: Path, name: str, pattern: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        export_run(our_log(write_run(tmp_path / "a")), tmp_path / name, pattern)


def test_a_log_without_lines_and_one_without_a_file_say_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the log holds none yet"):
        export_run(our_log(log(tmp_path / "a")), tmp_path / "a.csv")
    (tmp_path / "b").mkdir()
    with pytest.raises(InputError, match="the log holds none yet"):
        export_run(our_log(tmp_path / "b"), tmp_path / "a.csv")


def test_too_many_columns_ask_for_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.export.run_export.MAX_COLUMNS", 5)
    with pytest.raises(InputError, match="20 columns are more than 5; choose fewer"):
        export_run(our_log(write_run(tmp_path / "a")), tmp_path / "a.csv", "posterior")
