import os

import pytest

from seqsetvae.data.parallel import available_cores, chunked, map_in_order
from seqsetvae.errors import InputError


def square(number: int) -> int:
    return number * number


def process_id(number: int) -> int:
    return os.getpid()


def refuse_seven(number: int) -> int:
    if number == 7:
        raise InputError("seven.parquet: 7 is not liked; take 8.")
    return number


@pytest.mark.parametrize("jobs", [1, 3])
def test_results_come_in_the_order_of_the_tasks(jobs: int) -> None:
    assert list(map_in_order(square, range(20), jobs=jobs)) == [number * number for number in range(20)]


def test_one_job_stays_in_this_process() -> None:
    assert set(map_in_order(process_id, range(3), jobs=1)) == {os.getpid()}
    assert os.getpid() not in set(map_in_order(process_id, range(3), jobs=2))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_that_fails_raises_at_its_turn(jobs: int) -> None:
    results = map_in_order(refuse_seven, range(10), jobs=jobs)
    assert [next(results) for _ in range(7)] == list(range(7))
    with pytest.raises(InputError, match="7 is not liked"):
        next(results)


def test_chunks_keep_the_order_and_lose_nothing() -> None:
    assert chunked([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]
    assert chunked([], 2) == []


def test_there_is_at_least_one_core() -> None:
    assert available_cores() >= 1
