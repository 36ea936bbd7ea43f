"""Our names and epochs on top of any reader."""

from __future__ import annotations

import math
from pathlib import Path

from seqsetvae.logs.log import Log, LogFormat
from seqsetvae.logs.metric_names import Names
from seqsetvae.logs.opening import open_log
from tests.logs.event_files import event, file_of, simple
from tests.logs.reading import read_all

NAME = "events.out.tfevents.1.host"


def tensorboard(directory: Path, events: list[bytes]) -> Log:
    (directory / NAME).write_bytes(file_of(events))
    return Log(format=LogFormat.TENSORBOARD, path=directory, directory=directory, name="run")


def test_points_have_our_names(tmp_path: Path) -> None:
    log = tensorboard(tmp_path, [event(1.7e9, 1, [simple("train_kl_step", 2.0), simple("val_auc", 0.5)])])
    out = read_all(open_log(log, names=Names({"val_auc": None})))
    assert [name for name, *_ in out.points] == ["train/kl"]


def test_an_epoch_is_no_curve_but_tells_that_of_its_step(tmp_path: Path) -> None:
    """Lightning writes it behind the other values of its step; steps before the first one have none."""
    events = [event(1.7e9, step, [simple("loss", step)]) for step in (1, 50, 60, 100, 110)]
    events += [event(1.7e9, 50, [simple("epoch", 0)]), event(1.7e9, 100, [simple("epoch", 1)])]
    out = read_all(open_log(tensorboard(tmp_path, events)))
    assert {name for name, *_ in out.points} == {"train/loss"}
    assert math.isnan(out.epochs[0])
    assert out.epochs[1:] == [0.0, 0.0, 1.0, 1.0]


def test_an_epoch_is_known_in_the_next_look_too(tmp_path: Path) -> None:
    log = tensorboard(tmp_path, [event(1.7e9, 5, [simple("epoch", 3)]), event(1.7e9, 5, [simple("loss", 1)])] * 20)
    out = read_all(open_log(log), max_bytes=60)
    assert out.epochs == [3.0] * 20


def test_every_format_has_a_reader(tmp_path: Path) -> None:
    for kind in LogFormat:
        block = open_log(Log(format=kind, path=tmp_path / "none", directory=tmp_path / "none", name="run")).poll()
        assert (block.missing, block.at_end, block.points) == (True, True, 0)
