"""The machine under a run, and its heartbeat: one line every few seconds, from every rank, whatever the step does."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import psutil
import torch
from pytorch_lightning import Callback, LightningModule, Trainer

from seqsetvae.stream.line_writer import to_stderr
from seqsetvae.stream.records import Value
from seqsetvae.stream.writer import SystemWriter
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger

#: Seconds between two lines: a stalled run is seen within half a minute, and a week of it is 60,000 short lines.
HEARTBEAT_INTERVAL = 10.0

#: Seconds to wait for a sample that hangs (a driver, a lost mount) before training ends without it.
_JOIN_TIMEOUT = 5.0


class _Sink(Protocol):
    def system(self, *, step: int, values: Mapping[str, Value]) -> None: ...


class SystemMonitor(Callback):
    """Writes `system.jsonl`: rank 0 into the run's own file, other ranks into `system-rankR.jsonl` beside it.

    The lines come from a thread of its own, so a long validation or a stuck step has a heartbeat too. Without a
    `JsonlLogger` in the trainer it does nothing.

    Args:
        interval: Seconds between two lines.
        sample: What to write, given the device of this rank and the run's directory; `sample_system` by default.
    """

    def __init__(
        self,
        interval: float = HEARTBEAT_INTERVAL,
        *,
        sample: Callable[[torch.device, Path], Mapping[str, Value]] | None = None,
    ) -> None:
        if interval <= 0:
            raise ValueError(f"interval must be more than 0 seconds, not {interval}")
        self._interval = interval
        self._sample = sample or sample_system
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._rank_writer: SystemWriter | None = None

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Start the heartbeat."""
        logger = next((logger for logger in trainer.loggers if isinstance(logger, JsonlLogger)), None)
        if logger is None or self._thread is not None:
            return
        # Only rank 0 has made the directory and knows its name.
        run_dir = Path(trainer.strategy.broadcast(logger.log_dir))
        sink: _Sink = logger.experiment
        if not trainer.is_global_zero:
            sink = self._rank_writer = SystemWriter(run_dir, rank=trainer.global_rank)
        self._stop.clear()
        self._thread = threading.Thread(
            target=self._beat, args=(trainer, sink, run_dir), name="system-monitor", daemon=True
        )
        self._thread.start()

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """End the heartbeat."""
        self._end()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """End the heartbeat."""
        self._end()

    def _end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_JOIN_TIMEOUT)
            self._thread = None
        if self._rank_writer is not None:
            self._rank_writer.close()
            self._rank_writer = None

    def _beat(self, trainer: Trainer, sink: _Sink, run_dir: Path) -> None:
        with contextlib.suppress(Exception):
            psutil.cpu_percent()  # the first call only begins to measure
        reported = False
        while True:
            values: Mapping[str, Value] = {}
            try:
                values = self._sample(trainer.strategy.root_device, run_dir)
            except Exception as error:  # noqa: BLE001 - whatever a driver's library raises, the run still lives
                if not reported:
                    to_stderr(f"the system cannot be sampled: {error}; the heartbeat goes on without")
                reported = True
            sink.system(step=trainer.global_step, values=values)
            if self._stop.wait(self._interval):
                return


def sample_system(device: torch.device, run_dir: Path) -> dict[str, Value]:
    """CPU, memory and disk, and this rank's GPU. Memory and disk are in bytes, `percent` is of the whole machine.

    `gpuN/utilization` (percent), `temperature` (°C) and `power` (W) need the package `nvidia-ml-py`; without
    it, only the GPU's memory is written. What cannot be read at the moment is left out.
    """
    readings: list[Callable[[], Mapping[str, float]]] = [_cpu, _memory, _process, lambda: _disk(run_dir)]
    if device.type == "cuda":
        index = device.index or 0
        readings += [
            lambda: _gpu_memory(index),
            lambda: {f"gpu{index}/utilization": torch.cuda.utilization(index)},
            lambda: {f"gpu{index}/temperature": torch.cuda.temperature(index)},
            lambda: {f"gpu{index}/power": torch.cuda.power_draw(index) * 1e-3},  # from milliwatts
        ]
    values: dict[str, Value] = {}
    for read in readings:
        # A MIG slice refuses its utilisation, a lost mount its size, a lost GPU all: each with errors of its library.
        with contextlib.suppress(Exception):
            values.update({name: float(value) for name, value in read().items()})
    return values


def _cpu() -> dict[str, float]:
    return {"cpu/percent": psutil.cpu_percent()}


def _memory() -> dict[str, float]:
    memory = psutil.virtual_memory()
    return {"cpu/memory_used": memory.total - memory.available, "cpu/memory_total": memory.total}


def _process() -> dict[str, float]:
    return {"process/rss": psutil.Process().memory_info().rss}


def _disk(run_dir: Path) -> dict[str, float]:
    return {"disk/free": shutil.disk_usage(run_dir).free}


def _gpu_memory(index: int) -> dict[str, float]:
    free, total = torch.cuda.mem_get_info(index)
    return {f"gpu{index}/memory_used": total - free, f"gpu{index}/memory_total": total}
