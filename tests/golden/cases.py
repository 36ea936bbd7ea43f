"""What the golden files hold: which program ran on which log with which words, and where its answer is kept."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from tests.golden.programs import ROOT, run_program

HERE = Path(__file__).parent
INPUTS = HERE / "inputs"
EXPECTED = HERE / "expected"

MODIFIED = 1_760_100_000.0
"""When all logs were last written, where a program shows that moment itself."""

AGE_SECONDS = 2.5 * 86_400 + 1_800
"""How long ago they were last written, where a program shows their age, in days and hours."""

NEWEST = "troubled"
"""The run that was written last, a minute after all others."""

LARGE_BYTES = 6_000
"""Larger golden files are kept compressed."""

#: Values that the machine and the moment decide, by the key of a JSON object; each is compared as null.
PASSING = frozenset({"silence_seconds", "machine", "updated", "versions"})


class Kind(Enum):
    """How two answers are compared: JSON and CSV number by number, text line by line."""

    JSON = "json"
    CSV = "csv"
    TEXT = "txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run of a program.

    Attributes:
        name: Name of its golden file.
        program: The console command.
        words: What follows it on the command line, in a directory that `lay_out` made.
        kind: What its answer is.
        answer: The file that holds the answer, or the directory whose files do, as JSON; empty for stdout.
        shows_age: Whether it shows how long ago the log was written.
        code: Its exit code.
    """

    name: str
    program: str
    words: tuple[str, ...]
    kind: Kind
    answer: str = ""
    shows_age: bool = False
    code: int = 0


def lay_out(place: Path) -> Path:
    """Copy all logs into a directory, as the cases expect them, and return it.

    The example logs have the verdicts that an earlier detector gave them.
    """
    shutil.copytree(ROOT / "examples" / "logs", place / "logs")
    shutil.copytree(INPUTS / "logs", place / "logs", dirs_exist_ok=True)
    for name in ("other", "imports"):
        shutil.copytree(INPUTS / name, place / name)
    (place / "thresholds.yaml").write_text("kl_threshold: 2.0\nmin_checks: 3\n")
    return place


def answer_of(case: Case, place: Path) -> str:
    """Run a case in a directory that `lay_out` made; return its answer, passing values left out."""
    _set_times(place, time.time() - AGE_SECONDS if case.shows_age else MODIFIED)
    target = place / case.answer
    if case.answer:
        shutil.rmtree(place / Path(case.answer).parts[0], ignore_errors=True)
    outcome = run_program(case.program, *case.words, cwd=place)
    if outcome.code != case.code:
        raise AssertionError(f"{case.name} ended with {outcome.code}, not {case.code}: {outcome.err or outcome.out}")
    if not case.answer:
        text = outcome.out
    elif target.is_dir():
        text = json.dumps({path.relative_to(target).as_posix(): _parsed(path) for path in _files(target)})
    else:
        text = target.read_text(encoding="utf-8")
    text = text.replace(str(place), "PLACE")
    return json.dumps(without_passing(json.loads(text)), indent=1) + "\n" if case.kind is Kind.JSON else text


def without_passing(value: Any) -> Any:
    """Return a JSON value with null in place of what the machine and the moment decide."""
    if isinstance(value, dict):
        return {key: None if key in PASSING else without_passing(item) for key, item in value.items()}
    return [without_passing(item) for item in value] if isinstance(value, list) else value


def expected_of(case: Case) -> str:
    """Return the golden answer of a case."""
    path = EXPECTED / f"{case.name}.{case.kind.value}"
    content = path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())
    return content.decode()


def keep(case: Case, answer: str) -> None:
    """Make an answer the golden one."""
    content, path = answer.encode(), EXPECTED / f"{case.name}.{case.kind.value}"
    EXPECTED.mkdir(exist_ok=True)
    if len(content) > LARGE_BYTES:
        Path(f"{path}.gz").write_bytes(gzip.compress(content, mtime=0))
    else:
        path.write_bytes(content)


def all_cases() -> list[Case]:
    """Return all cases."""
    return [*_reports(), *_moments(), *_texts(), *_exports(), *_imports(), *_judgements()]


def _watch(name: str, *words: str, kind: Kind, shows_age: bool = False, code: int = 0) -> Case:
    return Case(name=name, program="seqsetvae-watch", words=words, kind=kind, shows_age=shows_age, code=code)


#: Each log that the watcher opens: the directory, and the run's name.
LOGS = (
    ("logs", "healthy"),
    ("logs", "collapsing"),
    ("logs", "sudden-collapse"),
    ("logs", "troubled"),
    ("other", "tensorboard"),
    ("other", "lightning_csv/version_0"),
)

