"""One split of the packed store: flat, memory-mapped columns, so that a patient is a slice and not a parse.

The columns of a split with P patients, S sets and E events are raw little-endian files:

- `variable_id.bin` int16 or int32 `[E]`, `value.bin` float32 `[E]`
- `set_offsets.bin` int64 `[S + 1]`, into the events; `minute.bin` float64 `[S]`
- `patient_offsets.bin` int64 `[P + 1]`, into the sets; `event_offsets.bin` int64 `[P + 1]`, into the events, so that
  opening reads nothing that is as long as the sets; `label.bin` float32 `[P]`
- `patient_ids.json`, a list of P strings

Raw files, and not `.npy`, because they are written as a stream whose length is not known when it starts; their
lengths stand in the store's `meta.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsetvae.data.patient import Patient
from seqsetvae.errors import InputError
from seqsetvae.strict_json import decode

PATIENT_IDS_FILE = "patient_ids.json"
EMBEDDINGS_FILE = "embeddings.bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitShape:
    """How long the columns of one split are, and how wide a variable id is."""

    patients: int
    sets: int
    events: int
    variable_dtype: str

    def columns(self) -> dict[str, tuple[np.dtype[Any], int]]:
        """Return dtype and length of every column, by name."""
        return {
            "variable_id": (np.dtype(self.variable_dtype), self.events),
            "value": (np.dtype("<f4"), self.events),
            "set_offsets": (np.dtype("<i8"), self.sets + 1),
            "minute": (np.dtype("<f8"), self.sets),
            "patient_offsets": (np.dtype("<i8"), self.patients + 1),
            "event_offsets": (np.dtype("<i8"), self.patients + 1),
            "label": (np.dtype("<f4"), self.patients),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSource:
    """All that is needed to open a split; this is what a data loader's worker receives."""

    directory: Path
    name: str
    shape: SplitShape
    variables: tuple[str, ...] = field(repr=False)
    embedding_dim: int | None
    max_sequence_length: int | None


def map_column(path: Path, dtype: np.dtype[Any], length: int) -> NDArray[Any]:
    """Map a raw column read-only; slicing a plain array view is much cheaper than slicing `np.memmap`.

    Raises:
        OSError, ValueError: the file is missing or shorter than `length`.
    """
    return np.memmap(path, dtype=dtype, mode="r", shape=(length,)).view(np.ndarray)


