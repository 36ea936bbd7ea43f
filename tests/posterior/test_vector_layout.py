"""Parts of a vector come out under the names that they went in with."""

from __future__ import annotations

import pytest
import torch

from seqsetvae.posterior.statistics import read_summary, summary_layout
from seqsetvae.posterior.vector_layout import VectorLayout
from tests.posteriors import batch, statistics_of

LAYOUT = VectorLayout({"one": 1, "many": 3, "none": 0, "last": 2})
PARTS = {
    "one": torch.tensor(7.0),
    "last": torch.tensor([4.0, 5.0]),
    "none": torch.empty(0),
    "many": torch.tensor([1.0, 2.0, 3.0]),
}


def test_parts_are_packed_in_the_layouts_order_and_read_by_name() -> None:
    packed = LAYOUT.pack(PARTS)
    assert packed.tolist() == [7.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert {name: part.tolist() for name, part in LAYOUT.split(packed).items()} == LAYOUT.split(packed.tolist())
    assert LAYOUT.split(packed.tolist()) == {"one": [7.0], "many": [1.0, 2.0, 3.0], "none": [], "last": [4.0, 5.0]}


def test_a_part_too_few_or_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="parts are many, one, expected last, many, none, one"):
        LAYOUT.pack({"one": torch.zeros(1), "many": torch.zeros(3)})
    with pytest.raises(RuntimeError):
        LAYOUT.pack({**PARTS, "many": torch.zeros(4)})


def test_the_summary_is_as_long_as_its_layout_and_one_level_reads_like_two() -> None:
    levels = torch.tensor([[0.5, -0.5], [1.0, 2.0], [0.0, 0.1]])
    statistics = statistics_of(batch(levels))
    vector = statistics.vector()
    assert vector.shape == (sum(summary_layout(statistics.dimensions).sizes.values()),)
    assert read_summary(vector.tolist(), statistics.dimensions).kl_per_dim == pytest.approx(
        (0.5 * levels.square().mean(0)).tolist()
    )
