"""Records become lines of strict JSON and come back as they were; everything else is a bad line, never a crash."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.stream.codec import (
    MAX_STEP,
    MAX_TIME,
    RESERVED,
    BadLine,
    RecordError,
    decode_event,
    decode_manifest,
    decode_metrics,
    decode_system,
    encode_event,
    encode_manifest,
    encode_metrics,
    encode_system,
)
from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState, SystemRecord, Value

finite = st.floats(-MAX_TIME, MAX_TIME)
names = st.text(min_size=1).filter(lambda name: name not in RESERVED)
values = st.dictionaries(names, st.one_of(st.floats(), st.lists(st.floats(), max_size=4).map(tuple)), max_size=6)
steps = st.integers(min_value=0, max_value=MAX_STEP)
metrics_records = st.builds(
    MetricsRecord, t=finite, step=steps, epoch=st.none() | finite, values=values, ignored=st.just(())
)


def nan_safe(value: Any) -> Any:
    """The value with NaNs made comparable."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else value
    if isinstance(value, Mapping):
        return {key: nan_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [nan_safe(item) for item in value]
    return value


def strict(line: bytes) -> Any:
    """Parse with the standard library, refusing what only Python calls JSON."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not strict JSON")

    return json.loads(line, parse_constant=refuse)


class TestMetrics:
    @given(metrics_records)
    def test_a_record_survives_its_line(self, record: MetricsRecord) -> None:
        line = encode_metrics(record)
        decoded = decode_metrics(line)
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert nan_safe(decoded.values) == nan_safe(record.values)
        assert (decoded.t, decoded.step, decoded.epoch, decoded.ignored) == (record.t, record.step, record.epoch, ())
        strict(line)

    def test_the_line_is_the_documented_one(self) -> None:
        record = MetricsRecord(t=1732100000.123, step=1200, epoch=0.42, values={"train/loss": 1.23})
        assert encode_metrics(record) == b'{"t":1732100000.123,"step":1200,"epoch":0.42,"train/loss":1.23}\n'

    def test_non_finite_numbers_are_strings(self) -> None:
        record = MetricsRecord(t=0.0, step=0, values={"a": math.nan, "b": (math.inf, -math.inf, 1.0)})
        assert encode_metrics(record) == b'{"t":0.0,"step":0,"a":"NaN","b":["Infinity","-Infinity",1.0]}\n'

    @pytest.mark.parametrize(
        ("value", "read_back"),
        [
            (np.float32(0.5), 0.5),
            (np.float64(math.nan), math.nan),
            (np.int64(7), 7.0),
            (np.array([1.0, math.inf]), (1.0, math.inf)),
            ([np.float32(0.5), np.int8(3)], (0.5, 3.0)),
            (torch.tensor(2.5), 2.5),
            (torch.tensor([1.0, 2.0]), (1.0, 2.0)),
            (2**70, float(2**70)),
            (10**400, math.inf),
            (-(10**400), -math.inf),
            (Fraction(1, 4), 0.25),
            ((), ()),
        ],
    )
    def test_numbers_of_many_kinds_are_taken(self, value: Any, read_back: Value) -> None:
        line = encode_metrics(MetricsRecord(t=0.0, step=0, values={"m": value}))
        strict(line)
        assert nan_safe(decode_metrics(line).values["m"]) == nan_safe(read_back)

    @pytest.mark.parametrize("value", [True, "1", None, np.bool_(True), {}, [[1.0]], [True], object(), 1j])
    def test_what_is_no_number_is_refused_by_name(self, value: Any) -> None:
        with pytest.raises(RecordError, match=r"'train/odd'.*is not a number"):
            encode_metrics(MetricsRecord(t=0.0, step=0, values={"train/odd": value}))

    @pytest.mark.parametrize("name", sorted(RESERVED))
    def test_a_reserved_name_is_refused(self, name: str) -> None:
        with pytest.raises(RecordError, match=f"'{name}' is a reserved key"):
            encode_metrics(MetricsRecord(t=0.0, step=0, values={name: 1.0}))

    @pytest.mark.parametrize(
        ("t", "step"), [(math.nan, 0), (math.inf, 0), (1e300, 0), (0.0, -1), (0.0, 10**16), (0.0, 1.5), (0.0, True)]
    )
    def test_a_time_and_a_step_are_needed(self, t: float, step: Any) -> None:
        with pytest.raises(RecordError):
            encode_metrics(MetricsRecord(t=t, step=step))

    def test_an_unpaired_surrogate_in_a_name_is_replaced(self) -> None:
        line = encode_metrics(MetricsRecord(t=0.0, step=0, values={"a\ud800": 1.0}))
        assert decode_metrics(line).values == {"a\ufffd": 1.0}

    @pytest.mark.parametrize("bad", ["null", "true", '"high"', "{}", "[[1]]", "[null]"])
    def test_a_value_that_is_no_number_is_left_out_and_named(self, bad: str) -> None:
        record = decode_metrics(f'{{"t":1,"step":2,"good":3,"bad":{bad}}}'.encode())
        assert record == MetricsRecord(t=1.0, step=2, values={"good": 3.0}, ignored=("bad",))

    def test_an_epoch_that_is_no_number_is_left_out_and_named(self) -> None:
        assert decode_metrics(b'{"t":1,"step":2,"epoch":"NaN"}').ignored == ("epoch",)
        assert decode_metrics(b'{"t":1,"step":2,"epoch":1e300}').ignored == ("epoch",)

    def test_whole_numbers_written_as_floats_are_steps(self) -> None:
        assert decode_metrics(b'{"t":1,"step":2.0}').step == 2

    @pytest.mark.parametrize(
        "line",
        [
            b"",
            b"\n",
            b"null",
            b"[]",
            b"1",
            b"{",
            b'{"t":1}',
            b'{"step":1}',
            b'{"t":1,"step":-1}',
            b'{"t":1,"step":1.5}',
            b'{"t":1,"step":true}',
            b'{"t":"NaN","step":1}',
            b'{"t":null,"step":1}',
            b'{"t":1e300,"step":1}',
            b'{"t":-1e13,"step":1}',
            b'{"t":1,"step":10000000000000000}',
            b'{"t":1,"step":1e300}',
            b'{"t":1,"step":1,"a":NaN}',
            b'{"t":1,"step":1}{"t":1,"step":1}',
            b"\x00" * 4096,
            b'{"t":1,"step":1,"\xff":1}',
            b"[" * 100_000,
        ],
    )
    def test_a_line_that_is_no_record_is_a_bad_line(self, line: bytes) -> None:
        for decode in (decode_metrics, decode_event, decode_system):
            with pytest.raises(BadLine):
                decode(line)

    @given(st.binary(max_size=200))
    def test_garbage_is_a_record_or_a_bad_line_and_nothing_else(self, garbage: bytes) -> None:
        for decode in (decode_metrics, decode_event, decode_system, decode_manifest):
            with suppress(BadLine):
                decode(garbage)

    @pytest.mark.parametrize(
        ("decode", "line"),
        [
            (decode_metrics, b'{"t":1,"step":1,"a":[%s]}'),
            (decode_metrics, b'{"t":1,"step":1,"epoch":%s}'),
            (decode_system, b'{"t":1,"step":1,"rank":%s}'),
            (decode_event, b'{"t":1,"step":1,"kind":"k","data":{"a":%s}}'),
            (decode_event, b'{"t":1,"step":1,"kind":"k","message":%s}'),
            (decode_manifest, b'{"run":"r","started":1,"state":%s}'),
            (decode_manifest, b'{"run":"r","started":1,"state":"running","versions":{"a":%s}}'),
        ],
    )
    @pytest.mark.parametrize("bracket", [b"[]", b"{}"])
    def test_lists_nested_as_deep_as_json_allows_are_a_bad_line(
        self, decode: Callable[[bytes], object], line: bytes, bracket: bytes
    ) -> None:
        opening = b"[" if bracket == b"[]" else b'{"a":'
        with pytest.raises(BadLine, match=r"nested (more than|too deeply)"):
            decode(line % (opening * 1000 + bracket + bracket[1:] * 1000))

    def test_many_short_lists_are_not_deep(self) -> None:
        line = b'{"t":1,"step":1,"kind":"k","data":{"rows":[%s]}}' % b",".join([b"[1]"] * 100)
        assert decode_event(line).data == {"rows": [[1]] * 100}

    def test_an_error_does_not_spell_out_a_long_list(self) -> None:
        with pytest.raises(BadLine, match=r"state must be one of .*, not a list of 100000"):
            decode_manifest(b'{"run":"r","started":1,"state":[%s]}' % b",".join([b"[1]"] * 100_000))

    def test_a_bad_line_is_quoted_not_repeated(self) -> None:
        with pytest.raises(BadLine) as caught:
            decode_metrics(b"x" * 1_000_000)
        assert len(str(caught.value)) < 300

    @given(metrics_records, st.data())
    def test_a_truncated_line_is_never_another_record(self, record: MetricsRecord, data: st.DataObject) -> None:
        line = encode_metrics(record).rstrip(b"\n")
        cut = data.draw(st.integers(0, len(line) - 1))
        with pytest.raises(BadLine):
            decode_metrics(line[:cut])


class TestSystem:
    @given(finite, steps, st.integers(0, 10_000), values)
    def test_a_record_survives_its_line(self, t: float, step: int, rank: int, read: dict[str, Value]) -> None:
        decoded = decode_system(encode_system(SystemRecord(t=t, step=step, rank=rank, values=read)))
        assert (decoded.t, decoded.step, decoded.rank) == (t, step, rank)
        assert nan_safe(decoded.values) == nan_safe(read)

    def test_a_line_without_a_rank_is_rank_zeros(self) -> None:
        assert decode_system(b'{"t":1,"step":2,"cpu/percent":3}').rank == 0

    @pytest.mark.parametrize("rank", ["-1", "1.5", "true", '"0"'])
    def test_a_rank_is_a_whole_number(self, rank: str) -> None:
        with pytest.raises(BadLine, match="rank"):
            decode_system(f'{{"t":1,"step":2,"rank":{rank}}}'.encode())


class TestEvents:
    @given(finite, steps, st.sampled_from(Level), st.text(), st.text())
    def test_a_record_survives_its_line(self, t: float, step: int, level: Level, kind: str, message: str) -> None:
        data = {"kl": math.nan, "series": [1, math.inf], "nested": {"why": "β < ½·β_max"}, "none": None, "flag": True}
        record = EventRecord(t=t, step=step, level=level, kind=kind, message=message, data=data)
        line = encode_event(record)
        strict(line)
        decoded = decode_event(line)
        assert nan_safe(decoded.data) == nan_safe(data)
        assert replace(decoded, data={}) == replace(record, data={})

    def test_data_that_json_cannot_carry_is_written_as_text(self) -> None:
        cycle: dict[str, Any] = {}
        cycle["self"] = cycle
        data = {"path": Path("a/b"), "set": {3}, "level": Level.RED, 7: "key", "cycle": cycle, "array": np.arange(2)}
        line = encode_event(EventRecord(t=0.0, step=0, level=Level.INFO, kind="k", data=data))  # type: ignore[arg-type]
        decoded = decode_event(line).data
        assert decoded["path"] == "a/b"
        assert decoded["set"] == [3]
        assert decoded["level"] == "red"
        assert decoded["7"] == "key"
        assert decoded["array"] == [0, 1]

    def test_unpaired_surrogates_in_text_are_replaced(self) -> None:
        record = EventRecord(
            t=0.0, step=0, level=Level.INFO, kind="k\udc00", message="\ud800", data={"\ud800": "\ud800"}
        )
        decoded = decode_event(encode_event(record))
        assert (decoded.kind, decoded.message, decoded.data) == ("k\ufffd", "\ufffd", {"\ufffd": "\ufffd"})

    def test_a_level_from_the_future_is_read_as_info(self) -> None:
        assert decode_event(b'{"t":1,"step":2,"level":"purple","kind":"k"}').level is Level.INFO

    def test_severity_orders_the_levels(self) -> None:
        assert [level.severity for level in Level] == [0, 0, 1, 2, 3]


class TestManifest:
    manifest = Manifest(
        run="run-1",
        started=1.0,
        updated=2.0,
        state=RunState.FAILED,
        ended=3.0,
        reason="ValueError: no",
        host="node7",
        pid=42,
        boot_id="b",
        process_start=99,
        total_steps=100,
        total_epochs=1.5,
        versions={"torch": "2"},
        config={"lr": 1e-4, "path": "x", "clip": "Infinity"},
    )

    def test_a_manifest_survives_its_file(self) -> None:
        assert decode_manifest(encode_manifest(self.manifest)) == self.manifest

    def test_a_config_may_hold_anything(self) -> None:
        config = {"dir": Path("/data"), "clip": math.inf, "levels": (1, 2)}
        body = strict(encode_manifest(replace(self.manifest, config=config)))
        assert body["config"] == {"dir": "/data", "clip": "Infinity", "levels": [1, 2]}

    def test_only_run_started_and_state_are_needed(self) -> None:
        manifest = decode_manifest(b'{"run":"r","started":1,"state":"running","new_key":[]}')
        assert manifest == Manifest(run="r", started=1.0, updated=1.0)

    @pytest.mark.parametrize(
        "body",
        [
            '{"run":"r","started":1}',
            '{"run":"r","started":1,"state":"dreaming"}',
            '{"run":7,"started":1,"state":"running"}',
            '{"run":"r","started":"now","state":"running"}',
            '{"run":"r","started":1,"state":"running","pid":"7"}',
            '{"run":"r","started":1,"state":["running"]}',
        ],
    )
    def test_a_missing_or_odd_field_is_a_bad_line(self, body: str) -> None:
        with pytest.raises(BadLine):
            decode_manifest(body.encode())
