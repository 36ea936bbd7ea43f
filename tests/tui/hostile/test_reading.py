"""Every hostile log is read to its end, reported and exported: no exception, no warning, no raw control character."""

from __future__ import annotations

import io
import os
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from seqsetvae.errors import InputError
from tests.logs.reading import our_log
from tests.tui.hostile.corpus import CORPUS, GOOD, NUMBERS, RAW, TEXTS
from tests.tui.logs import T0, append, lines
from tui.alerts.wait_for import Goal, Wait
from tui.command import main
from tui.export.run_export import Exported, export_run
from tui.follow.log_follower import Reader
from tui.report import facts_of, print_report
from tui.store.run_data import RunData
from tui.store.store import Store
from tui.views.format import visible_json

PLACES = {name: f"{place:03d}" for place, name in enumerate(CORPUS)}
"""The run's directory of each hostile log."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """What is known of a LOGDIR that holds all hostile runs beside one another."""
    logdir = tmp_path_factory.mktemp("hostile")
    for name, run in CORPUS.items():
        run.write(logdir / PLACES[name])
    return Store(logdir=logdir)


@pytest.fixture(scope="module")
def reader(store: Store) -> Reader:
    reader = Reader(store, notify=False)
    reader.discover()
    return reader


def raw(text: str) -> set[str]:
    """The characters that no terminal may be handed, but for line ends."""
    return set(text) & RAW - {"\n"}


@pytest.mark.parametrize("name", CORPUS)
def test_it_is_read_and_reported_for_people_and_programs(name: str, reader: Reader, store: Store) -> None:
    run = PLACES[name]
    reader.read_all(run)
    out = io.StringIO()
    print_report(store, run, console=Console(file=out, width=100, markup=False, highlight=False))
    facts = visible_json(orjson.dumps(facts_of(store, run, "", T0))).decode()
    assert not raw(out.getvalue() + facts)
    assert orjson.loads(facts)["run"] == run
    content = CORPUS[name].metrics or b""
    if name.startswith(("text", "times", "totals")) and GOOD in content:
        assert store.data(run).facts.lines == content.count(b"\n")


@pytest.mark.parametrize("name", [name for name, run in CORPUS.items() if run.problem])
def test_what_cannot_be_read_is_reported_in_a_sentence(name: str, reader: Reader, store: Store) -> None:
    run = PLACES[name]
    reader.read_all(run)
    info = store.run(run)
    assert info is not None
    assert CORPUS[name].problem in f"{info.manifest_problem}; {store.data(run).facts.problem}"


@pytest.mark.parametrize("name", CORPUS)
def test_it_is_exported_or_refused_with_a_sentence(name: str, store: Store, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    exported = _exported(store.logdir / PLACES[name], table)
    if isinstance(exported, str):
        assert not raw(exported)
        return
    content = table.read_text(encoding="utf-8")
    assert exported.rows == content.count("\n") - 1
    assert not raw(content)


def _exported(run: Path, table: Path) -> Exported | str:
    try:
        return export_run(our_log(run), table)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("number", NUMBERS)
def test_it_is_exported_as_parquet(number: str, store: Store, tmp_path: Path) -> None:
    exported = export_run(our_log(store.logdir / PLACES[f"times {number[:24]}"]), tmp_path / "table.parquet")
    assert exported.rows >= 60


class Impatient(Exception):  # noqa: N818 - a test's way out
    """Ends a wait at its first pause."""


def stop_waiting() -> None:
    raise Impatient


@pytest.mark.parametrize("name", CORPUS)
def test_waiting_for_it_ends_with_words_or_goes_on(name: str, reader: Reader, store: Store) -> None:
    wait = Wait(store, reader, run=PLACES[name], goal=Goal.RED, clock=lambda: T0)
    try:
        outcome = wait.until_then(stop_waiting)
    except Impatient:
        return
    assert not raw(str(outcome))


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("how", [["--once"], ["--once", "--json"], ["--export", "-"]])
def test_the_command_prints_no_control_character(
    text: str, how: list[str], store: Store, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main([str(store.logdir), PLACES[f"text: {text}"], *how]) == 0
    out, err = capfdbinary.readouterr()
    assert out
    assert not raw(out.decode())
    assert not err


@pytest.mark.parametrize("directory", [b"\xff\xfe run", b"\x1b]0;x\x07", b"[bold]", "a\u202eb".encode(), b"\xc2\x9b2J"])
def test_a_directory_may_have_any_name(
    directory: bytes, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    run = tmp_path / os.fsdecode(directory)
    run.mkdir()
    (run / "metrics.jsonl").write_bytes(GOOD)
    for how in (["--once"], ["--once", "--json"], ["--export", "-"]):
        for logdir in (tmp_path, run):
            assert main([str(logdir), *how]) == 0
    (run / "metrics.jsonl").unlink()
    (run / "run.json").write_bytes(b"{}")
    assert main([str(tmp_path), "--export", "-"]) == 2
    out, err = capfdbinary.readouterr()
    assert not raw(out.decode())
    assert not raw(err.decode())


PIECES = sorted(
    {line for run in CORPUS.values() for line in (run.metrics or b"").splitlines(True) if len(line) < 4_000}
)


def stored(data: RunData) -> dict[str, object]:
    """All that is known of a run's metrics, in a form that can be compared."""
    facts, head = data.facts, data.head
    series = {name: view.data.tobytes() for name in data.names() if (view := data.series(name)) is not None}
    vectors = {
        name: list_view.rows.tobytes() for name in ("posterior/kl_per_dim", "a") if (list_view := data.vector(name))
    }
    counts = (facts.lines, facts.bad_lines, facts.ignored_values)
    return {"series": series, "vectors": vectors, "counts": counts, "head": head}


@st.composite
def logs(draw: st.DrawFn) -> bytes:
    """Good lines among hostile ones, with a few bytes changed anywhere."""
    parts = draw(st.lists(st.sampled_from([*lines(0, 12).splitlines(True), *PIECES]), max_size=12))
    log = bytearray(b"".join(parts))
    for _ in range(draw(st.integers(0, 3))):
        if log:
            log[draw(st.integers(0, len(log) - 1))] = draw(st.integers(0, 255))
    return bytes(log)


@settings(max_examples=40)
@given(logs(), st.lists(st.integers(0, 12_000), max_size=4))
def test_a_log_that_comes_in_pieces_is_stored_as_one_that_is_there(
    tmp_path_factory: pytest.TempPathFactory, log: bytes, cuts: list[int]
) -> None:
    logdir = tmp_path_factory.mktemp("split")
    for name in ("whole", "pieces"):
        (logdir / name).mkdir()
    (logdir / "whole" / "metrics.jsonl").write_bytes(log)
    growing = logdir / "pieces" / "metrics.jsonl"
    growing.touch()
    store = Store(logdir=logdir)
    reader = Reader(store, notify=False)
    reader.discover()
    reader.read_all("whole")
    for end in (*sorted(cuts), len(log)):
        append(growing, log[growing.stat().st_size : end])
        reader.read_all("pieces")
    assert stored(store.data("pieces")) == stored(store.data("whole"))


def test_the_corpus_reaches_every_file() -> None:
    files = {"metrics", "events", "system", "manifest"}
    assert {name for name in files if any(getattr(run, name) for run in CORPUS.values())} == files
    assert len(PIECES) > 60
