import pytest

from seqsetvae.data.prepare.splitting import SplitPlan, assign_splits
from seqsetvae.errors import InputError

LABELS = {f"p{number}": int(number % 7 == 0) for number in range(1000)}


def test_shares_and_labels_are_kept() -> None:
    splits = assign_splits(LABELS, SplitPlan(shares=(0.7, 0.15, 0.15)))
    sizes = {split: [p for p, its in splits.items() if its == split] for split in ("train", "valid", "test")}
    assert {split: len(members) for split, members in sizes.items()} == {"train": 700, "valid": 150, "test": 150}
    for members in sizes.values():
        assert sum(LABELS[p] for p in members) / len(members) == pytest.approx(143 / 1000, abs=0.005)


def test_seed_alone_decides_and_not_the_order() -> None:
    reordered = dict(sorted(LABELS.items(), reverse=True))
    assert assign_splits(LABELS, SplitPlan(seed=3)) == assign_splits(reordered, SplitPlan(seed=3))
    assert assign_splits(LABELS, SplitPlan(seed=3)) != assign_splits(LABELS, SplitPlan(seed=4))


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (1.0, 0.0, 0.0), (1.2, -0.1, -0.1)])
def test_shares_that_are_none_are_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(InputError, match="--split is"):
        SplitPlan(shares=shares)
