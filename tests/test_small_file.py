"""Files of settings are read whole or refused at once, whatever lies in their place."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from seqsetvae.commandline import config_flags
from seqsetvae.errors import InputError
from seqsetvae.logs.metric_names import read_names
from seqsetvae.small_file import read_small_file
from seqsetvae.training.config import TrainConfig
from tui.what_if.overrides import read_thresholds


def settings(path: Path) -> object:
    return config_flags._from_yaml(path, TrainConfig, "seqsetvae-train")


READERS: tuple[Callable[[Path], object], ...] = (
    lambda path: read_small_file(path, 1 << 19),
    read_names,
    read_thresholds,
    settings,
)


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_long(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(500 << 20)


@pytest.mark.parametrize("read", READERS, ids=["any", "names", "thresholds", "settings"])
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (make_pipe, "is not a regular file"),
        (make_endless, "is not a regular file"),
        (make_long, "is longer than 512 KiB"),
    ],
    ids=["pipe", "endless", "long"],
)
def test_what_is_no_file_of_settings_is_refused_at_once(
    tmp_path: Path, read: Callable[[Path], object], make: Callable[[Path], None], why: str
) -> None:
    make(tmp_path / "settings.yaml")
    tracemalloc.start()
    with pytest.raises(InputError, match=f"settings.yaml {why}; nothing is read from it"):
        read(tmp_path / "settings.yaml")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


def test_a_short_one_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 10)
    assert read_small_file(tmp_path / "a", 10) == b"x" * 10
