"""Where the sets of the PhysioNet 2012 challenge are, and what became of their stays."""

from dataclasses import dataclass
from pathlib import Path

from seqsetvae.data.tables import table_rows
from seqsetvae.errors import InputError

RECORD_ID = "RecordID"
OUTCOME = "In-hospital_death"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSet:
    """One set of stays and the table of their outcomes."""

    directory: Path
    outcomes: Path


def find_sets(raw_dir: Path) -> list[RecordSet]:
    """Find the sets in `raw_dir`: set directories below it, or `raw_dir` itself being one.

    Raises:
        InputError: there is no set, or no table of outcomes inside or beside it.
    """
    if not raw_dir.is_dir():
        raise InputError(
            "There is no directory {path}; name the one that holds set-a/ and Outcomes-a.txt.", path=raw_dir
        )
    directories = sorted(raw_dir.glob("set-*"))
    for path in directories:
        if not path.exists():
            raise InputError("{path} is a link that leads nowhere; restore the set, or remove the link.", path=path)
    directories = [path for path in directories if path.is_dir()] or [raw_dir]
    return [RecordSet(directory=directory, outcomes=_find_outcomes(directory)) for directory in directories]


def _find_outcomes(directory: Path) -> Path:
    """Return the outcomes of a set: named after it, inside or beside it; a set by another name has but one table.

    Where the set is a link, beside it is beside the link as well as beside what the link leads to.
    """
    hops = [directory.absolute()]
    while hops[-1].is_symlink():
        hops.append(hops[-1].parent / hops[-1].readlink())
    hops.append(directory.resolve())
    letters = dict.fromkeys(hop.name.removeprefix("set-") for hop in hops)
    places = dict.fromkeys([directory, *(hop.parent for hop in hops)])
    for place in places:
        for letter in letters:
            if (path := place / f"Outcomes-{letter}.txt").is_file():
                return path
    for place in places:
        if len(tables := sorted(place.glob("Outcomes*.txt"))) == 1:
            return tables[0]
    raise InputError(
        "There is no Outcomes-{letter}.txt inside or beside {path}; put the outcomes of the set there.",
        letter=directory.name.removeprefix("set-"), path=directory,
    )  # fmt: skip


def read_outcomes(path: Path) -> dict[str, int]:
    """Read in-hospital death (0 or 1) by RecordID.

    Raises:
        InputError: a column is missing, a value is not 0 or 1, or a stay comes twice.
    """
    outcomes: dict[str, int] = {}
    with table_rows(path, (RECORD_ID, OUTCOME)) as rows:
        for line, row in rows:
            stay, outcome = row[RECORD_ID], row[OUTCOME]
            if outcome not in ("0", "1"):
                raise InputError(
                    "{path}:{line}: {name} is {value!r}, but must be 0 or 1.",
                    path=path, line=line, name=OUTCOME, value=outcome,
                )  # fmt: skip
            if stay in outcomes:
                raise InputError(
                    "{path}:{line}: stay {id} comes a second time; remove one of the lines.",
                    path=path, line=line, id=stay,
                )  # fmt: skip
            outcomes[stay] = int(outcome)
    return outcomes
