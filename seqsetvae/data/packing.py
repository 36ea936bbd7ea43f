"""Builds the packed store: every patient's parquet file, scaled, clipped and appended to flat columns.

Files are read by several processes in chunks and appended in order, so that memory holds a few chunks and not a cohort.
The store is built in a directory of its own and renamed when it is whole: an interrupted build leaves nothing behind,
and where two processes build the same store at the same time, the first one's is used.
"""

import shutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsetvae.data.inventory import PatientFile
from seqsetvae.data.layout import Split
from seqsetvae.data.packed import EMBEDDINGS_FILE, PATIENT_IDS_FILE, SplitShape
from seqsetvae.data.parallel import available_cores, chunked, map_in_order
from seqsetvae.data.patient_file import read_patient
from seqsetvae.data.progress_lines import file_progress
from seqsetvae.data.tables import Scaling
from seqsetvae.errors import InputError
from seqsetvae.strict_json import encode

#: Raised whenever the columns or what is done to the values changes; part of the fingerprint.
FORMAT = 3

META_FILE = "meta.json"

#: About 0.1 s of reading: long against the cost of handing a chunk over.
FILES_PER_CHUNK = 128

#: Starting processes takes longer than reading this many files.
FILES_WORTH_PROCESSES = 1024

#: A build that was killed leaves its directory behind; none takes this long (seconds).
ABANDONED_AFTER = 24 * 3600

BUILDING_PREFIX = "building-"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackPlan:
    """What to pack.

    Attributes:
        splits: The files of every split, in the order they will have.
        labels: 0.0 or 1.0 by patient id.
        scaling: The variables and how their values are scaled.
        clip_value: Scaled values are clipped to ± this.
        embeddings: `[variables, dim]`, or None.
        stats_path: Named where a variable is not in it.
    """

    splits: Mapping[Split, Sequence[PatientFile]]
    labels: Mapping[str, float]
    scaling: Scaling
    clip_value: float
    embeddings: NDArray[np.float32] | None
    stats_path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PackChunk:
    """What one worker reads at a time."""

    paths: Sequence[Path]
    scaling: Scaling
    clip_value: float
    stats_path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedChunk:
    """The columns of some patients: sizes per set and sets per patient instead of offsets."""

    variable_id: NDArray[Any]
    value: NDArray[np.float32]
    set_sizes: NDArray[np.int64]
    minute: NDArray[np.float64]
    sets_per_patient: NDArray[np.int64]


