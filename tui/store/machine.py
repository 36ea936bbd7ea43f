"""The machine under a run: what each rank last said of processor, memory and GPU, and how it went lately."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seqsetvae.stream.records import SystemRecord, Value

_GPU = re.compile(r"gpu([0-9]{1,3})/(?:utilization|memory_used|memory_total)")
_MAX_SHARE = 1e6
"""A share of one beyond this is no reading."""

_HOST = frozenset({"cpu/percent", "cpu/memory_used", "cpu/memory_total"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Gauge:
    """One thing that can be full: a processor, a memory, or a GPU with its memory.

    Attributes:
        name: `cpu`, `memory` or `gpu0`.
        rank: the rank that measured it.
        share: how busy or full it is, 0 to 1; NaN when it cannot be read.
        used: bytes in use, or None where it holds none or does not tell.
        total: bytes there are, or None.
        history: `share` of the last readings, oldest first.
        silence: seconds that the rank's newest reading is older than the newest of any rank.
    """

    name: str
    rank: int
    share: float
    used: float | None = None
    total: float | None = None
    history: tuple[float, ...] = ()
    silence: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """All gauges of a run, by rank; `ranks` have measured something, the last at unix second `t`."""

    gauges: tuple[Gauge, ...]
    ranks: int
    t: float


def machine_of(histories: Mapping[int, Sequence[SystemRecord]]) -> Machine | None:
    """The gauges in the last records of each rank, oldest record first; None before the first record.

    Processor and memory are those of rank 0's machine. Other ranks show their GPUs, or their processor where they
    have none: ranks of one machine would repeat the same memory.
    """
    measured = {rank: records for rank, records in sorted(histories.items()) if records}
    if not measured:
        return None
    newest = max(records[-1].t for records in measured.values())
    gauges: list[Gauge] = []
    for rank, records in measured.items():
        silence = newest - records[-1].t
        gpus = [_gpu(index, rank, records, silence) for index in _gpus(records[-1].values)]
        if rank == 0 or not gpus:
            gauges.append(_processor(rank, records, silence))
        if rank == 0:
            gauges.append(_memory(records, silence))
        gauges += gpus
    return Machine(gauges=tuple(gauges), ranks=len(measured), t=newest)


def gauge_values(values: Mapping[str, Value]) -> dict[str, Value]:
    """The values of a record that a gauge shows; a log may hold anything beside them."""
    return {name: value for name, value in values.items() if name in _HOST or _GPU.fullmatch(name)}


def _processor(rank: int, records: Sequence[SystemRecord], silence: float) -> Gauge:
    history = tuple(_busy(record.values, "cpu/percent") for record in records)
    return Gauge(name="cpu", rank=rank, share=history[-1], history=history, silence=silence)


def _memory(records: Sequence[SystemRecord], silence: float) -> Gauge:
    history = tuple(_filled(record.values, "cpu") for record in records)
    used, total = _bytes(records[-1].values, "cpu")
    return Gauge(name="memory", rank=0, share=history[-1], used=used, total=total, history=history, silence=silence)


def _gpu(index: int, rank: int, records: Sequence[SystemRecord], silence: float) -> Gauge:
    name = f"gpu{index}"
    busy = tuple(_busy(record.values, f"{name}/utilization") for record in records)
    used, total = _bytes(records[-1].values, name)
    return Gauge(name=name, rank=rank, share=busy[-1], used=used, total=total, history=busy, silence=silence)


def _gpus(values: Mapping[str, Value]) -> list[int]:
    return sorted({int(match[1]) for name in values if (match := _GPU.fullmatch(name))})


def _bytes(values: Mapping[str, Value], group: str) -> tuple[float | None, float | None]:
    used, total = _number(values, f"{group}/memory_used"), _number(values, f"{group}/memory_total")
    return used if math.isfinite(used) else None, total if math.isfinite(total) else None


def _filled(values: Mapping[str, Value], group: str) -> float:
    used, total = _bytes(values, group)
    return math.nan if used is None or not total else _share(used / total)


def _busy(values: Mapping[str, Value], name: str) -> float:
    return _share(_number(values, name) / 100)


def _share(share: float) -> float:
    return share if abs(share) < _MAX_SHARE else math.nan


def _number(values: Mapping[str, Value], name: str) -> float:
    value = values.get(name, math.nan)
    return math.nan if isinstance(value, tuple) else float(value)
