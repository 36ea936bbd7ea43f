"""What is measured, each step in a process of its own, since peak memory is a process's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.scale.meds_cohort import write_meds
from benchmarks.watch.process import peak_mb
from seqsetvae.data.data_settings import DataSettings
from seqsetvae.data.datamodule import EventDataModule
from seqsetvae.data.packed_store import open_cohort
from seqsetvae.data.prepare.meds import prepare_meds
from seqsetvae.data.prepare.meds_selection import MedsPlan
from seqsetvae.data.prepare.splitting import SplitPlan
from seqsetvae.data.prepare.synthetic import CohortPlan, prepare_synthetic

MEAN_SETS = 75.0

#: What was written within the last 2 s is compared again at the next start (seconds).
SETTLED = 2.5

_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a step took.

    Attributes:
        cpu: Seconds of processor time, which other programs of the machine do not change much.
        wall: Seconds.
        memory: MiB at the peak, beyond what the program takes before it has read anything.
    """

    cpu: float
    wall: float
    memory: float


def prepare(place: Path, patients: int) -> None:
    """Make a synthetic cohort."""
    cohort = CohortPlan(patients=patients, mean_sets=MEAN_SETS)
    prepare_synthetic(place / "cohort", cohort=cohort, shares=SplitPlan(), jobs=1)


def convert_meds(place: Path, patients: int) -> None:
    """Convert a MEDS data set that lies there already."""
    del patients
    meds, labels = place / "meds", place / "meds" / "labels.parquet"
    prepare_meds(meds, labels, place / "cohort", meds=MedsPlan(), split=SplitPlan(), jobs=1)


def start(place: Path, patients: int) -> None:
    """Open the cohort: the first start packs it."""
    del patients
    open_cohort(place / "cohort", jobs=1)


def first_batch(place: Path, patients: int) -> None:
    """Open the cohort and make the first batch of an epoch."""
    del patients
    loader = EventDataModule(
        DataSettings(data_dir=str(place / "cohort"), batch_size=16, num_workers=0)
    ).train_dataloader()
    next(iter(loader))


STEPS: Mapping[str, Callable[[Path, int], None]] = {
    "prepare": prepare,
    "convert MEDS": convert_meds,
    "first start": start,
    "later start": start,
    "first batch": first_batch,
}


def measured(name: str, place: Path, patients: int) -> Cost:
    """Take a step in this process."""
    before, begin, own = time.process_time(), time.perf_counter(), _peak_mib()
    STEPS[name](place, patients)
    return Cost(cpu=time.process_time() - before, wall=time.perf_counter() - begin, memory=_peak_mib() - own)


def _peak_mib() -> float:
    """Return this process's peak; that of `getrusage` begins with that of the process that started it."""
    return peak_mb(Path("/proc/self/status").read_text())


def measure(name: str, place: Path, patients: int) -> Cost:
    """Take a step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scale", "--one", name, str(place), "--patients", str(patients)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    time.sleep(SETTLED)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def costs_of(place: Path, patients: int, *, meds: bool) -> dict[str, Cost]:
    """Measure every step of a cohort in an empty directory."""
    if meds:
        write_meds(place / "meds", patients)
    skipped = "prepare" if meds else "convert MEDS"
    return {name: measure(name, place, patients) for name in STEPS if name != skipped}


def disk_of(place: Path) -> dict[str, float]:
    """Return MiB on the disk: of the raw data set, the patients' files, and the packed store."""
    cohort = place / "cohort"
    parts = {"MEDS": place / "meds", "patients": cohort / "patient_ehr", "packed store": cohort / ".seqsetvae"}
    return {
        name: sum(file.lstat().st_blocks for file in _files(part)) * 512 / _MIB
        for name, part in parts.items()
        if part.is_dir()
    }


def _files(directory: Path) -> list[Path]:
    return [Path(folder) / name for folder, _, names in os.walk(directory) for name in names]


def as_json(cost: Cost) -> str:
    """Return a cost as one line for the process that asked for it."""
    return json.dumps(asdict(cost))
