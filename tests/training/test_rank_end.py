"""What the others make of the end of a rank."""

from __future__ import annotations

import errno
import signal

import pytest

from seqsetvae.errors import InputError
from seqsetvae.training.rank_end import (
    RankEnd,
    RankError,
    TrainingInterrupted,
    end_of,
    end_without_word,
    failure_text,
    is_from_communication,
)


def test_an_error_is_told_with_its_traceback() -> None:
    try:
        raise ValueError("seven")
    except ValueError as error:
        end = end_of(error, 3)
    assert (end.code, end.reason, end.was_interrupted) == (1, "rank 3: ValueError: seven", False)
    assert end.report.startswith("rank 3 failed:\nTraceback")
    assert failure_text(RankError(end)) == "rank 3: ValueError: seven"


@pytest.mark.parametrize(
    "error", [InputError("{path} is empty", path="oc.csv"), OSError(errno.ENOSPC, "is empty", "oc.csv")]
)
def test_what_the_user_can_mend_is_one_sentence(error: Exception) -> None:
    end = end_of(error, 1)
    assert end.code == 2
    assert end.reason == f"rank 1: {end.report}"
    assert end.report.startswith("oc.csv")


def test_a_signal_is_no_failure() -> None:
    end = end_of(TrainingInterrupted(signal.SIGTERM), 0)
    assert (end.code, end.report, end.was_interrupted) == (143, "", True)


@pytest.mark.parametrize(
    ("returncode", "code", "reason", "is_said"),
    [
        (None, 1, "rank 2 is gone", True),
        (-signal.SIGKILL, 1, "rank 2 was ended by SIGKILL", True),
        (-signal.SIGTERM, 143, "rank 2 was ended by SIGTERM", True),
        (2, 2, "rank 2 ended with exit code 2", False),
    ],
)
def test_an_end_without_a_word_is_named(returncode: int | None, code: int, reason: str, is_said: bool) -> None:
    end = end_without_word(2, returncode)
    assert end == RankEnd(rank=2, code=code, reason=reason, report=reason if is_said else "")
    assert RankEnd(**end.to_data()) == end


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("[gloo/transport/tcp/pair.cc:553] Connection closed by peer"), True),
        (RuntimeError("NCCL communicator was aborted"), True),
        (RuntimeError("shapes do not match"), False),
        (ValueError("gloomy"), False),
    ],
)
def test_errors_of_communication_are_told_apart(error: Exception, expected: bool) -> None:
    assert is_from_communication(error) is expected
