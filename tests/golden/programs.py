"""Run the programs as a user's shell does, without starting a process for each.

A program is what `pyproject.toml` names under `[project.scripts]`: no module of the packages is named here, so that
modules may move without touching the golden files.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TERM": "dumb", "TZ": "UTC", "COLUMNS": "100", "LINES": "40"}
"""The environment of the programs: terminal, language and time zone, wherever they run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a program left behind.

    Attributes:
        code: Its exit code.
        out: What it wrote to stdout.
        err: What it wrote to stderr.
    """

    code: int
    out: str
    err: str


def run_program(program: str, *words: str, cwd: Path) -> Outcome:
    """Run a console command with these words in a directory."""
    main = _main_of(program)
    out, err = _Stream(), _Stream()
    with _environment(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _words(program, *words):
        try:
            code = main()
        except SystemExit as exit_:
            code = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    return Outcome(code=code or 0, out=out.text, err=err.text)


class _Stream(io.TextIOWrapper):
    """Stands in for stdout: text and bytes end in one place."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8", newline="", write_through=True)

    @property
    def text(self) -> str:
        self.flush()
        return self._bytes.getvalue().decode()


def _main_of(program: str) -> Callable[[], int | None]:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    module, _, function = scripts[program].partition(":")
    main: Callable[[], int | None] = getattr(importlib.import_module(module), function)
    return main


@contextlib.contextmanager
def _words(program: str, *words: str) -> Iterator[None]:
    before = sys.argv
    sys.argv = [program, *words]
    try:
        yield
    finally:
        sys.argv = before


@contextlib.contextmanager
def _environment(cwd: Path) -> Iterator[None]:
    """Stand in a directory, with the environment of the golden files, until the program has ended."""
    environment, place = dict(os.environ), Path.cwd()
    os.environ.update(ENVIRONMENT, XDG_STATE_HOME=str(cwd / "state"))
    time.tzset()
    os.chdir(cwd)
    try:
        yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
