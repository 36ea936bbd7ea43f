"""Pictures of few dots: what tests look at does not depend on them, and they are drawn in a third of the time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def coarse() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seqsetvae.analysis.figure_rendering.DPI", 40)
        yield
