"""Raw files in the form of the PhysioNet 2012 challenge, written for the tests of this folder."""

from collections.abc import Sequence
from pathlib import Path

OUTCOMES_HEADER = "RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death"


def write_stay(path: Path, lines: Sequence[str] = (), *, static: Sequence[str] = ("Age,54", "Height,-1")) -> Path:
    """Write one stay: its header, RecordID, static descriptors at 00:00, then `lines`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first = ["Time,Parameter,Value", f"00:00,RecordID,{path.stem}", *(f"00:00,{line}" for line in static)]
    path.write_text("\n".join([*first, *lines]) + "\n")
    return path


def write_set(raw: Path, letter: str, *, stays: int = 20, first: int = 1000) -> Path:
    """Write a set of stays, every fourth of them fatal, with its outcomes beside it; return the set's directory."""
    rows = [OUTCOMES_HEADER]
    for number in range(first, first + stays):
        lines = [f"00:{minute:02d},HR,{60 + (number * minute) % 50}" for minute in range(5, 60, 5)]
        write_stay(raw / f"set-{letter}" / f"{number}.txt", [*lines, "01:30,Temp,37.5", "01:30,HR,88"])
        rows.append(f"{number},6,1,5,-1,{int(number % 4 == 0)}")
    (raw / f"Outcomes-{letter}.txt").write_text("\n".join(rows) + "\n")
    return raw / f"set-{letter}"
