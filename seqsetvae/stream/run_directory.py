"""The files of a run's directory, and its manifest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.small_file import read_small_file
from seqsetvae.stream.codec import BadLine, decode_manifest
from seqsetvae.stream.records import FORMAT, Manifest

MANIFEST, METRICS, EVENTS, SYSTEM = "run.json", "metrics.jsonl", "events.jsonl", "system.jsonl"

MAX_MANIFEST = 2 << 20
"""Bytes of a manifest; one with every setting takes some 4 KB."""

_SYSTEM_NAME = re.compile(r"system(?:-rank([0-9]+))?\.jsonl")


@dataclass(frozen=True, kw_only=True, slots=True)
class ManifestProblem:
    """Why a manifest could not be read, in one sentence for the user.

    `missing` says that there is none; `newer_format` that a newer version of this package wrote it.
    """

    path: Path
    reason: str
    missing: bool = False
    newer_format: bool = False


def system_file(rank: int) -> str:
    """Name of a rank's system stream: `system.jsonl` for rank 0, `system-rank1.jsonl` and so on for others."""
    return SYSTEM if rank == 0 else f"system-rank{rank}.jsonl"


def rank_of(name: str) -> int | None:
    """The rank whose system stream has this file name, or None when it is no system stream."""
    match = _SYSTEM_NAME.fullmatch(name)
    return int(match[1] or 0) if match else None


def read_manifest(path: Path) -> Manifest | ManifestProblem:
    """The manifest in a `run.json`, or why there is none."""
    try:
        manifest = decode_manifest(read_small_file(path, MAX_MANIFEST))
    except FileNotFoundError:
        return ManifestProblem(path=path, reason=Message("{path} does not exist", path=path), missing=True)
    except OSError as error:
        return ManifestProblem(
            path=path, reason=Message("cannot read {path}: {reason}", path=path, reason=error.strerror or error)
        )
    except BadLine as error:
        return ManifestProblem(path=path, reason=Message("{path} is not a manifest: {reason}", path=path, reason=error))
    except InputError as error:
        return ManifestProblem(path=path, reason=str(error))
    if manifest.format > FORMAT:
        reason = Message(
            "{path} has format {format}, this version reads up to {known}; update seqsetvae",
            path=path,
            format=manifest.format,
            known=FORMAT,
        )
        return ManifestProblem(path=path, reason=reason, newer_format=True)
    return manifest