#: Steps that a past moment is reported of: at the ends and beyond them, and around what happens in the run.
MOMENTS = {
    "healthy": (0, 39, 40, 3_120, 6_000, 12_000, 20_000),
    "collapsing": (200, 5_999, 6_000, 7_000, 7_800),
    "sudden-collapse": (7_400, 7_600, 8_399, 8_400),
    "troubled": (6_440, 6_640, 7_600, 7_640, 8_000, 8_400, 9_560),
}


def _reports() -> Iterator[Case]:
    for directory, run in LOGS:
        yield _watch(f"once-{_file_name(run)}", directory, run, "--once", "--json", kind=Kind.JSON)
    yield _watch("once-newest", "logs", "--once", "--json", kind=Kind.JSON)
    yield _watch("once-metrics", "logs", "collapsing", "--once", "--json", "--metrics", "train/*", kind=Kind.JSON)
    yield _watch("once-exit-code", "logs", "collapsing", "--once", "--json", "--exit-code", kind=Kind.JSON, code=3)
    for run in MOMENTS:
        words = ("logs", run, "--once", "--json", "--thresholds", "thresholds.yaml")
        yield _watch(f"what-if-{run}", *words, kind=Kind.JSON)


def _moments() -> Iterator[Case]:
    for run, steps in MOMENTS.items():
        for step in steps:
            yield _watch(f"at-{step}-{run}", "logs", run, "--once", "--json", "--at", str(step), kind=Kind.JSON)


def _texts() -> Iterator[Case]:
    for directory, run in LOGS:
        words = (directory, run, "--once", "--no-ascii")
        yield _watch(f"report-{_file_name(run)}", *words, kind=Kind.TEXT, shows_age=True)
    collapsing = ("logs", "collapsing", "--once")
    yield _watch("report-chinese", *collapsing, "--no-ascii", "--lang", "zh", kind=Kind.TEXT, shows_age=True)
    yield _watch("report-ascii", *collapsing, "--ascii", kind=Kind.TEXT, shows_age=True)
    yield _watch("report-at-6000", *collapsing, "--no-ascii", "--at", "6000", kind=Kind.TEXT)
    what_if = ("--thresholds", "thresholds.yaml", "--no-ascii", "--metrics", "posterior/kl")
    yield _watch("report-what-if", *collapsing, *what_if, kind=Kind.TEXT, shows_age=True)
    yield _watch("report-what-if-chinese", *collapsing, *what_if, "--lang", "zh", kind=Kind.TEXT, shows_age=True)


def _exports() -> Iterator[Case]:
    for directory, run in LOGS:
        yield _watch(f"export-{_file_name(run)}", directory, run, "--export", "-", kind=Kind.CSV)
    for name, pattern in (("train", "train/*"), ("kl", "*kl*"), ("one", "val/auroc")):
        words = ("logs", "collapsing", "--export", "-", "--metrics", pattern)
        yield _watch(f"export-{name}-of-collapsing", *words, kind=Kind.CSV)


def _imports() -> Iterator[Case]:
    sources = ("imports/hugging_face", "imports/wandb", "imports/original", "other/tensorboard", "other/lightning_csv")
    for source in sources:
        words = (source, "imported", "--run", "run")
        name = f"import-{source.split('/')[1]}"
        yield Case(name=name, program="seqsetvae-import", words=words, kind=Kind.JSON, answer="imported")


def _judgements() -> Iterator[Case]:
    for name, words in (("analyze", ("logs", "other")), ("analyze-chinese", ("logs/collapsing", "--lang", "zh"))):
        command = (*words, "--save_dir", "analysis", "--format", "svg")
        answer = "analysis/collapse_analysis.txt"
        yield Case(name=name, program="seqsetvae-analyze", words=command, kind=Kind.TEXT, answer=answer)
    every_run = ("collapse", "--half", "all", "--json", "-")
    yield Case(name="bench-collapse", program="seqsetvae-bench", words=every_run, kind=Kind.JSON)


def _file_name(run: str) -> str:
    return run.replace("/", "-")


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def _parsed(path: Path) -> Any:
    content = path.read_bytes()
    return [json.loads(line) for line in content.splitlines()] if path.suffix == ".jsonl" else json.loads(content)


def _set_times(place: Path, moment: float) -> None:
    for name in ("logs", "other", "imports"):
        for path in _files(place / name):
            modified = moment + 60 if NEWEST in path.parts else moment
            os.utime(path, (modified, modified))
