"""The fastest safe settings among those that were measured, each with its reason: a pure decision."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from seqsetvae.benchmark.loading import LoadingRow
from seqsetvae.benchmark.step_memory import SAFE_SHARE
from seqsetvae.benchmark.training_speed import SpeedRow
from seqsetvae.errors import InputError

#: Settings that are this little faster are not worth what they cost: a larger batch makes fewer steps of an epoch.
WORTH = 1.05
#: Reduced precision and compilation must gain more: the one loses digits, the other minutes at every start.
WORTH_MORE = 1.15
#: A loader should be so much faster than the steps, so that a slow file is made good for.
LOADER_MARGIN = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A command line, and why: one sentence for every flag."""

    command: str
    reasons: tuple[str, ...]


def recommend(
    rows: Sequence[SpeedRow], loading: Sequence[LoadingRow], *, data_dir: str, memory: int, device: str
) -> Recommendation:
    """Choose settings for a machine.

    Args:
        rows: What was measured of steps; the reference's are passed over.
        loading: What was measured of loaders.
        data_dir: The cohort that the line will name.
        memory: Bytes that training may fill, of the device.
        device: `cpu` or `cuda`.

    Raises:
        ValueError: no step was measured, or none that fits the memory.
    """
    steps = [row for row in rows if row.name != "reference"]
    safe = [row for row in steps if row.peak_memory <= SAFE_SHARE * memory]
    if not safe:
        raise InputError(
            "none of {count} measured settings fits {share:.0%} of {size:.1f} GiB; measure smaller --batch_sizes",
            count=len(steps),
            share=SAFE_SHARE,
            size=memory / 2**30,
        )
    best = _cheapest_of_the_fastest(safe)
    loader = _enough(loading, best.patients_per_second)
    words = ["seqsetvae-train", "--data_dir", str(data_dir), "--batch_size", str(best.batch_size)]
    words += ["--precision", best.precision]
    reasons = [_batch_reason(best, safe), _memory_reason(best, memory), _precision_reason(best, safe)]
    if loader is not None:
        words += ["--num_workers", str(loader.num_workers)]
        reasons.append(_loader_reason(loader, best))
    if any(row.compiled for row in safe):
        words += ["--compile_model"] if best.compiled else []
        reasons.append(_compile_reason(best, safe))
    words += ["--devices", "1"] if device == "cuda" else []
    return Recommendation(command=shlex.join(words), reasons=tuple(reasons))


def _cheapest_of_the_fastest(rows: Sequence[SpeedRow]) -> SpeedRow:
    """The row that no other beats by enough to be worth its price."""
    chosen = min(rows, key=_price)
    for row in sorted(rows, key=_price)[1:]:
        dearer = row.precision != chosen.precision or row.compiled != chosen.compiled
        if row.patients_per_second > chosen.patients_per_second * (WORTH_MORE if dearer else WORTH):
            chosen = row
    return chosen


def _price(row: SpeedRow) -> tuple[bool, bool, int]:
    return row.compiled, row.precision != "32", row.batch_size


def _enough(loading: Sequence[LoadingRow], rate: float) -> LoadingRow | None:
    """The loader with the fewest workers that is fast enough, or else the fastest."""
    ordered = sorted(loading, key=lambda row: row.num_workers)
    enough = [row for row in ordered if row.patients_per_second >= LOADER_MARGIN * rate]
    return enough[0] if enough else max(ordered, key=lambda row: row.patients_per_second, default=None)


def _batch_reason(best: SpeedRow, rows: Sequence[SpeedRow]) -> str:
    alike = [row for row in rows if (row.precision, row.compiled) == (best.precision, best.compiled)]
    larger = [row for row in alike if row.batch_size > best.batch_size]
    rate = f"--batch_size {best.batch_size}: {best.patients_per_second:.1f} patients/s"
    if not larger:
        return f"{rate}, the largest that was measured; a larger one may be faster yet"
    most = max(larger, key=lambda row: row.patients_per_second)
    gain = most.patients_per_second / best.patients_per_second - 1
    return f"{rate}; {most.batch_size} would change that by {gain:+.0%} and make fewer steps of an epoch"


def _memory_reason(best: SpeedRow, memory: int) -> str:
    return (
        f"memory: {best.peak_memory / 2**30:.2f} of {memory / 2**30:.1f} GiB at the peak, "
        f"at most {SAFE_SHARE:.0%} counts as safe"
    )


def _precision_reason(best: SpeedRow, rows: Sequence[SpeedRow]) -> str:
    others = sorted({row.precision for row in rows} - {best.precision})
    if not others:
        return f"--precision {best.precision}: the only one that was measured"
    fastest = {name: max(r.patients_per_second for r in rows if r.precision == name) for name in others}
    reached = ", ".join(f"{name} reached {rate:.1f}" for name, rate in fastest.items())
    return f"--precision {best.precision}: {reached} patients/s; less precision must gain {WORTH_MORE - 1:.0%}"


def _loader_reason(loader: LoadingRow, best: SpeedRow) -> str:
    ratio = loader.patients_per_second / best.patients_per_second
    enough = "" if ratio >= LOADER_MARGIN else "; the loader holds training up, put the data on a faster disk"
    return f"--num_workers {loader.num_workers}: loads {ratio:.3g} times as fast as the steps need{enough}"


def _compile_reason(best: SpeedRow, rows: Sequence[SpeedRow]) -> str:
    compiled = max(row.patients_per_second for row in rows if row.compiled)
    plain = max((row.patients_per_second for row in rows if not row.compiled), default=compiled)
    what = "--compile_model" if best.compiled else "no --compile_model"
    return f"{what}: compiled {compiled:.1f}, plain {plain:.1f} patients/s; it must gain {WORTH_MORE - 1:.0%}"
