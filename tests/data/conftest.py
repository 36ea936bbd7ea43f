from pathlib import Path

import pytest

from tests.data.cohorts import write_cohort


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A valid cohort: three patients per split, with 5, 10 and 15 events in 3, 6 and 9 sets."""
    return write_cohort(tmp_path / "data")
