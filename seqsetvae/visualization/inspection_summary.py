"""`summary.json`: every number behind the figures, and what they were computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from seqsetvae.posterior.statistics import ACTIVE_VARIANCE, COLLAPSED_KL, COLLAPSED_SHARE
from seqsetvae.strict_json import encode_pretty
from seqsetvae.visualization.correlations import STRONG, CorrelationOrder
from seqsetvae.visualization.dimensions import Dimensions, DimensionState
from seqsetvae.visualization.error_bins import by_minute, by_size
from seqsetvae.visualization.findings import MAX_POINTS, MAX_SETS, Findings
from seqsetvae.visualization.patient_course import PatientCourse
from seqsetvae.visualization.projection import Projection

#: Of this file; a change that a reader of it could trip over raises it.
FORMAT = 1
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionSource:
    """What was inspected.

    Attributes:
        checkpoint, data_dir: Paths, as they were given.
        run: The run that the checkpoint belongs to, where it says so.
        step: Optimizer steps that the model had taken.
        split: Whose patients.
        patients_of_split: How many there are.
        batches, batch_size, seed: How they were sampled.
        device: Where the model computed.
    """

    checkpoint: str
    data_dir: str
    run: str | None
    step: int
    split: str
    patients_of_split: int
    batches: int
    batch_size: int
    seed: int
    device: str

    def in_words(self, patients: int, sets: int) -> str:
        """Return one line for figures."""
        sampled = "all" if patients == self.patients_of_split else f"{patients:,} of {self.patients_of_split:,}"
        drawn = "" if patients == self.patients_of_split else f", drawn with seed {self.seed}"
        name = f"{self.run}, " if self.run else ""
        return f"{name}step {self.step:,}; {self.split} split: {sampled} patients{drawn}, {sets:,} sets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All that the figures show."""

    source: InspectionSource
    findings: Findings
    correlation: CorrelationOrder
    before: Projection
    after: Projection
    course: PatientCourse


def summary_json(results: Results, machine: Mapping[str, Any]) -> bytes:
    """Return the file's content: strict JSON, null where a number does not exist."""
    findings = results.findings
    content = {
        "format": FORMAT,
        **asdict(results.source),
        "counts": {"patients": findings.patients, "sets": findings.sets, "events": findings.events},
        "sampled": {
            "latent_space_patients": len(findings.point_sample["label"]),
            "latent_space_patients_at_most": MAX_POINTS,
            "error_quantile_sets": len(findings.set_sample["error"]),
            "error_quantile_sets_at_most": MAX_SETS,
        },
        "outcome": {"positives": findings.outcomes.positives, **findings.outcomes.scores()},
        "thresholds": {
            "active_variance": ACTIVE_VARIANCE,
            "collapsed_kl": COLLAPSED_KL,
            "collapsed_share": COLLAPSED_SHARE,
            "strong_correlation": STRONG,
        },
        "posterior": findings.posterior.to_metrics(),
        "dimensions": _dimensions(findings.dimensions),
        "reconstruction": _reconstruction(findings),
        "correlation": _correlation(results.correlation),
        "latent_space": {
            "patient": findings.point_sample["patient"].tolist(),
            "label": findings.point_sample["label"],
            "before": _projection(results.before),
            "after": _projection(results.after),
        },
        "sample": _course(results.course),
        "machine": dict(machine),
    }
    return encode_pretty(content)


def _dimensions(dimensions: Dimensions) -> dict[str, Any]:
    return {
        "counts": {str(state): dimensions.count(state) for state in DimensionState},
        "level": dimensions.level,
        "state": [str(state) for state in dimensions.states],
        "kl": dimensions.kl,
        "variance": dimensions.variance,
        "mean_variance": np.ascontiguousarray(dimensions.mean_variance),
        "low_kl_share": dimensions.low_share,
    }


def _reconstruction(findings: Findings) -> dict[str, Any]:
    sample, variables = findings.set_sample, findings.variables
    quantiles = np.quantile(sample["error"], QUANTILES).tolist()
    return {
        "mean": findings.error,
        "quantiles": {f"{share:g}": value for share, value in zip(QUANTILES, quantiles, strict=True)},
        "by_minute": [asdict(found) for found in by_minute(sample["minute"], sample["error"])],
        "by_size": [asdict(found) for found in by_size(sample["size"], sample["error"])],
        "by_variable": {
            variables.names[index]: {
                "events": int(variables.events[index]),
                "mean_squared_error": float(variables.error[index]),
            }
            for index in variables.worst_first()
        },
    }


def _correlation(found: CorrelationOrder) -> dict[str, Any]:
    return {"order": found.order, "constant": found.constant, "strong_share": found.strong_share}


def _projection(projection: Projection) -> dict[str, Any]:
    return {"method": projection.method, "note": projection.note, "points": projection.points}


def _course(course: PatientCourse) -> dict[str, Any]:
    return {
        "patient": course.patient.patient_id,
        "split": course.split,
        "label": course.patient.label,
        "minute": np.ascontiguousarray(course.patient.minute),
        "kl": course.kl,
        "reconstruction_error": course.error,
        "history_norm": course.history_norm,
        "probability": course.probability,
    }
