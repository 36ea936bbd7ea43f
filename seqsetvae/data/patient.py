"""One patient's sequence of sets, as the model's batch is made from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One patient's sets in time order.

    The arrays are read-only views of memory maps: copy before writing, and before `torch.from_numpy`.

    Attributes:
        variable_id: `[events]` int16 or int32, index into the cohort's `variables`.
        value: `[events]` float32, scaled to unit spread and clipped.
        set_offsets: `[sets + 1]` int64, set `s` holds the events `set_offsets[s]:set_offsets[s + 1]`.
        minute: `[sets]` float64, minutes since admission, never decreasing.
        label: 0.0 or 1.0.
        patient_id: The name of the patient's file.
    """

    variable_id: NDArray[np.int16] | NDArray[np.int32]
    value: NDArray[np.float32]
    set_offsets: NDArray[np.int64]
    minute: NDArray[np.float64]
    label: float
    patient_id: str
