from pathlib import Path

import pytest

from seqsetvae.benchmark.loading import measure_loading

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_loader_is_timed_after_its_first_batch(tiny_cohort: Path) -> None:
    row = measure_loading(tiny_cohort, batch_size=4, num_workers=0)
    assert (row.num_workers, row.batch_size) == (0, 4)
    assert row.patients_per_second > 0
    assert row.start_seconds > 0


def test_one_batch_is_an_epoch_too(tiny_cohort: Path) -> None:
    assert measure_loading(tiny_cohort, batch_size=64, num_workers=0).patients_per_second > 0
