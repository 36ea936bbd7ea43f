"""The part of a conversion that all converters share: from chunks of patients to the finished directory.

A converter brings a picklable function that turns one chunk of its sources into a `ChunkSummary` (having written the
parquet files), and the list of chunks. Values are spooled to one file per variable, and are read back in blocks.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from seqsetvae.data import layout
from seqsetvae.data.data_settings import DEFAULT_CLIP_VALUE
from seqsetvae.data.inventory import keep_labelled, list_patients
from seqsetvae.data.layout import SPLITS, Split
from seqsetvae.data.packing import FILES_WORTH_PROCESSES, pack_chunk, pack_chunks
from seqsetvae.data.parallel import map_in_order
from seqsetvae.data.prepare.conversion_report import PrepareReport, VariableReport, report_variable
from seqsetvae.data.prepare.patient_events import ChunkSummary, SplitCounts
from seqsetvae.data.prepare.scaling import robust_scale
from seqsetvae.data.prepare.value_spool import ValueSpool
from seqsetvae.data.progress_lines import file_progress
from seqsetvae.data.tables import read_labels, read_scaling
from seqsetvae.errors import InputError

Chunk = TypeVar("Chunk")

ABSENT_FROM_TRAIN = "variables that the train split lacks: scaled by the other splits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What the report says about where the data came from, and how to work.

    Attributes:
        source: The converter's name.
        options: What the result depends on besides the input.
        sources: How many files (or patients) there are, for the progress bar.
        jobs: Processes to use.
        unit: What `sources` counts.
        notes: How often something was left out before the conversion began, by reason.
    """

    source: str
    options: Mapping[str, Any]
    sources: int
    jobs: int
    unit: str = "files"
    notes: Mapping[str, int] = field(default_factory=dict)


def run_conversion(
    stage: Path, convert: Callable[[Chunk], ChunkSummary], chunks: Sequence[Chunk], conversion: Conversion
) -> PrepareReport:
    """Convert every chunk, then write stats.csv, oc.csv and the report into `stage`.

    Raises:
        InputError: a split ended up empty, training could not use the result, or what `convert` raises.
    """
    spool = ValueSpool(stage / "values")
    total = ChunkSummary(counts={split: SplitCounts() for split in SPLITS}, notes=dict(conversion.notes))
    with file_progress(f"Converting {conversion.source}", conversion.sources, unit=conversion.unit) as done:
        for summary in map_in_order(convert, chunks, jobs=conversion.jobs):
            _merge(total, summary)
            spool.add(summary.values)
            done(summary.files)
    _refuse_empty_splits(total.counts)
    variables = tuple(_report_variables(spool, total))
    report = PrepareReport(
        source=conversion.source,
        options=conversion.options,
        clip_value=DEFAULT_CLIP_VALUE,
        splits=total.counts,
        variables=variables,
        notes=total.notes,
    )
    _write_csv(stage / layout.STATS, layout.STATS_COLUMNS, ((v.variable, v.location, v.scale) for v in variables))
    _write_csv(stage / layout.LABELS, layout.LABEL_COLUMNS, sorted(total.labels))
    report.write(stage)
    _open_output(stage, conversion)
    return report


def _open_output(stage: Path, conversion: Conversion) -> None:
    """Read everything as training will.

    Raises:
        InputError: training could not use it.
    """
    try:
        files, labels = list_patients(stage), stage / layout.LABELS
        keep_labelled(files, read_labels(labels), labels, drop_missing=False)
        chunks = pack_chunks(
            [file for split in files.values() for file in split],
            scaling=read_scaling(stage / layout.STATS),
            clip_value=DEFAULT_CLIP_VALUE,
            stats_path=stage / layout.STATS,
        )
        total = sum(map(len, files.values()))
        jobs = conversion.jobs if total >= FILES_WORTH_PROCESSES else 1
        with file_progress("Reading the result", total) as done:
            for packed in map_in_order(pack_chunk, chunks, jobs=jobs):
                done(packed.sets_per_patient.size)
    except InputError as error:
        raise InputError(
            "Training could not use the result of the conversion, which is not kept: {reason}", reason=error.args[0]
        ) from error


def _merge(total: ChunkSummary, summary: ChunkSummary) -> None:
    for split, counts in summary.counts.items():
        total.counts[split].add(counts)
    total.labels.extend(summary.labels)
    for reason, count in summary.notes.items():
        total.note(reason, count)


def _refuse_empty_splits(counts: Mapping[Split, SplitCounts]) -> None:
    for split, held in counts.items():
        if not held.patients:
            total = sum(other.patients for other in counts.values())
            raise InputError(
                "The {split} split got none of {count} patients; give more patients, or other --split shares.",
                split=split, count=total,
            )  # fmt: skip


def _report_variables(spool: ValueSpool, total: ChunkSummary) -> Iterable[VariableReport]:
    for name in spool.variables():
        train = spool.count(name, train=True) > 0
        if not train:
            total.note(ABSENT_FROM_TRAIN)
        scale = robust_scale(spool.sample(name, train=train))
        yield report_variable(name, spool.blocks(name), scale, clip_value=DEFAULT_CLIP_VALUE)


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
