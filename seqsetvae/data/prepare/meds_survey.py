"""What is known about a MEDS data set before it is converted: who is in which shard, the splits, and the codes.

Each is a pass of its own over the shards, with as few columns as it needs. A worker gets a piece of a shard and the
labels of its subjects, so that work grows with the data set and not with its square, and memory not with the shards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqsetvae.data.layout import Split
from seqsetvae.data.parallel import map_in_order
from seqsetvae.data.prepare.code_folding import CodeCounts
from seqsetvae.data.prepare.meds_columns import Clock
from seqsetvae.data.prepare.meds_selection import MedsPlan, used_events
from seqsetvae.data.prepare.meds_tables import Label, ShardPiece, pieces_of, read_subjects
from seqsetvae.data.prepare.splitting import SplitPlan, assign_splits
from seqsetvae.data.progress_lines import file_progress
from seqsetvae.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPiece:
    """A piece of a shard, the labels of the subjects in it, their clock, and what of their events is used."""

    piece: ShardPiece
    labels: Mapping[int, Sequence[Label]]
    clock: Clock
    plan: MedsPlan


def locate_labels(
    shards: Sequence[Path], labels: Mapping[int, Sequence[Label]], clock: Clock, plan: MedsPlan, jobs: int
) -> list[LabelledPiece]:
    """Find every labelled subject, piece by piece; pieces without one are left out.

    Raises:
        InputError: a subject is in two shards, or no labelled subject is in any.
    """
    shard_of: dict[int, Path] = {}
    sources: list[LabelledPiece] = []
    with file_progress("Finding subjects", len(shards)) as done:
        for shard, pieces in zip(shards, map_in_order(pieces_of, shards, jobs=jobs), strict=True):
            for piece in pieces:
                its = {subject: labels[subject] for subject in piece.subjects if subject in labels}
                for subject in its:
                    if subject in shard_of:
                        raise InputError(
                            "Subject {id} is in {one} and in {other}; put all its rows into one.",
                            id=subject, one=shard_of[subject], other=shard,
                        )  # fmt: skip
                    shard_of[subject] = shard
                if its:
                    sources.append(LabelledPiece(piece=piece, labels=its, clock=clock, plan=plan))
            done(1)
    if not sources:
        raise InputError(
            "None of the {count:,} labelled subjects has events in {path}; are both of one data set?",
            count=len(labels), path=shards[0].parent,
        )  # fmt: skip
    return sources


def draw_splits(sources: Sequence[LabelledPiece], plan: SplitPlan, jobs: int) -> dict[int, Split]:
    """Split the subjects that have events for a label, stratified by whether such a label is positive.

    All others are in no split that counts: their patients are left out for lack of events.
    """
    strata: dict[str, int] = {}
    with file_progress("Finding patients", len(sources)) as done:
        for found in map_in_order(usable_subjects, sources, jobs=jobs):
            strata.update((str(subject), int(positive)) for subject, positive in found.items())
            done(1)
    splits: dict[int, Split] = {subject: "train" for source in sources for subject in source.labels}
    splits.update((int(subject), its) for subject, its in assign_splits(strata, plan).items())
    return splits


def usable_subjects(source: LabelledPiece) -> dict[int, bool]:
    """Return the subjects that have events for a label, and whether such a label is positive; runs in a worker."""
    usable: dict[int, bool] = {}
    for events in read_subjects(source.piece, source.clock, values=False):
        labels = source.labels.get(events.subject, ())
        positive = [label.positive for label in labels if used_events(events, label, source.plan).any()]
        if positive:
            usable[events.subject] = any(positive)
    return usable


def count_codes(sources: Sequence[LabelledPiece], splits: Mapping[int, Split], jobs: int) -> CodeCounts:
    """Count the codes of the train split."""
    total = CodeCounts()
    train = [
        LabelledPiece(
            piece=source.piece,
            labels={subject: its for subject, its in source.labels.items() if splits[subject] == "train"},
            clock=source.clock,
            plan=source.plan,
        )
        for source in sources
    ]
    with file_progress("Counting codes", len(sources)) as done:
        for counts in map_in_order(count_piece, train, jobs=jobs):
            total.add(counts)
            done(1)
    return total


def count_piece(source: LabelledPiece) -> CodeCounts:
    """Count the codes of a piece's labelled subjects; runs in a worker.

    An event counts once, however many of its subject's labels it serves.
    """
    counts = CodeCounts()
    for events in read_subjects(source.piece, source.clock):
        if labels := source.labels.get(events.subject):
            used = np.logical_or.reduce([used_events(events, label, source.plan) for label in labels])
            valued = np.isfinite(events.value)
            counts.valued.update(events.code[used & valued].tolist())
            counts.bare.update(events.code[used & ~valued].tolist())
    return counts
