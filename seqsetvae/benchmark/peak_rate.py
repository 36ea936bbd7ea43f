"""What this machine can do at best: matrix multiplication, and what memory a process has used."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import torch

#: `rows · inner · columns` of the products that are timed; the best of them is the peak. Large square matrices favour
#: most libraries, the others are the shapes of the model's own layers.
SHAPES = ((2048, 2048, 2048), (4096, 1024, 1024), (8192, 256, 256), (8192, 256, 768))
#: Least time spent on each shape, seconds.
SECONDS_PER_SHAPE = 0.4


def matmul_peak(dtype: torch.dtype, device: torch.device) -> float:
    """Return the highest rate of matrix multiplication seen, FLOP/s (a multiply-add is two)."""
    return max(_rate(shape, dtype, device) for shape in SHAPES)


def peak_memory(device: torch.device) -> int:
    """Return the largest memory this process has held so far, bytes; on the device where that is a GPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    # A new program inherits `ru_maxrss` from the one that started it; the kernel's other counter starts at 0.
    for line in _status():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _status() -> list[str]:
    try:
        return Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return []


def synchronize(device: torch.device) -> None:
    """Wait until the device has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _rate(shape: tuple[int, int, int], dtype: torch.dtype, device: torch.device) -> float:
    rows, inner, columns = shape
    a = torch.randn(rows, inner, device=device).to(dtype)
    b = torch.randn(inner, columns, device=device).to(dtype)
    for _ in range(3):
        a @ b
    best, spent = float("inf"), 0.0
    while spent < SECONDS_PER_SHAPE:
        synchronize(device)
        start = time.perf_counter()
        a @ b
        synchronize(device)
        elapsed = time.perf_counter() - start
        best, spent = min(best, elapsed), spent + elapsed
    return 2.0 * rows * inner * columns / best
