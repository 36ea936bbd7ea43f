"""Hugging Face's trainer_state.json, which is written anew at each checkpoint."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqsetvae.logs.block import RunFacts
from seqsetvae.logs.trainer_state import LARGEST, NO_HISTORY, NO_NUMBERS, ODD_ENTRIES, TrainerStateReader
from tests.logs.reading import Clock, Read, read_all

HISTORY: list[Any] = [
    {"epoch": 0.5, "grad_norm": 1.5, "learning_rate": 5e-5, "loss": 0.9, "step": 10},
    {"epoch": 0.5, "eval_loss": 0.8, "step": 10},
    {"epoch": 1.0, "loss": 0.7, "step": 20},
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trainer_state.json"


def write(path: Path, history: object, modified: float = 1.7e9, **state: object) -> None:
    path.write_text(json.dumps({"log_history": history, **state}), encoding="utf-8")
    os.utime(path, (modified, modified))


def read(path: Path) -> Read:
    return read_all(TrainerStateReader(path, clock=Clock()))


def test_the_history_becomes_points(path: Path) -> None:
    write(path, HISTORY)
    out = read(path)
    assert (out.steps("loss"), out.values("loss")) == ([10, 20], [0.9, 0.7])
    assert out.values("eval_loss") == [0.8]
    assert out.values("epoch") == [0.5, 0.5, 1.0]
    assert sorted({t for _, t, _, _ in out.points}) == [1.7e9 - 2, 1.7e9 - 1, 1.7e9]


@pytest.mark.parametrize("max_bytes", [1, 250])
def test_a_long_history_comes_in_pieces(path: Path, max_bytes: int) -> None:
    write(path, HISTORY)
    reader = TrainerStateReader(path, clock=Clock())
    assert not reader.poll(max_bytes).at_end
    whole, parts = read(path), read_all(TrainerStateReader(path, clock=Clock()), max_bytes=max_bytes)
    assert (parts.points, parts.resets, parts.last.read) == (whole.points, 0, 3)


def test_a_start_before_the_end_gives_the_newest(path: Path) -> None:
    write(path, [{"step": step, "loss": 1.0} for step in range(1_000)])
    block = TrainerStateReader(path, start=-2_000, clock=Clock()).poll(2_000)
    assert (block.columns["loss"].step.tolist(), block.at_end) == (list(range(980, 1_000)), True)


def test_the_runtime_spreads_the_entries(path: Path) -> None:
    write(path, [*HISTORY, {"step": 20, "train_runtime": 300.0}])
    assert sorted({t for _, t, _, _ in read(path).points}) == [1.7e9 - 300, 1.7e9 - 200, 1.7e9 - 100, 1.7e9]


def test_totals_are_known(path: Path) -> None:
    write(path, HISTORY, max_steps=500, num_train_epochs=3)
    reader = TrainerStateReader(path, clock=Clock())
    reader.poll()
    assert reader.facts == RunFacts(total_steps=500, total_epochs=3.0)


def test_a_later_checkpoint_adds_what_is_new(path: Path) -> None:
    write(path, HISTORY[:2])
    reader = TrainerStateReader(path, clock=Clock())
    out = read_all(reader)
    assert reader.poll().points == 0
    write(path, HISTORY, modified=1.7e9 + 60)
    out = read_all(reader, out)
    assert (out.resets, out.values("loss"), out.points[-1][1]) == (0, [0.9, 0.7], 1.7e9 + 60)


def test_nan_does_not_look_like_another_history(path: Path) -> None:
    write(path, [{"loss": math.nan, "step": 1}])
    reader = TrainerStateReader(path, clock=Clock())
    out = read_all(reader)
    write(path, [{"loss": math.nan, "step": 1}, {"loss": 0.5, "step": 2}], modified=1.7e9 + 1)
    out = read_all(reader, out)
    assert (out.resets, len(out.values("loss"))) == (0, 2)


def test_another_history_is_a_reset(path: Path) -> None:
    write(path, HISTORY)
    reader = TrainerStateReader(path, clock=Clock())
    out = read_all(reader)
    write(path, [{"loss": 5.0, "step": 1}], modified=1.7e9 + 1)
    out = read_all(reader, out)
    assert (out.resets, out.values("loss")) == (1, [5.0])


def test_a_file_that_is_being_written_waits(path: Path) -> None:
    path.write_text('{"log_history": [{"loss"')
    out = read(path)
    assert (out.points, out.last.pending, dict(out.damaged)) == ([], 24, {})


def test_a_torn_file_is_parsed_once_and_again_when_it_is_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    loads = json.loads

    def counted(data: bytes) -> object:
        parsed.append(data)
        return loads(data)

    monkeypatch.setattr(json, "loads", counted)
    path.write_text('{"log_history": [{"loss"')
    reader = TrainerStateReader(path, clock=Clock())
    assert [reader.poll().pending for _ in range(5)] == [24] * 5
    assert len(parsed) == 1
    write(path, HISTORY)
    assert read_all(reader).values("loss") == [0.9, 0.7]


def test_what_cannot_be_understood_is_counted(path: Path) -> None:
    write(path, [7, {"loss": 1.0}, {"step": -1}, {"step": 1, "loss": "low", "note": None, "ok": True, "x": 10**400}])
    out = read(path)
    assert out.points == []
    assert out.damaged == {ODD_ENTRIES: 3, NO_NUMBERS: 3}


@pytest.mark.parametrize("text", ["[]", "{}", '{"log_history": 3}', "7"])
def test_other_json_is_reported(path: Path, text: str) -> None:
    path.write_text(text)
    assert read(path).damaged == {NO_HISTORY: 1}


def test_a_huge_file_is_refused(path: Path) -> None:
    path.touch()
    os.truncate(path, LARGEST + 1)
    assert "at most 16 MB are read" in (TrainerStateReader(path, clock=Clock()).poll().problem or "")
    assert TrainerStateReader(path.with_name("none"), clock=Clock()).poll().missing


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["step", "loss", "x"]), inner),
    max_leaves=12,
)


@given(history=JSON, state=JSON)
@settings(max_examples=60)
def test_no_json_is_fatal(tmp_path_factory: pytest.TempPathFactory, history: object, state: object) -> None:
    path = tmp_path_factory.mktemp("log") / "trainer_state.json"
    write(path, [*history, *HISTORY] if isinstance(history, list) else HISTORY, max_steps=state)
    assert len(read(path).values("eval_loss")) == 1
