"""Paths as users write them."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from seqsetvae.commandline.program_parser import ProgramParser
from seqsetvae.commandline.user_path import user_path
from seqsetvae.errors import InputError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [("~", "{home}"), ("~/a~b", "{home}/a~b"), ("a/~", "a/~"), ("./~", "~"), ("$HOME/a", "$HOME/a"), ("/a", "/a")],
)
def test_a_tilde_at_the_start_is_the_home_directory(home: Path, text: str, expected: str) -> None:
    assert user_path(text) == Path(expected.format(home=home))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "an empty text is no path"),
        ("~nobody-of-this-name/x", "'~nobody-of-this-name/x' names a user who has no home directory here"),
        ("a\0b", r"'a\x00b' holds a character that no path can have"),
        ("a\ud800", r"'a\ud800' holds a character that no path can have"),
        ("x" * 300, f"{'x' * 100} cannot be reached: File name too long; name another path"),
    ],
)
def test_what_no_path_can_be_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=re.escape(complaint)):
        user_path(text)


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="cannot be reached: Too many levels of symbolic links"):
        user_path(f"{tmp_path}/loop")


def test_every_parser_reads_paths_so(home: Path) -> None:
    parser = ProgramParser(prog="prog")
    below: argparse.ArgumentParser = parser.add_subparsers().add_parser("sub")
    for each in (parser, below):
        each.add_argument("--save_dir", type=Path)
    assert parser.parse_args(["--save_dir=~/x"]).save_dir == home / "x"
    assert parser.parse_args(["sub", "--save_dir=~/x"]).save_dir == home / "x"
    with pytest.raises(InputError, match="argument --save_dir: an empty text is no path; see prog --help"):
        parser.parse_args(["--save_dir="])
