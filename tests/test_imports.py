"""What is meant to start fast, and on machines without torch, loads nothing heavy."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from types import ModuleType

import pytest

import seqsetvae.collapse
import seqsetvae.stream

HEAVY = ("torch", "pytorch_lightning", "lightning_fabric", "pandas", "pyarrow", "textual", "numpy", "scipy", "sklearn")


def modules_of(package: ModuleType) -> list[str]:
    return sorted(f"{package.__name__}.{module.name}" for module in pkgutil.iter_modules(package.__path__))


def heavy_modules_after(*arguments: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after running with these arguments.

    Args:
        arguments: those of `python`: `-c CODE` or `-m MODULE ARGUMENT…`.
    """
    # A fresh interpreter that reports when it exits, whatever it runs: works for `-m` of a program too.
    report = (
        "import atexit, json, sys; atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))"
    )
    if arguments[0] == "-c":
        code = f"{report}\n{arguments[1]}"
    else:
        module, *rest = arguments[1:]
        code = f"{report}\nimport runpy, sys\nsys.argv = [{module!r}, *{rest!r}]\n"
        code += f"runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    loaded = json.loads(result.stderr.splitlines()[-1])
    return {name.partition(".")[0] for name in loaded} & set(HEAVY)


def test_the_check_sees_a_heavy_import() -> None:
    assert heavy_modules_after("-c", "import numpy") == {"numpy"}


def test_the_check_sees_what_a_program_loads() -> None:
    assert heavy_modules_after("-m", "timeit", "-n", "1", "-r", "1", "import numpy") == {"numpy"}


def test_the_package_root_loads_nothing_heavy() -> None:
    assert heavy_modules_after("-c", "import seqsetvae") == set()


@pytest.mark.parametrize(
    ("package", "known"),
    [(seqsetvae.stream, "seqsetvae.stream.writer"), (seqsetvae.collapse, "seqsetvae.collapse.posterior_detector")],
    ids=["stream", "detector"],
)
def test_all_modules_of_what_is_light_load_nothing_heavy(package: ModuleType, known: str) -> None:
    modules = modules_of(package)
    assert known in modules
    assert heavy_modules_after("-c", "import " + ", ".join(modules)) == set()
