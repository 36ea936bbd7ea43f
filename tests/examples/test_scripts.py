"""What holds for every shell script of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.pages import ROOT

SCRIPTS = pytest.mark.parametrize(
    "script", [*sorted((ROOT / "examples").glob("*.sh")), ROOT / ".ci" / "run"], ids=lambda script: script.name
)
#: Beside the interpreter, where the `dev` extra puts it; the environment need not be activated.
SHELLCHECK = shutil.which("shellcheck", path=f"{sysconfig.get_path('scripts')}{os.pathsep}{os.defpath}")


@SCRIPTS
def test_it_can_be_run_and_stops_at_the_first_failure(script: Path) -> None:
    lines = script.read_text(encoding="utf-8").splitlines()
    assert script.stat().st_mode & 0o111
    assert lines[0] == "#!/usr/bin/env bash"
    assert lines[1].startswith("# "), "a script says first what it is for"
    assert next(line for line in lines if line and not line.startswith("#")) == "set -euo pipefail"
    assert subprocess.run(["bash", "-n", script], check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(SHELLCHECK is None, reason="shellcheck is not installed")
@SCRIPTS
def test_shellcheck_finds_nothing(script: Path) -> None:
    done = subprocess.run([str(SHELLCHECK), script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
