"""Records to JSON lines and back.

Encoding gives one line of strict JSON that ends in a newline. Decoding takes what it knows: a line that is no record
raises `BadLine`; a metric whose value is no number is left out and named in the record's `ignored`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState, SystemRecord, Value
from seqsetvae.stream.values import NumberError, clean_text, from_wire, plain, restored, shown, to_wire
from seqsetvae.strict_json import decode, encode, encode_pretty

RESERVED = frozenset({"t", "step", "epoch", "rank"})
"""Keys of a metrics or system line that are not metrics."""

MAX_STEP = 10**15
"""Largest step. Floats count that far with room to spare; a million steps a second take thirty years to it."""

MAX_TIME = 1e12
"""Largest unix second before or after 1970, and largest epoch: thirty thousand years. Beyond it no clock was read."""

_SHOWN = 60
"""Bytes of a bad line quoted in its error."""

_MAX_DEPTH = 64
"""Lists and objects within one another. What this package writes has half of it at most; a thousand, which a line of a
few kilobytes can hold, are more than Python's own stack takes."""


class BadLine(ValueError):  # noqa: N818 - it names the line, which readers count; it is seldom an error of theirs
    """A line that is no record of its stream; readers count it, show it and go on."""


class RecordError(ValueError):
    """A record that the format cannot carry."""


def encode_metrics(record: MetricsRecord) -> bytes:
    """One line of `metrics.jsonl`.

    Raises:
        RecordError: for a value that is no number, a reserved metric name, or a time or step that is no finite number.
    """
    line = _head(record.t, record.step)
    if record.epoch is not None:
        line["epoch"] = _wire("epoch", record.epoch)
    return _with_values(line, record.values)


def encode_system(record: SystemRecord) -> bytes:
    """One line of `system.jsonl`; raises like `encode_metrics`."""
    line = _head(record.t, record.step)
    line["rank"] = record.rank
    return _with_values(line, record.values)


def encode_event(record: EventRecord) -> bytes:
    """One line of `events.jsonl`. Whatever in `data` has no JSON form is written as its text."""
    line = _head(record.t, record.step)
    line["level"] = Level(record.level).value
    line["kind"] = clean_text(record.kind)
    line["message"] = clean_text(record.message)
    line["data"] = plain(record.data)
    return encode(line) + b"\n"


def encode_manifest(manifest: Manifest) -> bytes:
    """The whole of `run.json`, indented for people."""
    body = {
        "format": manifest.format,
        "run": manifest.run,
        "state": manifest.state.value,
        "reason": manifest.reason,
        "host": manifest.host,
        "pid": manifest.pid,
        "boot_id": manifest.boot_id,
        "process_start": manifest.process_start,
        "started": manifest.started,
        "updated": manifest.updated,
        "ended": manifest.ended,
        "totals": {"steps": manifest.total_steps, "epochs": manifest.total_epochs},
        "versions": manifest.versions,
        "config": manifest.config,
    }
    return encode_pretty(plain(body))


def decode_metrics(line: bytes) -> MetricsRecord:
    """The record in one line, with or without its newline.

    Raises:
        BadLine: when the line is not a JSON object with a number `t` and a whole, non-negative `step`, neither of
            them beyond all reason.
    """
    values = _parse(line)
    t, step = _pop_head(values, line)
    epoch = values.pop("epoch", None)
    ignored = _take_numbers(values)
    if type(epoch) is int:
        epoch = float(epoch)
    if epoch is not None and not (type(epoch) is float and abs(epoch) <= MAX_TIME):
        epoch, ignored = None, (*ignored, "epoch")
    return MetricsRecord(t=t, step=step, epoch=epoch, values=values, ignored=ignored)


def decode_system(line: bytes) -> SystemRecord:
    """The record in one line; raises like `decode_metrics`. A line without `rank` is rank 0's."""
    values = _parse(line)
    t, step = _pop_head(values, line)
    rank = values.pop("rank", 0)
    if type(rank) is not int or rank < 0:
        raise BadLine(f"rank must be a whole number ≥ 0, not {shown(rank)}, in {_quote(line)}")
    ignored = _take_numbers(values)
    return SystemRecord(t=t, step=step, rank=rank, values=values, ignored=ignored)


def decode_event(line: bytes) -> EventRecord:
    """The record in one line. A level that this reader does not know is read as `INFO`: the message still counts.

    Raises:
        BadLine: like `decode_metrics`, and when `kind` is missing or no text.
    """
    body = _parse(line)
    t, step = _pop_head(body, line)
    kind, message, data = body.get("kind"), body.get("message", ""), body.get("data")
    if not isinstance(kind, str):
        raise BadLine(f"an event needs a kind, as text, in {_quote(line)}")
    level = body.get("level")
    return EventRecord(
        t=t,
        step=step,
        level=Level(level) if level in _LEVELS else Level.INFO,
        kind=kind,
        message=message if isinstance(message, str) else encode(message).decode(),
        data=restored(data) if isinstance(data, dict) else {},
    )


_LEVELS = tuple(level.value for level in Level)


