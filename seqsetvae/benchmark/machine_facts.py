"""What a figure was measured on: without it, no figure of speed says anything."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import torch

from seqsetvae import __version__
from seqsetvae.data.parallel import available_cores


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """The machine and the software of a measurement.

    Attributes:
        processor: Its name.
        cores: Those that this process may use.
        threads: Those that torch uses.
        memory: Bytes, of the whole machine.
        memory_free: Bytes that a program could have got when the measurement began.
        load: Processes that wanted to run over the last minute, this one among them; more than `cores` is a crowd.
        gpus: Names of the CUDA devices.
        gpu_memory: Bytes of the first of them, 0 without one.
        system, python, torch, seqsetvae: Versions.
    """

    processor: str
    cores: int
    threads: int
    memory: int
    memory_free: int
    load: float
    gpus: tuple[str, ...]
    gpu_memory: int
    system: str
    python: str
    torch: str
    seqsetvae: str

    def as_json(self) -> dict[str, Any]:
        """Return the facts as plain values."""
        return asdict(self)

    def in_words(self) -> str:
        """Return one line for people."""
        gpus = "".join(f", {name}" for name in self.gpus)
        return (
            f"{self.processor}, {self.cores} cores ({self.threads} threads, load {self.load:.1f}), "
            f"{self.memory / 2**30:.0f} GiB{gpus}; torch {self.torch}, Python {self.python}"
        )


def machine_facts() -> MachineFacts:
    """Return the facts of this machine, now."""
    memory = psutil.virtual_memory()
    gpus = tuple(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))
    return MachineFacts(
        processor=processor_name(),
        cores=available_cores(),
        threads=torch.get_num_threads(),
        memory=memory.total,
        memory_free=memory.available,
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0,
        gpus=gpus,
        gpu_memory=torch.cuda.get_device_properties(0).total_memory if gpus else 0,
        system=platform.platform(terse=True),
        python=platform.python_version(),
        torch=torch.__version__,
        seqsetvae=__version__,
    )


def processor_name(info: Path = Path("/proc/cpuinfo")) -> str:
    """Return the processor's name, from the kernel where it says it."""
    try:
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
