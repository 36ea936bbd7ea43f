"""Fingerprints of what a model was trained on, which its checkpoints keep.

They are made of what training sees, not of files: a table that was written again in another order of columns, or a
directory that was moved, is the same data.
"""

import hashlib
from collections.abc import Mapping

from seqsetvae.data.packed_store import Cohort
from seqsetvae.strict_json import encode


def cohort_identity(cohort: Cohort) -> dict[str, str]:
    """Return the fingerprints of a cohort's scales, vocabulary, splits and labels, by these names."""
    splits = (cohort.train, cohort.valid, cohort.test)
    labels = {
        patient: label
        for split in splits
        for patient, label in zip(split.patient_ids, split.labels.tolist(), strict=True)
    }
    parts: Mapping[str, object] = {
        "scales": (cohort.variables, cohort.mean.tolist(), cohort.std.tolist()),
        "vocabulary": cohort.variables,
        "splits": {split.name: split.patient_ids for split in splits},
        "labels": sorted(labels.items()),
    }
    return {name: hashlib.sha256(encode(part)).hexdigest()[:16] for name, part in parts.items()}
