"""What the codec finds in lines, one by one: the plain way that the fast ones are held to."""

from __future__ import annotations

from collections.abc import Sequence

from seqsetvae.stream.codec import BadLine, decode_metrics


def reference(lines: Sequence[bytes]) -> tuple[dict[str, list[tuple[float, float]]], int, int]:
    """Points of each metric, bad lines and ignored values, line by line through the codec."""
    points: dict[str, list[tuple[float, float]]] = {}
    bad = ignored = 0
    for line in lines:
        try:
            record = decode_metrics(line)
        except BadLine:
            bad += 1
            continue
        ignored += len(record.ignored)
        for name, value in record.values.items():
            if isinstance(value, float):
                points.setdefault(name, []).append((float(record.step), value))
    return points, bad, ignored
