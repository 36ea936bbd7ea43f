from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from seqsetvae.data.sampler import BucketBatchSampler
from seqsetvae.errors import InputError

LENGTHS: NDArray[np.int64] = np.random.default_rng(0).integers(1, 200, size=1000)


def make(
    *, batch_size: int = 16, seed: int = 0, shuffle: bool = True, rank: int = 0, num_replicas: int = 1
) -> BucketBatchSampler:
    return BucketBatchSampler(
        LENGTHS, batch_size=batch_size, seed=seed, shuffle=shuffle, rank=rank, num_replicas=num_replicas
    )


def padding_waste(batches: list[list[int]]) -> float:
    padded = sum(len(batch) * int(LENGTHS[batch].max()) for batch in batches)
    return 1 - int(LENGTHS[list(chain.from_iterable(batches))].sum()) / padded


@given(patients=st.integers(1, 300), batch_size=st.integers(1, 20), shuffle=st.booleans(), epoch=st.integers(0, 3))
def test_one_replica_sees_every_patient_exactly_once(patients: int, batch_size: int, shuffle: bool, epoch: int) -> None:
    sampler = BucketBatchSampler(np.arange(patients), batch_size=batch_size, seed=1, shuffle=shuffle)
    sampler.set_epoch(epoch)
    batches = list(sampler)
    assert sorted(chain.from_iterable(batches)) == list(range(patients))
    assert len(batches) == len(sampler)
    assert max(map(len, batches)) <= batch_size


def of_replicas(patients: int, *, batch_size: int, replicas: int, shuffle: bool) -> list[list[list[int]]]:
    """Return the batches of each replica, which are as many as it says."""
    samplers = [
        BucketBatchSampler(
            np.arange(patients), batch_size=batch_size, seed=1, shuffle=shuffle, rank=rank, num_replicas=replicas
        )
        for rank in range(replicas)
    ]
    batches = [list(sampler) for sampler in samplers]
    assert {len(of_one) for of_one in batches} == {len(samplers[0])}
    return batches


@given(patients=st.integers(1, 200), batch_size=st.integers(1, 9), replicas=st.integers(1, 5))
def test_in_evaluation_replicas_are_dealt_the_batches_of_one_and_nobody_comes_twice(
    patients: int, batch_size: int, replicas: int
) -> None:
    (alone,) = of_replicas(patients, batch_size=batch_size, replicas=1, shuffle=False)
    dealt = of_replicas(patients, batch_size=batch_size, replicas=replicas, shuffle=False)
    in_turn = list(chain.from_iterable(zip(*dealt, strict=True)))
    assert in_turn[: len(alone)] == alone
    assert not any(in_turn[len(alone) :]), "there is nobody left"


@given(patients=st.integers(1, 200), batch_size=st.integers(1, 9), replicas=st.integers(1, 5))
def test_replicas_take_the_same_number_of_steps_and_together_see_everyone(
    patients: int, batch_size: int, replicas: int
) -> None:
    batches = of_replicas(patients, batch_size=batch_size, replicas=replicas, shuffle=True)
    assert set(chain.from_iterable(chain.from_iterable(batches))) == set(range(patients))
    for step in zip(*batches, strict=True):
        assert len({len(batch) for batch in step}) == 1
        assert len(step[0]) > 0


def test_batches_hold_patients_of_like_length() -> None:
    in_any_order = np.random.default_rng(1).permutation(len(LENGTHS)).reshape(-1, 10).tolist()
    assert padding_waste(in_any_order) > 0.4
    assert padding_waste(list(make(batch_size=10))) < 0.04


def test_seed_and_epoch_decide_the_order() -> None:
    assert list(make(seed=3)) == list(make(seed=3))
    assert list(make(seed=3)) != list(make(seed=4))
    sampler = make(seed=3)
    first = list(sampler)
    sampler.set_epoch(1)
    assert list(sampler) != first
    sampler.set_epoch(0)
    assert list(sampler) == first


def test_patients_meet_other_company_in_every_epoch() -> None:
    sampler = make(batch_size=4)
    pairs: set[tuple[int, int]] = set()
    for epoch in (0, 1):
        sampler.set_epoch(epoch)
        pairs_now = {(a, b) for batch in sampler for a in batch for b in batch if a < b}
        assert len(pairs & pairs_now) < 0.2 * len(pairs_now)
        pairs = pairs_now


def test_short_and_long_batches_alternate_in_training() -> None:
    means = np.array([LENGTHS[batch].mean() for batch in make()])
    assert abs(np.corrcoef(means[:-1], means[1:])[0, 1]) < 0.4


def test_evaluation_starts_with_the_longest() -> None:
    lengths = [int(LENGTHS[batch].max()) for batch in make(shuffle=False)]
    assert lengths == sorted(lengths, reverse=True)


class TestResuming:
    def test_the_rest_of_the_epoch_follows(self) -> None:
        whole = make()
        whole.set_epoch(2)
        batches = list(whole)
        resumed = make()
        resumed.start_at(epoch=2, batch=7)
        assert list(resumed) == batches[7:]
        assert len(resumed) == len(batches), "the length is that of an epoch: trainers count from its beginning"

    def test_setting_the_same_epoch_keeps_the_start_and_another_one_drops_it(self) -> None:
        sampler = make()
        sampler.start_at(epoch=2, batch=7)
        sampler.set_epoch(2)
        assert sampler.start_batch == 7
        sampler.set_epoch(3)
        assert (sampler.epoch, sampler.start_batch) == (3, 0)

    def test_the_state_says_what_was_trained_on_and_not_what_was_fetched(self) -> None:
        sampler = make()
        batches = list(sampler)
        state = sampler.state_after(5)
        resumed = make()
        resumed.load_state_dict(state)
        assert list(resumed) == batches[5:]

    def test_after_the_last_batch_comes_the_next_epoch(self) -> None:
        sampler = make()
        resumed = make()
        resumed.load_state_dict(sampler.state_after(len(sampler)))
        assert (resumed.epoch, resumed.start_batch) == (1, 0)

    def test_a_changed_order_is_refused_within_an_epoch(self) -> None:
        with pytest.raises(InputError, match="batch_size was 16 and is 8"):
            make(batch_size=8).load_state_dict(make().state_after(5))

    def test_and_accepted_between_epochs(self) -> None:
        sampler = make()
        resumed = make(batch_size=8)
        resumed.load_state_dict(sampler.state_after(len(sampler)))
        assert resumed.epoch == 1

    @pytest.mark.parametrize("batch", [-1, 63])
    def test_a_batch_beyond_the_epoch_is_refused(self, batch: int) -> None:
        with pytest.raises(ValueError, match="no place to start in an epoch of 63 batches"):
            make().start_at(epoch=0, batch=batch)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(InputError, match="--batch_size is 0"):
        make(batch_size=0)
    with pytest.raises(InputError, match="the split is empty"):
        BucketBatchSampler([], batch_size=1, seed=0, shuffle=True)
    with pytest.raises(ValueError, match="rank is 2"):
        make(rank=2, num_replicas=2)