def decode_manifest(content: bytes) -> Manifest:
    """The manifest in a `run.json`; keys that this reader does not know are passed over.

    Raises:
        BadLine: when it is not a JSON object, lacks `run`, `started` or `state`, or holds one of a wrong type.
    """
    body = _parse(content)
    totals = body.get("totals")
    totals = totals if isinstance(totals, dict) else {}
    state = body.get("state")
    if state not in tuple(known.value for known in RunState):
        raise BadLine(f"state must be one of {', '.join(RunState)}, not {shown(state)}")
    started = _field(body, "started", float)
    updated = _optional(body, "updated", float)
    steps = _optional(totals, "steps", float)
    return Manifest(
        run=_field(body, "run", str),
        started=started,
        updated=started if updated is None else updated,
        format=_optional(body, "format", int) or 1,
        state=RunState(state),
        ended=_optional(body, "ended", float),
        reason=_optional(body, "reason", str),
        host=_optional(body, "host", str) or "",
        pid=_optional(body, "pid", int) or 0,
        boot_id=_optional(body, "boot_id", str),
        process_start=_optional(body, "process_start", int),
        total_steps=int(steps) if steps is not None and 0 <= steps <= MAX_STEP else None,
        total_epochs=_optional(totals, "epochs", float),
        versions={key: str(value) for key, value in (_optional(body, "versions", dict) or {}).items()},
        config=_optional(body, "config", dict) or {},
    )


def _head(t: float, step: int) -> dict[str, Any]:
    t_wire, step_wire = _wire("t", t), _wire("step", step)
    timed = not isinstance(t_wire, (str, list)) and abs(t_wire) <= MAX_TIME
    if not timed or not isinstance(step_wire, int) or not 0 <= step_wire <= MAX_STEP:
        raise RecordError(f"a record needs a unix time and a whole step ≥ 0, not t={t!r:.40}, step={step!r:.40}")
    return {"t": t_wire, "step": step_wire}


def _wire(key: str, value: object) -> float | int | str | list[float | int | str]:
    try:
        return to_wire(value)
    except NumberError as error:
        raise RecordError(f"{key!r:.80}: {error}; log numbers, or flat lists of numbers") from None


def _with_values(line: dict[str, Any], values: Mapping[str, Value]) -> bytes:
    for key, value in values.items():
        if key in RESERVED:
            raise RecordError(f"{key!r} is a reserved key of the log format; give the metric another name")
        line[key] = _wire(key, value)
    try:
        return encode(line) + b"\n"
    except (TypeError, UnicodeEncodeError):  # a name that UTF-8 cannot carry, or that is no text
        cleaned = {clean_text(str(key)): value for key, value in line.items()}
        return encode(cleaned) + b"\n"


def _parse(line: bytes) -> dict[str, Any]:
    try:
        body = decode(line)
    except ValueError as error:
        raise BadLine(f"not JSON ({error}): {_quote(line)}") from None
    if type(body) is not dict:
        raise BadLine(f"not a JSON object: {_quote(line)}")
    if line.count(b"[") + line.count(b"{") > _MAX_DEPTH and _deeper_than(_MAX_DEPTH, body):
        raise BadLine(f"nested more than {_MAX_DEPTH} deep: {_quote(line)}")
    return body


def _deeper_than(depth: int, value: object) -> bool:
    """Whether lists and objects lie within one another more often than `depth`; takes any depth itself."""
    level: list[object] = [value]
    while level and depth >= 0:
        depth -= 1
        level = [item for holder in level for item in _items(holder) if type(item) is list or type(item) is dict]
    return bool(level)


def _items(holder: object) -> Iterable[object]:
    return holder.values() if isinstance(holder, dict) else holder if isinstance(holder, list) else ()


def _pop_head(body: dict[str, Any], line: bytes) -> tuple[float, int]:
    t, step = body.pop("t", None), body.pop("step", None)
    if type(t) is int:
        t = float(t)
    if type(step) is float and step.is_integer():
        step = int(step)
    if type(t) is not float or not abs(t) <= MAX_TIME or type(step) is not int or not 0 <= step <= MAX_STEP:
        raise BadLine(f"a record needs a unix time t and a whole step ≥ 0: {_quote(line)}")
    return t, step


def _take_numbers(values: dict[str, Any]) -> tuple[str, ...]:
    """Turn the values into floats in place; take out and return the names of those that are not numeric."""
    odd = [key for key, value in values.items() if type(value) is not float]
    if not odd:
        return ()
    bad: list[str] = []
    for key in odd:
        try:
            values[key] = from_wire(values[key])
        except NumberError:
            bad.append(key)
            del values[key]
    return tuple(bad)


def _quote(line: bytes) -> str:
    return repr(line[:_SHOWN])[1:] + ("…" if len(line) > _SHOWN else "")


def _optional(body: Mapping[str, Any], key: str, kind: type) -> Any:
    value = body.get(key)
    if value is None:
        return None
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise BadLine(f"{key} must be {kind.__name__}, not {shown(value)}")
    return value


def _field(body: Mapping[str, Any], key: str, kind: type) -> Any:
    value = _optional(body, key, kind)
    if value is None:
        raise BadLine(f"{key} is missing")
    return value
