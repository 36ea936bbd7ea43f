"""PhysioNet/Computing in Cardiology Challenge 2012: 48 hours of up to 12,000 ICU stays, as text files.

    RAW/set-a/132539.txt     Time,Parameter,Value     one line per event, HH:MM since admission
    RAW/Outcomes-a.txt       RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death

Silva et al. 2012, https://physionet.org/content/challenge-2012/1.0.0/

The static descriptors at 00:00 become events at minute 0, unless they are -1, which means unknown. RecordID names the
stay and is no event. A few lines of set-c have a value but no parameter: they are left out and counted.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

import numpy as np

from seqsetvae.data.data_files import data_files
from seqsetvae.data.layout import Split, variable_name
from seqsetvae.data.parallel import chunked
from seqsetvae.data.prepare.conversion import Conversion, run_conversion
from seqsetvae.data.prepare.conversion_report import PrepareReport
from seqsetvae.data.prepare.patient_events import ChunkSummary, PatientEvents, write_patients
from seqsetvae.data.prepare.physionet2012_sets import RECORD_ID, RecordSet, find_sets, read_outcomes
from seqsetvae.data.prepare.splitting import SplitPlan, assign_splits
from seqsetvae.data.prepare.staging import staged_output
from seqsetvae.errors import InputError
from seqsetvae.small_file import read_small_file

HEADER = "Time,Parameter,Value"
STATIC = frozenset({"Age", "Gender", "Height", "ICUType", "Weight"})
UNKNOWN = -1.0

#: About 0.1 s of work: long against the cost of handing a chunk over, short against the whole.
STAYS_PER_CHUNK = 128

#: Bytes; the stays of the challenge have at most some 30 KB.
LARGEST_STAY = 1 << 20

NO_PARAMETER = "lines without a parameter name"

#: Minute, parameter and value.
Line = tuple[int, str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One stay's file, and what is known about it from elsewhere."""

    path: Path
    split: Split
    label: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StayChunk:
    """What one worker converts at a time."""

    stage: Path
    stays: Sequence[Stay]


def prepare_physionet2012(
    raw_dirs: Sequence[Path], out_dir: Path, *, plan: SplitPlan, jobs: int, force: bool = False
) -> PrepareReport:
    """Convert all sets found in `raw_dirs` into one cohort in `out_dir`.

    Raises:
        InputError: a set or its outcomes are missing, a line is malformed, or `out_dir` is not to be written to.
    """
    sets = [record_set for raw_dir in raw_dirs for record_set in find_sets(raw_dir)]
    stays = _collect_stays(sets, plan)
    conversion = Conversion(
        source="physionet2012",
        options={
            "sets": [record_set.directory.name for record_set in sets],
            "seed": plan.seed,
            "split": list(plan.shares),
        },
        sources=len(stays),
        jobs=jobs,
    )
    with staged_output(out_dir, force=force) as stage:
        chunks = [StayChunk(stage=stage, stays=part) for part in chunked(stays, STAYS_PER_CHUNK)]
        return run_conversion(stage, convert_chunk, chunks, conversion)


def _collect_stays(sets: Sequence[RecordSet], plan: SplitPlan) -> list[Stay]:
    """List the stays of all sets by id, with label and split."""
    paths: dict[str, Path] = {}
    labels: dict[str, int] = {}
    for record_set in sets:
        outcomes = read_outcomes(record_set.outcomes)
        texts = (path for path, _ in data_files(record_set.directory, ".txt"))
        found = sorted(path for path in texts if not path.name.startswith("Outcomes"))
        if not found:
            raise InputError(
                "{path} holds no <RecordID>.txt files; name the directory of a set.", path=record_set.directory
            )
        lacking = [path.stem for path in found if path.stem not in outcomes]
        if lacking:
            raise InputError(
                "{path} lacks {count} of the {total} stays in {directory} (the first: {ids}); use the "
                "outcomes that belong to this set.",
                path=record_set.outcomes, count=len(lacking), total=len(found), directory=record_set.directory,
                ids=", ".join(lacking[:3]),
            )  # fmt: skip
        for path in found:
            if path.stem in paths:
                raise InputError(
                    "Stay {id} is in {one} and in {other}; give it once.",
                    id=path.stem, one=paths[path.stem].parent, other=path.parent,
                )  # fmt: skip
            paths[path.stem] = path
            labels[path.stem] = outcomes[path.stem]
    # A stay without events is left out; were it drawn for a split, the split would lack it.
    splits = assign_splits({stay: label for stay, label in labels.items() if has_events(paths[stay])}, plan)
    return [Stay(path=paths[stay], split=splits.get(stay, "train"), label=labels[stay]) for stay in sorted(paths)]


