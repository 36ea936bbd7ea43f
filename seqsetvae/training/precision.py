"""Which arithmetic a machine can do well."""

from __future__ import annotations

import torch

from seqsetvae.training.config import Precision


def cpu_has_bfloat16() -> bool:
    """Return whether this CPU multiplies bfloat16 matrices in hardware (AVX-512 BF16 or AMX)."""
    return any(
        bool(getattr(torch.cpu, name, bool)()) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )


def resolve_precision(wanted: Precision, *, on_cpu: bool, has_bfloat16: bool) -> tuple[Precision, str | None]:
    """Return the precision to train with, and a sentence where it is not the wanted one.

    float16 with loss scaling is for GPUs. On a CPU it becomes bfloat16 where the CPU multiplies it in hardware and
    float32 where it would be emulated, which is several times slower than float32.
    """
    if not on_cpu or wanted != "16-mixed":
        return wanted, None
    if has_bfloat16:
        return "bf16-mixed", "--precision 16-mixed needs a GPU; this CPU has bfloat16, training with bf16-mixed"
    return "32", "--precision 16-mixed needs a GPU; this CPU has no bfloat16, training with 32"
