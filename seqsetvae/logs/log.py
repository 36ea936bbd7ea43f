"""A log: whose it is, where it lies, and what such logs tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class LogFormat(StrEnum):
    """Formats that are read, by the names that users give them."""

    JSONL = "jsonl"
    TENSORBOARD = "tensorboard"
    CSV = "csv"
    TRAINER_STATE = "trainer_state"
    COLLAPSE_LOG = "collapse_log"
    WANDB = "wandb"

    @property
    def tool(self) -> str:
        """Who writes it, as people call it."""
        return _TOOLS[self]

    @property
    def is_ours(self) -> bool:
        """Whether this package writes it: it has lines, its trainer's verdicts, and tells how its run ended."""
        return self is LogFormat.JSONL

    @property
    def tells_its_end(self) -> bool:
        """Whether it says that its run has ended."""
        return self in (LogFormat.JSONL, LogFormat.WANDB, LogFormat.TRAINER_STATE)

    @property
    def has_times(self) -> bool:
        """Whether it tells when its points were written; otherwise their times are derived from the file's."""
        return self not in (LogFormat.CSV, LogFormat.TRAINER_STATE)


_TOOLS = {
    LogFormat.JSONL: "SeqSetVAE",
    LogFormat.TENSORBOARD: "TensorBoard",
    LogFormat.CSV: "Lightning's metrics.csv",
    LogFormat.TRAINER_STATE: "Hugging Face's trainer_state.json",
    LogFormat.COLLAPSE_LOG: "the original collapse monitor",
    LogFormat.WANDB: "W&B",
}

FOREIGN = tuple(kind for kind in LogFormat if not kind.is_ours)
"""Formats of other tools."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """The log of one run.

    Attributes:
        format: what wrote it.
        path: its file; for this package's log its directory, for TensorBoard's its directory or one event file.
        directory: where its run lies; a Hugging Face run has its newest state in a directory below.
        name: of the run: its directory relative to the searched one, with slashes.
        last_write: unix seconds of the newest write to any of its files.
    """

    format: LogFormat
    path: Path
    directory: Path
    name: str
    last_write: float = 0.0