def convert_chunk(chunk: StayChunk) -> ChunkSummary:
    """Read and write the stays of one chunk; runs in a worker."""
    unnamed = 0

    def read_all() -> Iterator[PatientEvents]:
        nonlocal unnamed
        for stay in chunk.stays:
            patient, skipped = read_stay(stay)
            unnamed += skipped
            yield patient

    summary = write_patients(chunk.stage, read_all())
    summary.files = len(chunk.stays)
    if unnamed:
        summary.note(NO_PARAMETER, unnamed)
    return summary


def read_stay(stay: Stay) -> tuple[PatientEvents, int]:
    """Read one stay: its events sorted by minute, and how many lines had no parameter name.

    Raises:
        InputError: naming the file and the line that is malformed.
    """
    lines = list(_parsed_lines(stay.path))
    unnamed = sum(not name for _, name, _ in lines)
    events = [line for line in lines if _is_event(line)]
    events.sort(key=itemgetter(0))
    return PatientEvents(
        patient_id=stay.path.stem,
        split=stay.split,
        label=stay.label,
        variable=[name for _, name, _ in events],
        value=np.array([value for _, _, value in events], dtype=np.float64),
        minute=np.array([minute for minute, _, _ in events], dtype=np.float64),
    ), unnamed


def has_events(path: Path) -> bool:
    """Return whether a stay has an event; reading ends at the first.

    Raises:
        InputError: a line before it is malformed.
    """
    return any(map(_is_event, _parsed_lines(path)))


def _is_event(line: Line) -> bool:
    _, name, value = line
    return bool(name) and name != RECORD_ID and (value != UNKNOWN or name not in STATIC)


def _parsed_lines(path: Path) -> Iterator[Line]:
    lines = _read_text(path).splitlines()
    if not lines or lines[0].strip() != HEADER:
        raise InputError(
            "{path}:1: the first line must be {header}; is this a file of the challenge?", path=path, header=HEADER
        )
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            yield _parse_line(path, number, line)


def _read_text(path: Path) -> str:
    try:
        return read_small_file(path, LARGEST_STAY).decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise InputError(
            "{path} cannot be read ({reason}); restore the file of the stay.", path=path, reason=error.strerror
        ) from error


def _parse_line(path: Path, number: int, line: str) -> Line:
    """Return minute, parameter and value of a line; a RecordID must be that of the file."""
    try:
        time, name, text = line.split(",")
        minute, name, value = parse_minute(time), variable_name(name), math.nan if "_" in text else float(text)
    except ValueError as error:
        raise _malformed(path, number, line) from error
    if not math.isfinite(value):
        raise _malformed(path, number, line)
    if name == RECORD_ID and text.strip() != path.stem:
        raise InputError(
            "{path}:{line}: RecordID is {value}, but the file is named after another stay.",
            path=path, line=number, value=text,
        )  # fmt: skip
    return minute, name, value


@lru_cache(maxsize=4096)
def parse_minute(time: str) -> int:
    """Return the minutes of `HH:MM`.

    Raises:
        ValueError: it is not of that form.
    """
    hours, _, minutes = time.partition(":")
    if not (hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit()):
        raise ValueError(f"{time!r} is not HH:MM")
    if len(minutes) != 2 or int(minutes) > 59:
        raise ValueError(f"{time!r} is not HH:MM")
    return int(hours) * 60 + int(minutes)


def _malformed(path: Path, number: int, line: str) -> InputError:
    return InputError(
        "{path}:{number}: {line!r} is not HH:MM,name,number; correct or remove the line.",
        path=path,
        number=number,
        line=line,
    )
