"""How fast batches are loaded, with so many worker processes; a loader that is slower than the step stops training."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from seqsetvae.data.data_settings import DataSettings
from seqsetvae.data.datamodule import EventDataModule

#: A loader is timed for about so long, seconds.
SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadingRow:
    """What a loader hands out when nothing is computed.

    Attributes:
        num_workers: Processes that prepare batches; 0 prepares them in the training process.
        batch_size: Patients per batch.
        patients_per_second: After the first batch, which waits for the workers to start.
        start_seconds: Until the first batch.
    """

    num_workers: int
    batch_size: int
    patients_per_second: float
    start_seconds: float


def measure_loading(data_dir: Path, *, batch_size: int, num_workers: int, seconds: float = SECONDS) -> LoadingRow:
    """Iterate over the train split, as training does, for some seconds or one epoch, whichever ends first."""
    module = EventDataModule(DataSettings(data_dir=str(data_dir), batch_size=batch_size, num_workers=num_workers))
    start = time.perf_counter()
    batches = iter(module.train_dataloader())
    count = first_count = next(batches).num_patients
    begun = time.perf_counter()
    for batch in batches:
        count += batch.num_patients
        if time.perf_counter() - begun > seconds:
            break
    spent = time.perf_counter() - begun
    return LoadingRow(
        num_workers=module.num_workers,
        batch_size=batch_size,
        patients_per_second=(count - first_count) / spent if count > first_count else count / (begun - start),
        start_seconds=begun - start,
    )
