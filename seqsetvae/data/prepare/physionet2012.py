"""PhysioNet/Computing in Cardiology Challenge 2012: 48 hours of up to 12,000 ICU stays, as text files.

    RAW/set-a/132539.txt     Time,Parameter,Value     one line per event, HH:MM since admission
    RAW/Outcomes-a.txt       RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death

Silva et al. 2012, https://physionet.org/content/challenge-2012/1.0.0/

The static descriptors at 00:00 become events at minute 0, unless they are -1, which means unknown. RecordID names the
stay and is no event. A few lines of set-c have a value but no parameter: they are left out and counted.
"""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

import numpy as np

from seqsetvae.data.layout import Split, variable_name
from seqsetvae.data.parallel import chunked
from seqsetvae.data.prepare.conversion import Conversion, run_conversion
from seqsetvae.data.prepare.conversion_report import PrepareReport
from seqsetvae.data.prepare.patient_events import ChunkSummary, PatientEvents, write_patients
from seqsetvae.data.prepare.splitting import SplitPlan, assign_splits
from seqsetvae.data.prepare.staging import staged_output
from seqsetvae.data.tables import table_lines
from seqsetvae.errors import InputError
from seqsetvae.small_file import read_small_file

HEADER = "Time,Parameter,Value"
RECORD_ID = "RecordID"
OUTCOME = "In-hospital_death"
STATIC = frozenset({"Age", "Gender", "Height", "ICUType", "Weight"})
UNKNOWN = -1.0

#: About 0.1 s of work: long against the cost of handing a chunk over, short against the whole.
STAYS_PER_CHUNK = 128

#: Bytes; the stays of the challenge have at most some 30 KB.
LARGEST_STAY = 1 << 20

NO_PARAMETER = "lines without a parameter name"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSet:
    """One set of stays and the table of their outcomes."""

    directory: Path
    outcomes: Path


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


def find_sets(raw_dir: Path) -> list[RecordSet]:
    """Find the sets in `raw_dir`: set directories below it, or `raw_dir` itself being one.

    Raises:
        InputError: there is no set, or no table of outcomes inside or beside it.
    """
    if not raw_dir.is_dir():
        raise InputError(
            "There is no directory {path}; name the one that holds set-a/ and Outcomes-a.txt.", path=raw_dir
        )
    directories = sorted(path for path in raw_dir.glob("set-*") if path.is_dir()) or [raw_dir]
    return [RecordSet(directory=directory, outcomes=_find_outcomes(directory)) for directory in directories]


def _find_outcomes(directory: Path) -> Path:
    """Return the outcomes of a set: named after it, beside or inside it; a set by another name has but one table."""
    places = (directory, directory.resolve().parent)
    letter = directory.resolve().name.removeprefix("set-")
    for place in places:
        if (path := place / f"Outcomes-{letter}.txt").is_file():
            return path
    for place in places:
        if len(tables := sorted(place.glob("Outcomes*.txt"))) == 1:
            return tables[0]
    raise InputError(
        "There is no Outcomes-{letter}.txt inside or beside {path}; put the outcomes of the set there.",
        letter=letter, path=directory,
    )  # fmt: skip


def _collect_stays(sets: Sequence[RecordSet], plan: SplitPlan) -> list[Stay]:
    """List the stays of all sets by id, with label and split."""
    paths: dict[str, Path] = {}
    labels: dict[str, int] = {}
    for record_set in sets:
        outcomes = read_outcomes(record_set.outcomes)
        found = sorted(path for path in record_set.directory.glob("*.txt") if not path.name.startswith("Outcomes"))
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
    splits = assign_splits(labels, plan)
    return [Stay(path=paths[stay], split=splits[stay], label=labels[stay]) for stay in sorted(paths)]


def read_outcomes(path: Path) -> dict[str, int]:
    """Read in-hospital death (0 or 1) by RecordID.

    Raises:
        InputError: a column is missing, a value is not 0 or 1, or a stay comes twice.
    """
    outcomes: dict[str, int] = {}
    with table_lines(path) as lines:
        rows = csv.DictReader(lines)
        for column in (RECORD_ID, OUTCOME):
            if column not in (rows.fieldnames or ()):
                raise InputError(
                    "{path} has no column {name}; it must be an Outcomes file of the challenge.", path=path, name=column
                )
        for row in rows:
            stay, outcome = (row[RECORD_ID] or "").strip(), (row[OUTCOME] or "").strip()
            if outcome not in ("0", "1"):
                raise InputError(
                    "{path}:{line}: {name} is {value!r}, but must be 0 or 1.",
                    path=path, line=rows.line_num, name=OUTCOME, value=outcome,
                )  # fmt: skip
            if stay in outcomes:
                raise InputError(
                    "{path}:{line}: stay {id} comes a second time; remove one of the lines.",
                    path=path, line=rows.line_num, id=stay,
                )  # fmt: skip
            outcomes[stay] = int(outcome)
    return outcomes


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
    lines = read_small_file(stay.path, LARGEST_STAY).decode(errors="replace").splitlines()
    if not lines or lines[0].strip() != HEADER:
        raise InputError(
            "{path}:1: the first line must be {header}; is this a file of the challenge?", path=stay.path, header=HEADER
        )
    events: list[tuple[int, str, float]] = []
    unnamed = 0
    for number, line in enumerate(lines[1:], start=2):
        minute, name, value = _parse_line(stay.path, number, line)
        if name == RECORD_ID:
            continue
        if not name:
            unnamed += 1
        elif value != UNKNOWN or name not in STATIC:
            events.append((minute, name, value))
    events.sort(key=itemgetter(0))
    return PatientEvents(
        patient_id=stay.path.stem,
        split=stay.split,
        label=stay.label,
        variable=[name for _, name, _ in events],
        value=np.array([value for _, _, value in events], dtype=np.float64),
        minute=np.array([minute for minute, _, _ in events], dtype=np.float64),
    ), unnamed


def _parse_line(path: Path, number: int, line: str) -> tuple[int, str, float]:
    """Return minute, parameter and value of a line; a RecordID must be that of the file."""
    try:
        time, name, text = line.split(",")
        minute, name, value = parse_minute(time), variable_name(name), float(text)
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
