"""The texts that stand in the source: those that are marked, and all others by their literal parts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

ROOT = Path(__file__).parents[2]
PACKAGES = ("seqsetvae", "tui")

Shape = tuple[str, ...]
"""The literal parts of a text around its placeholders."""


@cache
def trees() -> dict[Path, ast.Module]:
    """Every module outside the catalogue."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths if "zh" not in path.parts}


def shape_of(template: str) -> Shape:
    """The shape of a template with `{placeholders}`."""
    parts = [""]
    for literal, name, _, _ in Formatter().parse(template):
        parts[-1] += literal
        if name is not None:
            parts.append("")
    return tuple(parts)


def marked() -> dict[str, Path]:
    """What `tr` is called with, and where.

    Raises:
        AssertionError: it is called with something else than a text.
    """
    found: dict[str, Path] = {}
    for path, tree in trees().items():
        for call in _calls(tree, "tr"):
            text = call.args[0]
            where = f"{path.relative_to(ROOT)}:{call.lineno}"
            assert isinstance(text, ast.Constant), f"{where}: tr takes a text; what is made already goes through told"
            assert isinstance(text.value, str), where
            found[text.value] = path
    return found


@cache
def shapes() -> frozenset[Shape]:
    """The shapes of all texts in the source, f-strings included."""
    return frozenset(shape for tree in trees().values() for shape in _shapes(tree))


def raised(paths: tuple[str, ...], errors: tuple[str, ...]) -> Iterator[tuple[str, Shape]]:
    """Where such errors are raised with a sentence, and its shape; other modules than those below `paths` are left."""
    for path, tree in trees().items():
        where = path.relative_to(ROOT).as_posix()
        if not where.startswith(paths):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                name = node.exc.func
                if isinstance(name, ast.Name) and name.id in errors and (shape := _shape(node.exc.args[0])) is not None:
                    (template,) = shape if len(shape) == 1 else ("",)
                    yield f"{where}:{node.lineno}", shape_of(template) if node.exc.keywords else shape


def _calls(tree: ast.Module, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def _shapes(tree: ast.Module) -> Iterator[Shape]:
    for node in ast.walk(tree):
        shape = _shape(node)
        if shape is not None:
            yield shape


def _shape(node: ast.AST) -> Shape | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = [""]
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts[-1] += str(value.value)
        else:
            parts.append("")
    return tuple(parts)
