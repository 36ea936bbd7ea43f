"""The files of a data directory, checked without opening the patients.

Wrong names, splits and labels are found here within a second, before anything is parsed.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from seqsetvae.data import layout
from seqsetvae.data.data_files import data_files
from seqsetvae.data.layout import SPLITS, Split
from seqsetvae.data.tables import normalise_id
from seqsetvae.errors import InputError

SUFFIX = ".parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientFile:
    """One patient's file; there are hundreds of thousands, so it holds no more than it must.

    Attributes:
        directory: Of the split, shared by all its files.
        name: With its suffix.
        state: Changes with its size and the times of its last writing and change of state.
        changed_ns: The later of these times.
    """

    directory: Path
    name: str
    state: bytes
    changed_ns: int

    @property
    def patient_id(self) -> str:
        """The id, as labels spell it."""
        return normalise_id(self.name[: -len(SUFFIX)])

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.directory / self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The paths that a cohort is read from; `embeddings` is None where they are to be learned."""

    data_dir: Path
    stats: Path
    labels: Path
    embeddings: Path | None


def resolve_inputs(
    data_dir: str | Path,
    *,
    params_map_path: str | Path | None,
    label_path: str | Path | None,
    cached_path: str | Path | None,
) -> Inputs:
    """Fill in the default paths.

    Raises:
        InputError: the data directory, or a table that was named, does not exist.
    """
    root = Path(data_dir)
    if not root.is_dir():
        raise InputError(
            "There is no directory {path}; set --data_dir to the one that holds {name}/.",
            path=root, name=layout.PATIENTS,
        )  # fmt: skip
    if not (root / layout.PATIENTS).is_dir() and root.absolute().name == layout.PATIENTS:
        root = root.absolute().parent  # the original was given the directory of the patients
    if not (root / layout.PATIENTS).is_dir():
        raise InputError(
            "{path} holds no {name}/ directory; set --data_dir to the one that does, or make one "
            "with seqsetvae-prepare.",
            path=root, name=layout.PATIENTS,
        )  # fmt: skip
    default = root / layout.EMBEDDINGS
    # A link that leads nowhere is a table that is missing, and not none.
    embeddings = Path(cached_path) if cached_path is not None else default if os.path.lexists(default) else None
    return Inputs(
        data_dir=root,
        stats=_table(params_map_path, root / layout.STATS, "--params_map_path"),
        labels=_table(label_path, root / layout.LABELS, "--label_path"),
        embeddings=None if embeddings is None else _table(embeddings, default, "--cached_path"),
    )


def _table(given: str | Path | None, default: Path, flag: str) -> Path:
    path = default if given is None else Path(given)
    if not path.is_file():
        raise InputError("There is no file {path}; create it, or name another one with {flag}.", path=path, flag=flag)
    return path


def list_patients(data_dir: Path) -> dict[Split, list[PatientFile]]:
    """List the patients of every split, sorted by id.

    Raises:
        InputError: a split is missing or empty, or a patient is in it twice, or in two of them.
    """
    splits = {split: _list_split(data_dir, split) for split in SPLITS}
    split_of: dict[str, Split] = {}
    shared: list[tuple[str, Split, Split]] = []
    for split, files in splits.items():
        for patient_id in (file.patient_id for file in files):
            if patient_id in split_of:
                shared.append((patient_id, split_of[patient_id], split))
            split_of.setdefault(patient_id, split)
    if shared:
        patient_id, one, other = shared[0]
        raise InputError(
            "{count} patients under {path} are in more than one split (the first: {id}, in {one} and "
            "{other}), so that tests would leak; keep each in one split.",
            count=len(shared), path=data_dir / layout.PATIENTS, id=patient_id, one=one, other=other,
        )  # fmt: skip
    return splits


def _list_split(data_dir: Path, split: Split) -> list[PatientFile]:
    directory = layout.split_directory(data_dir, split)
    if not directory.is_dir():
        raise InputError(
            "There is no directory {path}; a cohort needs the splits {names}.", path=directory, names=", ".join(SPLITS)
        )
    files = [_patient_file(directory, path.name, status) for path, status in data_files(directory, SUFFIX)]
    files.sort(key=lambda file: (file.patient_id, file.name))
    for one, other in pairwise(files):
        if one.patient_id == other.patient_id:
            raise InputError(
                "Patient {id} has two files, {one} and {other}; remove one.",
                id=one.patient_id, one=one.path, other=other.path,
            )  # fmt: skip
    if not files:
        raise InputError(
            "{path} holds no <id>{suffix} files; put the patients of the {split} split there.",
            path=directory, suffix=SUFFIX, split=split,
        )  # fmt: skip
    return files


def _patient_file(directory: Path, name: str, status: os.stat_result) -> PatientFile:
    described = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
    return PatientFile(
        directory=directory,
        name=name,
        state=hashlib.blake2b(described.encode(), digest_size=16).digest(),
        changed_ns=max(status.st_mtime_ns, status.st_ctime_ns),
    )


def keep_labelled(
    splits: Mapping[Split, Sequence[PatientFile]],
    labels: Mapping[str, float],
    label_path: Path,
    *,
    drop_missing: bool,
) -> dict[Split, list[PatientFile]]:
    """Return the patients that have a label.

    Raises:
        InputError: one has none and `drop_missing` is False, or a split would be empty without those.
    """
    lacking = [file.patient_id for files in splits.values() for file in files if file.patient_id not in labels]
    if lacking and not drop_missing:
        total = sum(len(files) for files in splits.values())
        raise InputError(
            "{path} has no label for {count} of {total} patients (the first: {ids}); add them, or "
            "leave these patients out with --missing_label drop.",
            path=label_path, count=len(lacking), total=total, ids=", ".join(lacking[:3]),
        )  # fmt: skip
    kept = {split: [file for file in files if file.patient_id in labels] for split, files in splits.items()}
    for split, files in kept.items():
        if not files:
            raise InputError(
                "{path} has no label for any patient of the {split} split; are these the same ids?",
                path=label_path, split=split,
            )  # fmt: skip
    return kept
