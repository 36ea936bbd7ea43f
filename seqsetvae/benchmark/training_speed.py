"""How fast training is: batched steps beside the plain per-set reference and the machine's peak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch.profiler import ProfilerActivity, profile

from seqsetvae.benchmark.peak_rate import matmul_peak, peak_memory
from seqsetvae.benchmark.training_step import Workload, timed
from seqsetvae.data.batch import PatientArrays
from seqsetvae.model.reference import Reference
from seqsetvae.training.config import Precision
from seqsetvae.training.freed_memory import keep_freed_memory

#: Kernels by what they do, for the question where the time goes that is not matrix multiplication.
KERNEL_GROUPS = {
    "matrix products": ("aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm", "mkldnn"),
    "attention": ("scaled_dot_product",),
    "layer norm": ("layer_norm",),
    "optimizer and clipping": ("adamw", "_foreach_", "linalg_vector_norm"),
    "gathering": ("index", "embedding", "gather", "scatter"),
    "copies": ("copy_", "aten::cat", "clone", "_to_copy", "fill_", "zero_"),
    "random numbers": ("normal_", "bernoulli_", "dropout"),
}
OTHER = "other elementwise"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedRow:
    """One measured configuration.

    Attributes:
        name: `batched`, or `reference` for the plain per-set form.
        batch_size: Patients per step.
        precision: Arithmetic.
        compiled: Whether the model was compiled.
        patients_per_second, sets_per_second, events_per_second: Throughput of whole optimizer steps.
        peak_memory: Largest memory of the process so far, bytes.
        padding_waste: Share of event cells that hold no event.
        flops_per_patient: Matrix FLOPs of a step over its patients; 0 where they were not counted.
        peak_share: FLOP/s over the machine's measured matrix-multiply peak.
    """

    name: str
    batch_size: int
    precision: str
    compiled: bool = False
    patients_per_second: float
    sets_per_second: float
    events_per_second: float
    peak_memory: int
    padding_waste: float = 0.0
    flops_per_patient: float = 0.0
    peak_share: float = 0.0


def measure_batched(
    workload: Workload, *, batch_size: int, precision: Precision, peak: float, compiled: bool = False
) -> SpeedRow:
    """Time one pass over the patients in batches, after one step of warm-up, or a whole pass where it compiles."""
    step = workload.step(precision, compiled=compiled)
    batches = workload.batches(batch_size)
    for batch in batches if compiled else batches[len(batches) // 2 :][:1]:
        step(batch)
    seconds = sum(timed(partial(step, batch), step.device) for batch in batches)
    events = sum(batch.num_events for batch in batches)
    flops = sum(step.flops(batch) for batch in batches)
    count = sum(batch.num_patients for batch in batches)
    return SpeedRow(
        name="batched",
        batch_size=batch_size,
        precision=precision,
        compiled=compiled,
        patients_per_second=count / seconds,
        sets_per_second=sum(batch.num_sets for batch in batches) / seconds,
        events_per_second=events / seconds,
        peak_memory=peak_memory(step.device),
        padding_waste=1.0 - events / sum(batch.variable.numel() for batch in batches),
        flops_per_patient=flops / count,
        peak_share=flops / seconds / peak,
    )


def measure_reference(workload: Workload, *, batch_size: int) -> SpeedRow:
    """Time the plain per-set model on the same kind of optimizer steps, in float32."""
    step, objective, patients = workload.step(), workload.objective, workload.patients
    reference = Reference(step.model, objective.chamfer)

    def optimizer_step(some: Sequence[PatientArrays]) -> None:
        step.descend(
            reference.loss(
                some, weights=objective.weights, free_bits=objective.free_bits,
                label_smoothing=objective.label_smoothing,
            )
        )  # fmt: skip

    optimizer_step(patients[:1])
    groups = [patients[start : start + batch_size] for start in range(0, len(patients), batch_size)]
    seconds = sum(timed(partial(optimizer_step, group), step.device) for group in groups)
    return SpeedRow(
        name="reference",
        batch_size=batch_size,
        precision="32",
        patients_per_second=len(patients) / seconds,
        sets_per_second=sum(len(patient.minute) for patient in patients) / seconds,
        events_per_second=sum(len(patient.value) for patient in patients) / seconds,
        peak_memory=peak_memory(step.device),
    )


def time_shares(workload: Workload, *, batch_size: int, precision: Precision) -> dict[str, float]:
    """Return the share of a step's time by kind of kernel, largest first; on a CPU, for a batch of middle length."""
    step, batches = workload.step(precision), workload.batches(batch_size)
    batch = batches[len(batches) // 2]
    step(batch)
    with profile(activities=[ProfilerActivity.CPU]) as trace:
        step(batch)
    shares: dict[str, float] = {}
    for kernel in trace.key_averages():
        group = next((g for g, parts in KERNEL_GROUPS.items() if any(p in kernel.key.lower() for p in parts)), OTHER)
        shares[group] = shares.get(group, 0.0) + kernel.self_cpu_time_total
    total = sum(shares.values())
    return dict(sorted(((group, time / total) for group, time in shares.items()), key=lambda item: -item[1]))


def peaks(precisions: Sequence[Precision], device: str) -> dict[Precision, float]:
    """Return the machine's matrix-multiply peak for each precision, FLOP/s."""
    keep_freed_memory()  # as training does
    dtypes = {"32": torch.float32, "bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
    return {precision: matmul_peak(dtypes[precision], torch.device(device)) for precision in precisions}
