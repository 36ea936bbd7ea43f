"""How one process of a run ended, what the others make of it, and which exit code that is."""

from __future__ import annotations

import signal
import traceback
from dataclasses import asdict, dataclass
from typing import Any

import torch.distributed as dist

from seqsetvae.commandline.program import BAD_INPUT
from seqsetvae.disk_errors import disk_error, is_about_a_disk
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import translated
from seqsetvae.stream.values import printable

#: Exit code of an error inside the program.
FAILED = 1


class TrainingInterrupted(SystemExit):
    """Raised after a signal; unhandled, it ends the program with 128 + signal, as in shells.

    Attributes:
        signal_number: The signal that asked for it.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(128 + signal_number)
        self.signal_number = signal_number


@dataclass(frozen=True, slots=True, kw_only=True)
class RankEnd:
    """The end of a rank.

    Attributes:
        rank: Which one.
        code: Its exit code.
        reason: What ended it, in one line.
        report: What is to be printed; empty where that is done, or nothing is to be said.
    """

    rank: int
    code: int
    reason: str
    report: str = ""

    @property
    def was_interrupted(self) -> bool:
        """Whether it was asked to end by a signal."""
        return self.code > 128

    def to_data(self) -> dict[str, Any]:
        """Return what `RankEnd(**data)` is made of."""
        return asdict(self)


class RankError(Exception):
    """Another rank has ended, and this one with it.

    Attributes:
        end: The end of the other.
    """

    def __init__(self, end: RankEnd) -> None:
        super().__init__(end.reason)
        self.end = end


def end_of(error: BaseException, rank: int) -> RankEnd:
    """Return the end that an error makes of a rank, with what is to be printed about it."""
    if isinstance(error, OSError) and is_about_a_disk(error):
        error = disk_error(error)
    if isinstance(error, InputError):
        sentence = printable(translated(str(error)))
        return RankEnd(rank=rank, code=BAD_INPUT, reason=f"rank {rank}: {error}", report=sentence)
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else FAILED
        return RankEnd(rank=rank, code=code, reason=failure_text(error))
    return RankEnd(
        rank=rank,
        code=FAILED,
        reason=f"rank {rank}: {failure_text(error)}",
        report=f"rank {rank} failed:\n" + "".join(traceback.format_exception(error)),
    )


def failure_text(error: BaseException) -> str:
    """Return what a log says of an error, in one line or more."""
    return str(error) if isinstance(error, RankError) else f"{type(error).__name__}: {error}".rstrip(": ")


def end_without_word(rank: int, returncode: int | None) -> RankEnd:
    """Return the end of a rank that said nothing about it.

    Args:
        rank: Which one.
        returncode: As `subprocess` has it, or None where it is not known.
    """
    if returncode is not None and returncode >= 0:  # it has said why
        reason = f"rank {rank} ended with exit code {returncode}"
        return RankEnd(rank=rank, code=returncode or FAILED, reason=reason)
    number = -(returncode or 0)
    reason = f"rank {rank} was ended by {signal.Signals(number).name}" if number else f"rank {rank} is gone"
    asked = number in (signal.SIGINT, signal.SIGTERM)
    return RankEnd(rank=rank, code=128 + number if asked else FAILED, reason=reason, report=reason)


def is_from_communication(error: BaseException) -> bool:
    """Return whether an error may follow from the end of another rank."""
    if not isinstance(error, RuntimeError):
        return False
    return isinstance(error, dist.DistError) or any(name in str(error).lower() for name in ("gloo", "nccl"))