def build_store(target: Path, plan: PackPlan, *, jobs: int | None = None) -> None:
    """Build the store at `target`; if another process was faster, leave that one's in place.

    Raises:
        InputError: a patient's file cannot be used.
        OSError: the place cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep_abandoned(target.parent)
    building = target.parent / f"{BUILDING_PREFIX}{uuid.uuid4().hex}"
    building.mkdir()
    try:
        files = sum(len(split) for split in plan.splits.values())
        if jobs is None:
            jobs = available_cores() if files >= FILES_WORTH_PROCESSES else 1
        with file_progress("Packing patients", files) as done:
            shapes = {
                split: _pack_split(building / split, members, plan, jobs=jobs, done=done)
                for split, members in plan.splits.items()
            }
        if plan.embeddings is not None:
            (building / EMBEDDINGS_FILE).write_bytes(plan.embeddings.astype("<f4").tobytes())
        _write_meta(building, plan, shapes)
        _publish(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _publish(building: Path, target: Path) -> None:
    try:
        building.rename(target)
    except OSError:
        # Renaming onto a directory with content fails: another process has published its store first.
        if not (target / META_FILE).is_file():
            raise


def discard_store(target: Path) -> None:
    """Take a damaged store out of the way; processes that still map it keep their pages."""
    discarded = target.parent / f"{BUILDING_PREFIX}{uuid.uuid4().hex}"
    try:
        target.rename(discarded)
    except FileNotFoundError:
        return
    shutil.rmtree(discarded, ignore_errors=True)


def _sweep_abandoned(directory: Path) -> None:
    for leftover in directory.glob(f"{BUILDING_PREFIX}*"):
        try:
            abandoned = time.time() - leftover.stat().st_mtime > ABANDONED_AFTER
        except FileNotFoundError:
            continue
        if abandoned:
            shutil.rmtree(leftover, ignore_errors=True)


def _pack_split(
    directory: Path, members: Sequence[PatientFile], plan: PackPlan, *, jobs: int, done: Callable[[int], None]
) -> SplitShape:
    directory.mkdir()
    chunks = pack_chunks(members, scaling=plan.scaling, clip_value=plan.clip_value, stats_path=plan.stats_path)
    with ColumnWriter(directory, variable_dtype=_variable_dtype(plan.scaling)) as writer:
        for packed in map_in_order(pack_chunk, chunks, jobs=jobs):
            writer.append(packed)
            done(packed.sets_per_patient.size)
        labels = np.array([plan.labels[member.patient_id] for member in members], dtype="<f4")
        (directory / "label.bin").write_bytes(labels.tobytes())
        (directory / PATIENT_IDS_FILE).write_bytes(encode([member.patient_id for member in members]))
        return writer.shape()


def pack_chunks(
    members: Sequence[PatientFile], *, scaling: Scaling, clip_value: float, stats_path: Path
) -> list[PackChunk]:
    """Share patients out among chunks, in order."""
    return [
        PackChunk(paths=[member.path for member in part], scaling=scaling, clip_value=clip_value, stats_path=stats_path)
        for part in chunked(members, FILES_PER_CHUNK)
    ]


def pack_chunk(chunk: PackChunk) -> PackedChunk:
    """Read, scale and clip the patients of one chunk; runs in a worker."""
    ids = {name: number for number, name in enumerate(chunk.scaling.variables)}
    dtype = _variable_dtype(chunk.scaling)
    patients = [read_patient(path) for path in chunk.paths]
    variable_ids: list[NDArray[Any]] = []
    values: list[NDArray[np.float32]] = []
    for path, patient in zip(chunk.paths, patients, strict=True):
        unknown = [name for name in patient.names if name not in ids]
        if unknown:
            raise InputError(
                "{path}: variable {name} is not in {table}; add its row there, or drop its events.",
                path=path, name=unknown[0], table=chunk.stats_path,
            )  # fmt: skip
        variable_id = np.array([ids[name] for name in patient.names])[patient.code]
        with np.errstate(over="ignore"):  # what is too large is clipped
            scaled = (patient.value - chunk.scaling.mean[variable_id]) / chunk.scaling.std[variable_id]
        variable_ids.append(variable_id.astype(dtype))
        values.append(np.clip(scaled, -chunk.clip_value, chunk.clip_value).astype(np.float32))
    return PackedChunk(
        variable_id=np.concatenate(variable_ids),
        value=np.concatenate(values),
        set_sizes=np.concatenate([patient.set_sizes for patient in patients]),
        minute=np.concatenate([patient.minute for patient in patients]),
        sets_per_patient=np.array([patient.set_sizes.size for patient in patients], dtype=np.int64),
    )


def _variable_dtype(scaling: Scaling) -> np.dtype[Any]:
    return np.dtype("<i2" if len(scaling.variables) <= np.iinfo(np.int16).max else "<i4")


class ColumnWriter:
    """Appends chunks to the files of one split; a context manager."""

    def __init__(self, directory: Path, *, variable_dtype: np.dtype[Any]) -> None:
        self._variable_dtype = variable_dtype
        self._patients = self._sets = self._events = 0
        self._stack = ExitStack()
        self._files = {
            name: self._stack.enter_context((directory / f"{name}.bin").open("wb"))
            for name in ("variable_id", "value", "set_offsets", "minute", "patient_offsets", "event_offsets")
        }
        self._write("set_offsets", np.zeros(1, dtype="<i8"))
        self._write("patient_offsets", np.zeros(1, dtype="<i8"))
        self._write("event_offsets", np.zeros(1, dtype="<i8"))

    def __enter__(self) -> "ColumnWriter":
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def append(self, chunk: PackedChunk) -> None:
        """Append the patients of `chunk`."""
        self._write("variable_id", chunk.variable_id)
        self._write("value", chunk.value.astype("<f4", copy=False))
        events = self._events + np.cumsum(chunk.set_sizes)
        sets = np.cumsum(chunk.sets_per_patient)
        self._write("set_offsets", events.astype("<i8", copy=False))
        self._write("minute", chunk.minute.astype("<f8", copy=False))
        self._write("patient_offsets", (self._sets + sets).astype("<i8", copy=False))
        self._write("event_offsets", events[sets - 1].astype("<i8", copy=False))
        self._patients += chunk.sets_per_patient.size
        self._sets += chunk.set_sizes.size
        self._events += chunk.value.size

    def shape(self) -> SplitShape:
        """Return how much was written."""
        return SplitShape(
            patients=self._patients, sets=self._sets, events=self._events, variable_dtype=self._variable_dtype.str
        )

    def _write(self, name: str, column: NDArray[Any]) -> None:
        self._files[name].write(column.tobytes())


def _write_meta(building: Path, plan: PackPlan, shapes: Mapping[Split, SplitShape]) -> None:
    content = {
        "format": FORMAT,
        "variables": plan.scaling.variables,
        "mean": plan.scaling.mean.tolist(),
        "std": plan.scaling.std.tolist(),
        "clip_value": plan.clip_value,
        "embedding_dim": None if plan.embeddings is None else plan.embeddings.shape[1],
        "splits": {split: asdict(shape) for split, shape in shapes.items()},
    }
    (building / META_FILE).write_bytes(encode(content))
