"""The cohort as training sees it: three packed splits that share one list of variables.

    cohort = open_cohort("data/p12")
    patient = cohort.train[0]

The first call packs the parquet files (see `packing`); later calls map what was packed.
"""

import errno
import hashlib
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from seqsetvae.data.data_settings import DEFAULT_CLIP_VALUE, DataSettings, MissingLabel
from seqsetvae.data.file_contents import patients_digest, table_digest
from seqsetvae.data.inventory import Inputs, PatientFile, keep_labelled, list_patients, resolve_inputs
from seqsetvae.data.layout import SPLITS, Split
from seqsetvae.data.locking import exclusive
from seqsetvae.data.packed import PackedSplit, SplitSource, shape_from_meta
from seqsetvae.data.packing import FORMAT, META_FILE, PackPlan, build_store, discard_store
from seqsetvae.data.patient import Patient
from seqsetvae.data.tables import read_embeddings, read_labels, read_scaling
from seqsetvae.disk_errors import disk_error
from seqsetvae.errors import InputError
from seqsetvae.strict_json import decode, encode

__all__ = ["Cohort", "PackedSplit", "Patient", "open_cohort"]

STORE_DIRECTORY = ".seqsetvae"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Three splits and what they share.

    Attributes:
        variables: Names in the order of their ids, as in stats.csv.
        embeddings: `[variables, dim]` float32 from cached.csv, or None where they are to be learned.
        mean, std: `[variables]` float64, the location and scale that values were scaled with.
        clip_value: Scaled values lie within ± this.
        store: The directory of the packed store.
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
        data_dir: The directory that holds `patient_ehr/{train,valid,test}/<id>.parquet`.
        params_map_path: Columns variable, mean, std; `data_dir/stats.csv` unless given.
        label_path: Columns ts_id, in_hospital_mortality; `data_dir/oc.csv` unless given.
        cached_path: Columns Key and one column per dimension; `data_dir/cached.csv`, where there is one, unless given.
        clip_value: Scaled values are clipped to ± this.
        missing_label: What to do about a patient without a label.
        max_sequence_length: Keep at most this many events of a patient (see `PackedSplit`); None keeps all.
        jobs: Processes that read parquet; as many as there are cores unless given.

    Raises:
        InputError: the input cannot be used; the message names the file, the value and the fix.
    """
    DataSettings(  # checks their ranges
        data_dir=str(data_dir),
        clip_value=clip_value,
        missing_label=missing_label,
        max_sequence_length=max_sequence_length,
    )
    inputs = resolve_inputs(data_dir, params_map_path=params_map_path, label_path=label_path, cached_path=cached_path)
    files = list_patients(inputs.data_dir)
    directories = _directories(inputs.data_dir)
    options = {"clip_value": float(clip_value), "missing_label": missing_label}
    key = _fingerprint(inputs, options, patients=patients_digest(files, directories))
    places = [directory / key for directory in directories]
    for store in places:
        if (cohort := _open_store(store, max_sequence_length)) is not None:
            return cohort
    plan = _plan(inputs, files, clip_value=clip_value, missing_label=missing_label)
    store = _build_somewhere(places, plan, jobs=jobs)
    cohort = _open_store(store, max_sequence_length)
    if cohort is None:
        raise InputError("The packed store {path} cannot be read after it was written; check the disk.", path=store)
    return cohort


def _plan(
    inputs: Inputs, files: Mapping[Split, Sequence[PatientFile]], *, clip_value: float, missing_label: MissingLabel
) -> PackPlan:
    """Read and check the tables."""
    scaling = read_scaling(inputs.stats)
    labels = read_labels(inputs.labels)
    embeddings = read_embeddings(inputs.embeddings, scaling.variables) if inputs.embeddings else None
    kept = keep_labelled(files, labels, inputs.labels, drop_missing=missing_label == "drop")
    dropped = sum(len(files[split]) - len(kept[split]) for split in SPLITS)
    if dropped:
        logger.warning("%d patients have no label in %s and are left out.", dropped, inputs.labels)
    return PackPlan(
        splits=kept,
        labels=labels,
        scaling=scaling,
        clip_value=clip_value,
        embeddings=embeddings,
        stats_path=inputs.stats,
    )


def _directories(data_dir: Path) -> list[Path]:
    """Return where stores belong, and where they go if the data cannot be written to."""
    origin = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:8]
    directories = [data_dir / STORE_DIRECTORY]
    with suppress(RuntimeError):  # there is no home directory
        directories.append(user_cache_path("seqsetvae", appauthor=False) / origin)
    return directories


def _fingerprint(inputs: Inputs, options: Mapping[str, object], *, patients: str) -> str:
    """Return 16 hex digits that change with what any file holds, and with the options."""
    tables = (inputs.stats, inputs.labels, inputs.embeddings)
    digests = [None if path is None else table_digest(path) for path in tables]
    content = {"format": FORMAT, **options, "tables": digests, "patients": patients}
    return hashlib.sha256(encode(content)).hexdigest()[:16]


def _build_somewhere(places: Sequence[Path], plan: PackPlan, *, jobs: int | None) -> Path:
    for place, following in zip(places, [*places[1:], None], strict=True):
        try:
            _build_once(place, plan, jobs=jobs)
        except OSError as error:
            if following is None or error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise disk_error(error, place.parent) from error
            logger.warning("%s cannot be written to; the packed store goes to %s.", place.parent.parent, following)
        else:
            return place
    raise AssertionError("there is at least one place")


def _build_once(store: Path, plan: PackPlan, *, jobs: int | None) -> None:
    """Build the store, unless another process does so while we wait for it."""
    with exclusive(store.parent):
        if _open_store(store, None) is None:
            discard_store(store)
            build_store(store, plan, jobs=jobs)


def _open_store(store: Path, max_sequence_length: int | None) -> Cohort | None:
    """Open a store; None where there is none, or where it is damaged."""
    try:
        meta = decode((store / META_FILE).read_bytes())
        dim = meta["embedding_dim"]
        train, valid, test = (
            PackedSplit(
                SplitSource(
                    directory=store / split,
                    name=split,
                    shape=shape_from_meta(meta["splits"][split]),
                    variables=tuple(meta["variables"]),
                    embedding_dim=None if dim is None else int(dim),
                    max_sequence_length=max_sequence_length,
                )
            )
            for split in SPLITS
        )
        return Cohort(
            train=train,
            valid=valid,
            test=test,
            variables=train.variables,
            embeddings=train.embeddings,
            mean=np.array(meta["mean"]),
            std=np.array(meta["std"]),
            clip_value=float(meta["clip_value"]),
            store=store,
        )
    except FileNotFoundError:
        if store.exists():
            logger.warning("The packed store %s is incomplete; it is built again.", store)
        return None
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        logger.warning("The packed store %s is damaged (%s); it is built again.", store, error)
        return None
