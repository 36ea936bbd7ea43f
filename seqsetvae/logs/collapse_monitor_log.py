"""The log of the original collapse monitor, `collapse_detection_<date>.log`: lines for people, in two languages.

    2025-08-07 12:34:56,789 - INFO - Step 50 - Metrics: KL: 0.004211, Variance: 0.981200, Active Units: 1.000, …
    2025-08-07 12:34:56,790 - INFO -   Layer 0: Variance=0.981200, Active Ratio=1.000, Mean Magnitude=0.012100
    2025-08-07 12:34:56,791 - WARNING - Step 50: Posterior collapse warning!
      - KL divergence too low: 0.004211 < 0.01

Its "active units" are dimensions with σ² above a threshold, which is `posterior/active_units_sigma` here. Earlier
versions wrote warnings only: their numbers are points too. Times are read as this machine's local time.
"""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from seqsetvae.logs.block import MAX_BYTES, Block, Points, RunFacts
from seqsetvae.logs.tailer import Tailer
from seqsetvae.stream.records import EventRecord, Level

NOT_UNDERSTOOD = "lines that were not understood"

KIND = "original_monitor"
"""Kind of the events that the monitor's words become."""

_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)[,.](\d{1,6}) - ([A-Z]+) - (.*)", re.DOTALL)
_NUMBER = r"([-+]?(?:\d[\d.]*(?:[eE][-+]?\d+)?|nan|inf))"
_STEP = re.compile(r"[Ss]tep:? (\d{1,15})\b")
_METRIC = re.compile(rf"(KL|Variance|Active Units|Recon Loss): {_NUMBER}")
_LAYER = re.compile(r"\s*Layer (\d{1,4}): ")
_LAYER_METRIC = re.compile(rf"(Variance|Active Ratio|Mean Magnitude)={_NUMBER}")
_REASON = re.compile(rf"\s+- (.*?)(?:: {_NUMBER} < .*)?")

_NAMES = {
    "KL": "posterior/kl",
    "Variance": "posterior/variance",
    "Active Units": "posterior/active_units_sigma",
    "Recon Loss": "posterior/recon",
    "Active Ratio": "posterior/active_units_sigma",
    "Mean Magnitude": "posterior/mean_magnitude",
}
_REASONS = {
    "KL divergence too low": "posterior/kl",
    "KL散度过低": "posterior/kl",
    "Latent variable variance too low": "posterior/variance",
    "潜在变量方差过低": "posterior/variance",
    "Active units ratio too low": "posterior/active_units_sigma",
    "激活单元比例过低": "posterior/active_units_sigma",
}
_WORDS = (
    (Level.YELLOW, ("Posterior collapse warning", "后验塌缩警告")),
    (Level.GREEN, ("state recovered", "塌缩状态恢复")),
    (Level.RED, ("recommend stopping", "建议停止训练", "Posterior collapse detected", "检测到后验塌缩")),
    (Level.INFO, ("Model saved", "模型已保存", "Failed to", "失败")),
)
"""What the monitor says, by how grave it is; the first that fits counts."""

_SUMMARY = re.compile(r"(.*Summary:|.*检测总结:|=+|[\w ]+: .*|\S+: .*)?")
"""Lines of the summary at the end: they say again what the log has said."""


class CollapseLogReader:
    """Follows one log.

    Args:
        path: the file.
        start: byte to begin at; negative counts from the end.
        clock: a monotonic clock, in seconds.
    """

    facts = RunFacts()

    def __init__(self, path: Path, *, start: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._tailer = Tailer(path, start=start, clock=clock)
        self._forget()

    def poll(self, max_bytes: int = MAX_BYTES) -> Block:
        """Read on; see `LogReader`."""
        chunk = self._tailer.poll(max_bytes)
        if chunk.reset:
            self._forget()
        self._begin_block()
        self._points.end = chunk.offset
        for line in chunk.lines:
            self._points.end += len(line) + 1
            self._add_line(line.rstrip(b"\r").decode("utf-8", "replace"))
        if chunk.at_end and chunk.data:
            self._end_warning()
        if chunk.long_lines:
            self._damaged[NOT_UNDERSTOOD] += chunk.long_lines
        return Block(
            columns=self._points.columns(),
            events=tuple(self._events),
            reset=chunk.reset,
            at_end=chunk.at_end,
            damaged=self._damaged,
            ends=np.array(self._points.ends, np.int64),
            read=chunk.next_offset,
            size=max(chunk.size, chunk.next_offset),
            pending=chunk.pending,
            missing=chunk.missing,
            problem=chunk.problem,
        )

    def _forget(self) -> None:
        self._t: float | None = None
        self._step = 0
        self._warning: EventRecord | None = None
        self._measured_at = -1
        self._in_summary = False
        self._begin_block()

    def _begin_block(self) -> None:
        self._points = Points()
        self._events: list[EventRecord] = []
        self._damaged: Counter[str] = Counter()

    def _add_line(self, line: str) -> None:
        head = _LINE.fullmatch(line)
        if head is None:
            self._take_continuation(line)
            return
        self._end_warning()
        self._in_summary = False
        t = _unix(head[1], head[2])
        if t is None:
            self._damaged[NOT_UNDERSTOOD] += 1
            return
        self._t = t
        self._take_message(head[4], t)

    def _take_message(self, message: str, t: float) -> None:
        layer = _LAYER.match(message)
        if layer is not None:
            prefix = f"posterior/level{int(layer[1]) + 1}/"
            for name, number in _LAYER_METRIC.findall(message):
                self._point(_NAMES[name].replace("posterior/", prefix), number)
            return
        step = _STEP.search(message)
        if step is not None:
            self._step = int(step[1])
        if "Metrics:" in message:
            self._measured_at = self._step
            for name, number in _METRIC.findall(message):
                self._point(_NAMES[name], number)
            return
        level = next((level for level, words in _WORDS if any(word in message for word in words)), None)
        if level is not None:
            record = EventRecord(t=t, step=self._step, level=level, kind=KIND, message=message.strip())
            if level is Level.YELLOW:
                self._warning = record
            else:
                self._events.append(record)
        elif not message.strip():
            self._in_summary = True
        else:
            self._damaged[NOT_UNDERSTOOD] += 1

    def _take_continuation(self, line: str) -> None:
        """A reason below a warning, or a line of the summary."""
        reason = _REASON.fullmatch(line)
        if self._warning is not None and reason is not None:
            reasons = [*self._warning.data.get("reasons", []), line.strip(" -")]
            self._warning = replace(self._warning, data={"reasons": reasons})
            name = _REASONS.get(reason[1])
            if name is not None and reason[2] is not None and self._measured_at != self._step:
                self._point(name, reason[2])
        elif line.strip() and not (self._in_summary and _SUMMARY.fullmatch(line.strip())):
            self._damaged[NOT_UNDERSTOOD] += 1

    def _end_warning(self) -> None:
        if self._warning is not None:
            reasons = "; ".join(self._warning.data.get("reasons", []))
            message = f"{self._warning.message} {reasons}".strip()
            self._events.append(replace(self._warning, message=message))
            self._warning = None

    def _point(self, name: str, number: str) -> None:
        try:
            value = float(number)
        except ValueError:  # 1.2.3 and the like
            self._damaged[NOT_UNDERSTOOD] += 1
            return
        if self._t is not None:
            self._points.add(name, self._t, self._step, value)


def _unix(stamp: str, fraction: str) -> float | None:
    """Unix seconds of a local time; None when there is no such day or hour."""
    try:
        t = datetime.fromisoformat(stamp).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return t + int(fraction) / 10 ** len(fraction) if math.isfinite(t) else None
