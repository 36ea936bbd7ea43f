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


SHARES = [(0.7, 0.15, 0.15), (0.8, 0.1, 0.1), (0.98, 0.01, 0.01), (0.1, 0.45, 0.45), (0.34, 0.33, 0.33)]


@pytest.mark.parametrize("shares", SHARES)
@pytest.mark.parametrize("positives", [1, 2, 3, 4, 5, 6, 9, 15, 195, 196, 197, 198, 199])
def test_every_split_has_both_labels_where_there_are_enough_patients(
    positives: int, shares: tuple[float, float, float]
) -> None:
    """The label of a single patient is in train, where it can be learned; that of two is in valid too."""
    labels = {f"p{number}": int(number < positives) for number in range(200)}
    for seed in range(5):
        splits = assign_splits(labels, SplitPlan(seed=seed, shares=shares))
        for label, count in ((1, positives), (0, 200 - positives)):
            held = [split for split in ("train", "valid", "test") if any(
                splits[patient] == split for patient, its in labels.items() if its == label
            )]  # fmt: skip
            assert held == ["train", "valid", "test"][:count]


def test_five_positives_among_two_hundred_are_three_one_and_one() -> None:
    labels = {f"p{number}": int(number < 5) for number in range(200)}
    splits = assign_splits(labels, SplitPlan())
    counts = [sum(splits[f"p{number}"] == split for number in range(5)) for split in ("train", "valid", "test")]
    assert counts == [3, 1, 1]


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (1.0, 0.0, 0.0), (1.2, -0.1, -0.1)])
def test_shares_that_are_none_are_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(InputError, match="--split is"):
        SplitPlan(shares=shares)
