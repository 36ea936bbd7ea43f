"""What is exported, many lines at a time, is what one line after the other would give."""

from __future__ import annotations

import csv
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqsetvae.errors import InputError
from seqsetvae.logs.table_rows import HEAD
from seqsetvae.stream.codec import BadLine, decode_metrics, encode_event, encode_metrics
from seqsetvae.stream.records import EventRecord, Level, MetricsRecord
from seqsetvae.stream.resume import resumes_of
from tests.logs.reading import our_log
from tests.logs.test_metrics_lines import GOOD, HOSTILE
from tests.superseding import is_superseded
from tests.tui.logs import T0
from tui.export import run_export as export_module
from tui.export.run_export import export_run

Cells = list[float | None]

floats = st.floats(width=64)
plain = st.builds(
    lambda step, epoch, values: encode_metrics(MetricsRecord(t=T0 + step, step=step, epoch=epoch, values=values))[:-1],
    st.integers(0, 30),
    st.none() | st.floats(0, 10),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), floats, max_size=3),
)
listed = st.builds(
    lambda step, values: encode_metrics(MetricsRecord(t=T0 + step, step=step, values={"v": tuple(values), "a": 1.0}))[
        :-1
    ],
    st.integers(0, 30),
    st.lists(floats, max_size=3),
)


def reference(lines: list[bytes], resumed: EventRecord | None) -> tuple[list[str], list[Cells], int, int]:
    """Columns, rows, bad lines and superseded ones."""
    records: list[MetricsRecord] = []
    bad = void = offset = 0
    resumes = resumes_of([resumed] if resumed is not None else [])
    for line in lines:
        try:
            record = decode_metrics(line)
        except BadLine:
            bad += 1
        else:
            dropped = is_superseded(resumes, step=record.step, t=record.t, offset=offset)
            void += dropped
            records += [] if dropped else [record]
        offset += len(line) + 1
    sizes: dict[str, int | None] = {}
    for record in records:
        for name, value in record.values.items():
            longest = None if isinstance(value, float) else max(len(value), sizes.get(name) or 0)
            sizes[name] = longest if longest is not None else sizes.get(name)
    columns = [(name, None) for name, size in sizes.items() if size is None]
    places = [(name, place) for name, size in sizes.items() if size is not None for place in range(size)]
    rows: list[Cells] = []
    for record in records:
        if record.values:
            cells = [_cell(record, name, place) for name, place in sorted([*columns, *places], key=str)]
            rows.append([float(record.step), record.epoch, record.t, *cells])
    return [name for name, _ in sorted([*columns, *places], key=str)], rows, bad, void


def _cell(record: MetricsRecord, name: str, place: int | None) -> float | None:
    value = record.values.get(name)
    if isinstance(value, tuple):
        return value[place] if place is not None and place < len(value) else None
    return value if place is None else None


def number(cell: str) -> float | None:
    return None if cell == "" else float(cell)


def same(found: Cells, expected: Cells) -> bool:
    return len(found) == len(expected) and all(
        left == right or (left is not None and right is not None and math.isnan(left) and math.isnan(right))
        for left, right in zip(found, expected, strict=True)
    )


@settings(max_examples=60)
@given(
    st.lists(st.one_of(plain, plain, plain, listed, st.sampled_from([*GOOD, *HOSTILE])), min_size=1, max_size=60),
    st.none() | st.tuples(st.integers(0, 30), st.none() | st.integers(0, 4_000)),
    st.sampled_from([1, 40, 400_000]),
)
def test_tables_hold_what_a_look_at_each_line_finds(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[bytes],
    resume: tuple[int, int | None] | None,
    cells: int,
) -> None:
    run = tmp_path_factory.mktemp("run")
    (run / "metrics.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    resumed = None
    if resume is not None:
        data = {"step": resume[0], "metrics_bytes": resume[1]}
        resumed = EventRecord(t=T0 + 15, step=resume[0], level=Level.INFO, kind="resumed", data=data)
        (run / "events.jsonl").write_bytes(encode_event(resumed))
    _, rows, bad, void = reference(lines, resumed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export_module, "BLOCK_CELLS", cells)
        try:
            exported = export_run(our_log(run), run / "out.csv")
        except InputError:
            assert not any(row[len(HEAD) :] for row in rows)
            return
    with (run / "out.csv").open(encoding="utf-8", newline="") as file:
        head, *found = csv.reader(file)
    order = sorted(range(len(HEAD), len(head)), key=lambda place: _label_key(head[place]))
    table = [[number(row[place]) for place in (*range(len(HEAD)), *order)] for row in found]
    assert all(same(*pair) for pair in zip(table, rows, strict=True))
    assert (exported.rows, exported.bad_lines, exported.superseded) == (len(rows), bad, void)


def _label_key(label: str) -> str:
    name, bracket, place = label.removesuffix("]").partition("[")
    return str((name, int(place) if bracket else None))
