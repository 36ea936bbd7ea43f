"""The points of a part of a log, of every kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqsetvae.logs.series_view import Axis
from tests.tui.every_kind import STEPS, Writer, every_kind, live, log_of
from tui.close_up.log_points import points_in
from tui.follow import run_follower
from tui.store import log_index


@every_kind
def test_a_part_of_a_log_has_the_points_of_its_range(
    tmp_path: Path, write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_follower, "SLICE", 2_000)
    monkeypatch.setattr(log_index, "GRAIN", 2_000)
    log = log_of(write, tmp_path)
    data = live(log)
    found = points_in(data.ranges(Axis.STEP, 200, 220), log, "train/loss", resumes=data.resumes, names=data.given)
    columns = [column for column in found if column is not None]
    steps = np.concatenate([column.step for column in columns]).tolist()
    assert set(range(200, 221)) <= set(steps)
    assert len(steps) == len(set(steps)) <= STEPS
    values = np.concatenate([column.values for column in columns])
    assert values == pytest.approx(1 / (1 + np.array(steps)))
