"""A data set of the Medical Event Data Standard: one patient per label, with the events up to its prediction time.

A subject with several labels becomes several patients, all of one split. Minutes count from the first event that is
used; events without a time are at minute 0, and so does the age in years, as the value of MEDS_BIRTH.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqsetvae.data.layout import Split
from seqsetvae.data.parallel import map_in_order
from seqsetvae.data.prepare.code_folding import CodeCounts, Vocabulary, fold_codes
from seqsetvae.data.prepare.conversion import Conversion, run_conversion
from seqsetvae.data.prepare.conversion_report import PrepareReport
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
from seqsetvae.data.prepare.splitting import SplitPlan, assign_splits
from seqsetvae.data.prepare.staging import staged_output
from seqsetvae.data.progress_lines import file_progress
from seqsetvae.errors import InputError

BIRTH = "MEDS_BIRTH"
DEFAULT_MIN_COUNT = 10

MINUTE = 60_000_000
HOUR = 60 * MINUTE
YEAR = 365.25 * 24 * HOUR

NO_SPLIT = "labels of subjects without a split"
NO_SUBJECT = "labels of subjects without events"
LATER = "events after the last prediction time of their subject"
EARLIER = "events before the window of a patient"
NO_CODE = "events without a code"


@dataclass(frozen=True, slots=True, kw_only=True)
class MedsPlan:
    """What of the data set is used.

    Attributes:
        min_count: Events of the train split that a code needs to be a variable of its own.
        window_hours: How far before the prediction time events are used; None for all.

    Raises:
        InputError: one of them is not positive.
    """

    min_count: int = DEFAULT_MIN_COUNT
    window_hours: float | None = None

    def __post_init__(self) -> None:
        if self.min_count < 1:
            raise InputError("--min_count is {min_count}, but must be at least 1.", min_count=self.min_count)
        if self.window_hours is not None and not self.window_hours > 0:
            raise InputError(
                "--window_hours is {window_hours:g}, but must be positive.", window_hours=self.window_hours
            )

    def since(self, prediction_time: int) -> int:
        """Return the earliest time that is used, in microseconds since 1970."""
        return int(STATIC) + 1 if self.window_hours is None else prediction_time - int(self.window_hours * HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardTask:
    """The input of one worker that counts: a shard, the labels of subjects that may be in it, their splits."""

    shard: Path
    labels: Mapping[int, Sequence[Label]]
    splits: Mapping[int, Split]
    plan: MedsPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionTask(ShardTask):
    """The input of one worker that converts: a shard, where its patients are written to, and what its codes become."""

    stage: Path
    vocabulary: Vocabulary


@dataclass(slots=True, kw_only=True)
class ShardCounts:
    """The result of the first pass over a shard: its labelled subjects, and the codes of the train split."""

    subjects: list[int]
    codes: CodeCounts


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
    splits = _drawn_splits(labels, split) if given is None else given
    known = {subject: its for subject, its in labels.items() if subject in splits}
    found = _count(shards, known, splits, meds, jobs)
    vocabulary = fold_codes(found.codes, meds.min_count)
    conversion = Conversion(
        source="meds",
        options={
            "min_count": meds.min_count,
            "window_hours": meds.window_hours,
            "splits": "subject_splits" if given is not None else list(split.shares),
            "seed": split.seed,
        },
        sources=sum(len(known[subject]) for subject in found.shard_of),
        unit="patients",
        jobs=jobs,
        notes=_missing(labels, known, found),
    )
    with staged_output(out_dir, force=force) as stage:
        tasks = [
            ConversionTask(
                shard=shard,
                labels={subject: known[subject] for subject in subjects},
                splits={subject: splits[subject] for subject in subjects},
                plan=meds,
                stage=stage,
                vocabulary=vocabulary,
            )
            for shard, subjects in found.by_shard.items()
        ]
        return run_conversion(stage, convert_shard, tasks, conversion)


@dataclass(slots=True, kw_only=True)
class SurveyedShards:
    """The result of the first pass over all shards: the shard of each subject, the subjects of each, and the codes."""

    shard_of: dict[int, Path]
    by_shard: dict[Path, list[int]]
    codes: CodeCounts


def _drawn_splits(labels: Mapping[int, Sequence[Label]], plan: SplitPlan) -> dict[int, Split]:
    """Split subjects; one is of the positive stratum when any of its labels is."""
    strata = {str(subject): int(any(label.positive for label in its)) for subject, its in labels.items()}
    return {int(subject): its for subject, its in assign_splits(strata, plan).items()}


def _count(
    shards: Sequence[Path],
    labels: Mapping[int, Sequence[Label]],
    splits: Mapping[int, Split],
    plan: MedsPlan,
    jobs: int,
) -> SurveyedShards:
    found = SurveyedShards(shard_of={}, by_shard={}, codes=CodeCounts())
    tasks = [ShardTask(shard=shard, labels=labels, splits=splits, plan=plan) for shard in shards]
    with file_progress("Counting codes", len(shards)) as done:
        for shard, counts in zip(shards, map_in_order(count_shard, tasks, jobs=jobs), strict=True):
            for subject in counts.subjects:
                if subject in found.shard_of:
                    raise InputError(
                        "Subject {id} is in {one} and in {other}; put all its rows into one.",
                        id=subject, one=found.shard_of[subject], other=shard,
                    )  # fmt: skip
                found.shard_of[subject] = shard
            if counts.subjects:
                found.by_shard[shard] = counts.subjects
            found.codes.add(counts.codes)
            done(1)
    if not found.shard_of:
        raise InputError(
            "None of the {count:,} labelled subjects has events in {path}; are both of one data set?",
            count=len(labels), path=shards[0].parent,
        )  # fmt: skip
    return found


def _missing(
    labels: Mapping[int, Sequence[Label]], known: Mapping[int, Sequence[Label]], found: SurveyedShards
) -> dict[str, int]:
    counts = {
        NO_SPLIT: sum(len(its) for subject, its in labels.items() if subject not in known),
        NO_SUBJECT: sum(len(its) for subject, its in known.items() if subject not in found.shard_of),
    }
    return {reason: count for reason, count in counts.items() if count}


def count_shard(task: ShardTask) -> ShardCounts:
    """List the labelled subjects of a shard, and count the codes of those of the train split; runs in a worker.

    An event counts once, however many of its subject's labels it serves.
    """
    found = ShardCounts(subjects=[], codes=CodeCounts())
    for events in read_subjects(task.shard):
        labels = task.labels.get(events.subject)
        if labels is None:
            continue
        found.subjects.append(events.subject)
        if task.splits[events.subject] != "train":
            continue
        used = np.logical_or.reduce([_used(events, label, task.plan) for label in labels])
        valued = np.isfinite(events.value)
        found.codes.valued.update(events.code[used & valued].tolist())
        found.codes.bare.update(events.code[used & ~valued].tolist())
    return found


def convert_shard(task: ConversionTask) -> ChunkSummary:
    """Write the patients of one shard; runs in a worker."""
    patients, left_out = 0, {LATER: 0, EARLIER: 0, NO_CODE: 0}

    def read_all() -> Iterator[PatientEvents]:
        nonlocal patients
        for events in read_subjects(task.shard):
            labels = task.labels.get(events.subject, ())
            if labels:
                left_out[LATER] += int((events.time > labels[-1].time).sum())
                left_out[NO_CODE] += int((_before(events, labels[-1]) & (events.code == "")).sum())
            for number, label in enumerate(labels):
                used = _used(events, label, task.plan)
                left_out[EARLIER] += int((_before(events, label) & ~used & _is_event(events)).sum())
                patients += 1
                name = str(events.subject) if len(labels) == 1 else f"{events.subject}-{number + 1}"
                yield _patient(name, events, used, label, task.splits[events.subject], task.vocabulary)

    summary = write_patients(task.stage, read_all())
    summary.files = patients
    for reason, count in left_out.items():
        if count:
            summary.note(reason, count)
    return summary


def _before(events: SubjectEvents, label: Label) -> NDArray[np.bool_]:
    """Return which events, `[events]`, are known when the label is predicted."""
    return np.asarray(events.time <= label.time)


def _used(events: SubjectEvents, label: Label, plan: MedsPlan) -> NDArray[np.bool_]:
    """Return which events, `[events]`, become a patient's events."""
    recent = (events.time == STATIC) | (events.time >= plan.since(label.time))
    return np.asarray(_before(events, label) & recent & _is_event(events))


def _is_event(events: SubjectEvents) -> NDArray[np.bool_]:
    """Return what is an event, `[events]`: all that has a code, but the birth, which becomes an age."""
    return np.asarray((events.code != BIRTH) & (events.code != ""))


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
