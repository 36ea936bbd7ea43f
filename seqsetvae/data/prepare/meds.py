"""A data set of the Medical Event Data Standard: one patient per label, with the events up to its prediction time.

A subject with several labels becomes several patients, all of one split. Minutes count from the first event that is
used; events without a time are at minute 0, and so does the age in years, as the value of MEDS_BIRTH.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqsetvae.data.layout import Split
from seqsetvae.data.prepare.code_folding import Vocabulary, fold_codes
from seqsetvae.data.prepare.conversion import Conversion, run_conversion
from seqsetvae.data.prepare.conversion_report import PrepareReport
from seqsetvae.data.prepare.meds_selection import (
    BIRTH,
    MINUTE,
    YEAR,
    MedsPlan,
    is_event,
    known_events,
    used_events,
)
from seqsetvae.data.prepare.meds_survey import LabelledPiece, count_codes, draw_splits, locate_labels
from seqsetvae.data.prepare.meds_tables import (
    STATIC,
    Label,
    SubjectEvents,
    find_shards,
    read_labels,
    read_splits,
    read_subjects,
)
from seqsetvae.data.prepare.patient_events import ChunkSummary, PatientEvents, write_patients
from seqsetvae.data.prepare.splitting import SplitPlan
from seqsetvae.data.prepare.staging import staged_output

NO_SPLIT = "labels of subjects without a split"
NO_SUBJECT = "labels of subjects without events"
LATER = "events after the last prediction time of their subject"
EARLIER = "events before the window of a patient"
NO_CODE = "events without a code"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionTask:
    """What one worker converts: the labelled subjects of a piece of a shard.

    Attributes:
        source: The subjects and their labels.
        splits: The same subjects'.
        stage: Where patients are written to.
        vocabulary: What codes become.
    """

    source: LabelledPiece
    splits: Mapping[int, Split]
    stage: Path
    vocabulary: Vocabulary


def prepare_meds(
    meds_dir: Path,
    labels_path: Path,
    out_dir: Path,
    *,
    meds: MedsPlan,
    split: SplitPlan,
    jobs: int,
    force: bool = False,
) -> PrepareReport:
    """Convert a MEDS data set into a cohort in `out_dir`; `split` is used where the data set has no splits of its own.

    Raises:
        InputError: a table is missing or malformed, or `out_dir` is not to be written to.
    """
    shards, labels = find_shards(meds_dir), read_labels(labels_path)
    given = read_splits(meds_dir)
    known = {subject: its for subject, its in labels.by_subject.items() if given is None or subject in given}
    sources = locate_labels(shards, known, labels.clock, meds, jobs)
    splits = draw_splits(sources, split, jobs) if given is None else given
    vocabulary = fold_codes(count_codes(sources, splits, jobs), meds.min_count)
    patients = sum(len(its) for source in sources for its in source.labels.values())
    missing = {
        NO_SPLIT: sum(map(len, labels.by_subject.values())) - sum(map(len, known.values())),
        NO_SUBJECT: sum(map(len, known.values())) - patients,
    }
    conversion = Conversion(
        source="meds",
        options={
            "min_count": meds.min_count,
            "window_hours": meds.window_hours,
            "splits": "subject_splits" if given is not None else list(split.shares),
            "seed": split.seed,
        },
        sources=patients,
        unit="patients",
        jobs=jobs,
        notes={reason: count for reason, count in missing.items() if count},
    )
    with staged_output(out_dir, force=force) as stage:
        tasks = [
            ConversionTask(
                source=source,
                splits={subject: splits[subject] for subject in source.labels if subject in splits},
                stage=stage,
                vocabulary=vocabulary,
            )
            for source in sources
        ]
        return run_conversion(stage, convert_piece, tasks, conversion)


def convert_piece(task: ConversionTask) -> ChunkSummary:
    """Write the patients of one piece; runs in a worker."""
    patients, left_out = 0, {LATER: 0, EARLIER: 0, NO_CODE: 0}

    def read_all() -> Iterator[PatientEvents]:
        nonlocal patients
        for events in read_subjects(task.source.piece, task.source.clock):
            labels = task.source.labels.get(events.subject, ())
            if labels:
                left_out[LATER] += int((events.time > labels[-1].time).sum())
                left_out[NO_CODE] += int((known_events(events, labels[-1]) & (events.code == "")).sum())
            for number, label in enumerate(labels):
                used = used_events(events, label, task.source.plan)
                left_out[EARLIER] += int((known_events(events, label) & ~used & is_event(events)).sum())
                patients += 1
                name = str(events.subject) if len(labels) == 1 else f"{events.subject}-{number + 1}"
                yield _patient(name, events, used, label, task.splits[events.subject], task.vocabulary)

    summary = write_patients(task.stage, read_all())
    summary.files = patients
    for reason, count in left_out.items():
        if count:
            summary.note(reason, count)
    return summary


def _patient(
    name: str, events: SubjectEvents, used: NDArray[np.bool_], label: Label, split: Split, vocabulary: Vocabulary
) -> PatientEvents:
    time, codes, values = events.time[used], events.code[used], events.value[used]
    timed = time[time != STATIC]
    origin = int(timed.min()) if timed.size else label.time
    rules = [vocabulary.rule(code) for code in codes]
    keeps = np.array([rule.valued for rule in rules], dtype=np.bool_) & np.isfinite(values)
    variable = [code if kept else rule.presence for code, rule, kept in zip(codes, rules, keeps, strict=True)]
    minute = np.where(time == STATIC, 0, time // MINUTE - origin // MINUTE)
    value = np.where(keeps, values, 1.0)
    born = events.time[(events.code == BIRTH) & (events.time != STATIC)]
    if born.size and used.any():
        variable.append(BIRTH)
        minute, value = np.append(minute, 0), np.append(value, (origin - int(born[0])) / YEAR)
    order = np.argsort(minute, kind="stable")
    return PatientEvents(
        patient_id=name,
        split=split,
        label=int(label.positive),
        variable=[variable[place] for place in order],
        value=value[order].astype(np.float64),
        minute=minute[order].astype(np.float64),
    )