class PackedSplit:
    """The patients of one split, by index; cheap to pickle, since each process opens the maps itself.

    With `max_sequence_length`, a patient keeps the most recent whole sets that together hold at most that many
    events; where the very last set alone is larger, its first `max_sequence_length` events are kept.
    """

    def __init__(self, source: SplitSource) -> None:
        self._source = source
        self._open()

    def _open(self) -> None:
        columns = self._source.shape.columns()
        directory = self._source.directory
        arrays = {name: map_column(directory / f"{name}.bin", *spec) for name, spec in columns.items()}
        self._variable_id = arrays["variable_id"]
        self._value = arrays["value"]
        self._set_offsets = arrays["set_offsets"]
        self._minute = arrays["minute"]
        self._label = arrays["label"]
        self._ids: list[str] = decode((directory / PATIENT_IDS_FILE).read_bytes())
        patient_offsets, event_offsets = arrays["patient_offsets"], arrays["event_offsets"]
        self._check_offsets(patient_offsets, event_offsets)
        self._last_set: NDArray[np.int64] = patient_offsets[1:]
        self._first_set: NDArray[np.int64] = patient_offsets[:-1]
        self._first_event: NDArray[np.int64] = event_offsets[:-1]
        self._last_event: NDArray[np.int64] = event_offsets[1:]
        if self._source.max_sequence_length is not None:
            self._keep_recent(self._source.max_sequence_length)

    def _check_offsets(self, patient_offsets: NDArray[np.int64], event_offsets: NDArray[np.int64]) -> None:
        """Refuse a store whose files do not belong together; what is within a patient is checked when it is read."""
        shape = self._source.shape
        whole = (
            len(self._ids) == shape.patients
            and (patient_offsets[0], patient_offsets[-1]) == (0, shape.sets)
            and (event_offsets[0], event_offsets[-1]) == (0, shape.events)
            and (self._set_offsets[0], self._set_offsets[-1]) == (0, shape.events)
            and bool((np.diff(patient_offsets) > 0).all())
            and bool((np.diff(event_offsets) > 0).all())
        )
        if not whole:
            raise ValueError(f"the offsets of {self._source.directory} do not fit its other columns")

    def _keep_recent(self, limit: int) -> None:
        """Keep at most `limit` events of each patient."""
        fitting = np.searchsorted(self._set_offsets, self._last_event - limit, side="left")
        self._first_set = np.minimum(np.maximum(self._first_set, fitting), self._last_set - 1)
        self._first_event = self._set_offsets[self._first_set]
        self._last_event = np.minimum(self._last_event, self._first_event + limit)

    def __getstate__(self) -> SplitSource:
        return self._source

    def __setstate__(self, source: SplitSource) -> None:
        self._source = source
        self._open()

    def __len__(self) -> int:
        return self._source.shape.patients

    def __getitem__(self, index: int) -> Patient:
        """Return the patient at `index`; its arrays are views of the maps, except `set_offsets`, which is rebased.

        Raises:
            InputError: the store is damaged.
        """
        first, last = int(self._first_set[index]), int(self._last_set[index])
        start, stop = int(self._first_event[index]), int(self._last_event[index])
        offsets = self._set_offsets[first : last + 1] - start
        offsets[-1] = stop - start
        if offsets[0] or not (offsets[1:] > offsets[:-1]).all():
            raise InputError(
                "The packed store {path} is damaged; remove it, and the next start packs the data again.",
                path=self._source.directory.parent,
            )
        return Patient(
            variable_id=self._variable_id[start:stop],
            value=self._value[start:stop],
            set_offsets=offsets,
            minute=self._minute[first:last],
            label=float(self._label[index]),
            patient_id=self._ids[index],
        )

    def __repr__(self) -> str:
        return f"PackedSplit({self.name}: {len(self)} patients, {self.num_sets} sets, {self.num_events} events)"

    @property
    def name(self) -> str:
        """`train`, `valid` or `test`."""
        return self._source.name

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables' names in the order of their ids."""
        return self._source.variables

    @property
    def embeddings(self) -> NDArray[np.float32] | None:
        """`[variables, dim]` float32, mapped from the store; None where they are to be learned."""
        dim = self._source.embedding_dim
        if dim is None:
            return None
        path = self._source.directory.parent / EMBEDDINGS_FILE
        flat: NDArray[np.float32] = map_column(path, np.dtype("<f4"), len(self.variables) * dim)
        return flat.reshape(len(self.variables), dim)

    @property
    def patient_ids(self) -> tuple[str, ...]:
        """The patients' ids in the order of their indices."""
        return tuple(self._ids)

    @property
    def labels(self) -> NDArray[np.float32]:
        """`[patients]` float32 of 0 and 1."""
        return self._label

    @property
    def set_counts(self) -> NDArray[np.int64]:
        """`[patients]` sets per patient, after `max_sequence_length`."""
        counts: NDArray[np.int64] = self._last_set - self._first_set
        return counts

    @property
    def event_counts(self) -> NDArray[np.int64]:
        """`[patients]` events per patient, after `max_sequence_length`."""
        counts: NDArray[np.int64] = self._last_event - self._first_event
        return counts

    @property
    def num_sets(self) -> int:
        """All patients' sets, after `max_sequence_length`."""
        return int(self.set_counts.sum())

    @property
    def num_events(self) -> int:
        """All patients' events, after `max_sequence_length`."""
        return int(self.event_counts.sum())


def shape_from_meta(meta: Mapping[str, Any]) -> SplitShape:
    """Read a split's shape back from the store's `meta.json`.

    Raises:
        KeyError, TypeError, ValueError: the record is not one that `SplitShape` made.
    """
    counts = {name: int(meta[name]) for name in ("patients", "sets", "events")}
    return SplitShape(**counts, variable_dtype=str(meta["variable_dtype"]))
