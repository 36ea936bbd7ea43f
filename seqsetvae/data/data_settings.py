"""The settings of what is read and how it is batched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from seqsetvae.i18n.message import Message
from seqsetvae.setting import NOT_NEGATIVE, POSITIVE, AllowedRange, at_least, check_ranges, one_of, required, setting

MissingLabel = Literal["error", "drop"]

#: On the PhysioNet 2012 stays, robustly scaled, 5 leaves 99.6 % of all values as they are and at least 97.8 % of each
#: variable's; what lies beyond is a tenth typing errors and otherwise extreme in any case.
DEFAULT_CLIP_VALUE = 5.0

AT_LEAST_ONE_OR_NONE = AllowedRange(Message("must be at least 1, or none"), lambda value: value is None or value >= 1)


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Where the patients are, and how they are batched; each is a flag of training.

    Raises:
        InputError: a value is out of its range.
    """

    data_dir: str = required("directory with patient_ehr/, stats.csv, oc.csv and, optionally, cached.csv", path=True)
    params_map_path: str | None = setting(
        None, "table variable,mean,std that values are scaled with; DATA_DIR/stats.csv by default", path=True
    )
    label_path: str | None = setting(None, "table ts_id,in_hospital_mortality; DATA_DIR/oc.csv by default", path=True)
    missing_label: MissingLabel = setting(
        "error", "what to do with a patient without a label", allowed=one_of(*get_args(MissingLabel))
    )
    clip_value: float = setting(
        DEFAULT_CLIP_VALUE, "scaled values are clipped to this many standard deviations, which tames typing errors",
        allowed=POSITIVE,
    )  # fmt: skip
    batch_size: int = setting(4, "patients per device and step", allowed=at_least(1))
    max_sequence_length: int | None = setting(
        1000, "events per patient at most, the most recent sets are kept; none = unlimited",
        allowed=AT_LEAST_ONE_OR_NONE,
    )  # fmt: skip
    use_dynamic_padding: bool = setting(
        True, "pad histories to the longest of the batch; false pads to the longest of the split, for fixed shapes"
    )
    num_workers: int = setting(
        8, "processes that prepare batches, never more than the machine has cores", allowed=NOT_NEGATIVE
    )
    pin_memory: bool = setting(True, "hand batches over in page-locked memory, where there is a CUDA device")

    def __post_init__(self) -> None:
        check_ranges(self)
