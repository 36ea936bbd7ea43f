"""What the page on the stream format says is what the codec takes, the readers bound, and the trainer writes."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from seqsetvae.logs import discovery, tailer
from seqsetvae.stream import codec
from seqsetvae.stream.codec import decode_event, decode_metrics, decode_system, encode_manifest
from seqsetvae.stream.records import FORMAT, Level, Manifest, RunState
from seqsetvae.stream.resume import RESUMED
from seqsetvae.stream.writer import LOG_GAP, LOG_REJECTED
from tests.pages import LOG_FORMAT, LOG_FORMATS, ROOT, blocks_of, cells_of, text_of
from tui import command as commands


def examples(kind: str) -> list[str]:
    return [content for language, content in blocks_of(LOG_FORMAT) if language == kind]


@pytest.mark.parametrize(
    ("place", "decode"), [(0, decode_metrics), (1, decode_event), (2, decode_system), (3, decode_event)]
)
def test_every_example_line_is_of_the_format(place: int, decode: Callable[[bytes], object]) -> None:
    lines = examples("json")[place].splitlines()
    assert lines
    for line in lines:
        decode(line.encode())
        orjson.loads(line)


def test_the_program_writes_a_run_that_the_watcher_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (program,) = examples("python")
    exec(compile(program, str(LOG_FORMAT), "exec"), {})
    assert commands.main(["runs", "--once", "--json"]) == 0
    report = capfd.readouterr().out
    assert '"train/loss"' in report
    assert '"by-hand"' in report


@LOG_FORMATS
def test_its_numbers_are_the_codes(page: Path) -> None:
    text = text_of(page)
    assert f"{tailer.MAX_LINE >> 20} MiB" in text
    assert re.search(rf"\b{codec._MAX_DEPTH} (?:deep|层)", text)
    assert re.search(rf"\b{discovery.MAX_DEPTH} (?:levels|层)", text)
    assert re.search(rf"(?:Version|第) {FORMAT}\b", text)


@LOG_FORMATS
def test_it_names_every_key_of_the_manifest_every_state_and_every_level(page: Path) -> None:
    keys = orjson.loads(encode_manifest(Manifest(run="run", started=0.0, updated=0.0)))
    text = text_of(page)
    assert {name for name in [*keys, *RunState, *Level] if f"`{name}`" not in text} == set()


def kinds_logged() -> set[str]:
    """The kinds that callbacks log by name, and those that `run_events` ends a run with."""
    kinds = {"ended", "early_stopping", "stopped", "interrupted", "failed"}
    for path in (ROOT / "seqsetvae" / "training" / "callbacks").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.startswith("log_"):
                words = (argument.value for argument in node.args if isinstance(argument, ast.Constant))
                kinds |= {word for word in words if isinstance(word, str) and re.fullmatch("[a-z_]+", word)}
    return kinds


@LOG_FORMATS
def test_it_names_every_kind_of_event_that_is_written(page: Path) -> None:
    logged = {LOG_GAP, LOG_REJECTED, RESUMED, *kinds_logged()}
    assert {"collapse", "not_finite", "plot_failed"} <= logged
    named = {name for row in cells_of(page, 3) for name in re.findall(r"`([a-z_]+)`", row[0])}
    assert logged - named == set()
