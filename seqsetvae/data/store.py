"""The cohort as training sees it: three packed splits that share one list of variables.

    cohort = open_cohort("data/p12")
    patient = cohort.train[0]

The first call packs the parquet files (see `packing`); later calls map what was packed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqsetvae.data.packed import PackedSplit
from seqsetvae.data.patient import Patient

__all__ = ["DEFAULT_CLIP_VALUE", "Cohort", "MissingLabel", "PackedSplit", "Patient", "open_cohort"]

MissingLabel = Literal["error", "drop"]

DEFAULT_CLIP_VALUE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Three splits and what they share.

    Attributes:
        variables: names in the order of their ids, as in stats.csv.
        embeddings: `[variables, dim]` float32 from cached.csv, or None where they are to be learned.
        mean, std: `[variables]` float64, the location and scale that values were scaled with.
        clip_value: scaled values lie within ± this.
        store: the directory of the packed store.
    """

    train: PackedSplit
    valid: PackedSplit
    test: PackedSplit
    variables: tuple[str, ...]
    embeddings: NDArray[np.float32] | None
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    clip_value: float
    store: Path


def open_cohort(
    data_dir: str | Path,
    *,
    params_map_path: str | Path | None = None,
    label_path: str | Path | None = None,
    cached_path: str | Path | None = None,
    clip_value: float = DEFAULT_CLIP_VALUE,
    missing_label: MissingLabel = "error",
    max_sequence_length: int | None = None,
    jobs: int | None = None,
) -> Cohort:
    """Check and pack the cohort in `data_dir` where that is not done yet, then open it.

    Args:
        data_dir: the directory that holds `patient_ehr/{train,valid,test}/<id>.parquet`.
        params_map_path: variable, mean, std; `data_dir/stats.csv` unless given.
        label_path: ts_id, in_hospital_mortality; `data_dir/oc.csv` unless given.
        cached_path: Key and one column per dimension; `data_dir/cached.csv`, where there is one, unless given.
        clip_value: scaled values are clipped to ± this.
        missing_label: what to do about a patient without a label.
        max_sequence_length: keep at most this many events of a patient (see `PackedSplit`); None keeps all.
        jobs: processes that read parquet; as many as there are cores unless given.

    Raises:
        InputError: the input cannot be used; the message names the file, the value and the fix.
    """
    raise NotImplementedError
