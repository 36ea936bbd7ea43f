from pathlib import Path

import numpy as np
import pytest

from seqsetvae.data.prepare import value_spool
from seqsetvae.data.prepare.conversion_report import report_variable
from seqsetvae.data.prepare.scaling import ValueScale
from seqsetvae.data.prepare.value_spool import ValueSpool


@pytest.fixture
def spool(tmp_path: Path) -> ValueSpool:
    """Forty values of one variable, 0 to 29 in train, in chunks of ten."""
    made = ValueSpool(tmp_path / "values")
    for first in range(0, 40, 10):
        made.add({(first < 30, "HR"): np.arange(first, first + 10, dtype=np.float32)})
    return made


@pytest.mark.parametrize("block", [1, 7, 1 << 20])
def test_a_sample_is_every_nth_value_wherever_blocks_end(
    spool: ValueSpool, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(value_spool, "BLOCK", block)
    assert spool.sample("HR", train=True).tolist() == list(range(30))
    monkeypatch.setattr(value_spool, "SAMPLED", 12)
    assert spool.sample("HR", train=True).tolist() == list(range(0, 30, 3))
    assert spool.sample("HR", train=False).tolist() == list(range(30, 40))


@pytest.mark.parametrize("block", [1, 7, 1 << 20])
def test_a_report_counts_every_value(spool: ValueSpool, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(value_spool, "BLOCK", block)
    scale = ValueScale(location=20.0, scale=1.0, rule="robust")
    report = report_variable("HR", spool.blocks("HR"), scale, clip_value=5)
    assert (report.events, report.clipped) == (40, 15 + 14)
    assert (report.lowest, report.highest) == ([0, 1, 2], [39, 38, 37])


def test_a_variable_that_train_lacks_has_no_values_there(spool: ValueSpool) -> None:
    spool.add({(False, "pH"): np.ones(2, dtype=np.float32)})
    assert (spool.count("pH", train=True), spool.count("pH", train=False)) == (0, 2)
    assert spool.sample("pH", train=True).size == 0
