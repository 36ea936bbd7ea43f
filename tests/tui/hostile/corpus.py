"""Hostile logs: small files by name, as a broken disk, a foreign program or an enemy might leave them in a LOGDIR."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from tests.tui.logs import T0, lines

TEXTS: Mapping[str, str] = {
    "markup": "[00] [bold]a[/] [/] [link=https://x.y]b[/link] [@click=app.quit]c[/] \\[d]",
    "csi": "\x1b[2J\x1b[31mred\x1b[0m\x1b[6n",
    "osc": "\x1b]0;title\x07\x1b]52;c;aGk=\x1b\\\x1b]8;;http://x.y\x07",
    "c0": "a\x00b\x08\x08c\rd\ne\x0b\x0c\x0e\x7f\tf",
    "c1": "\x9b2J\x9d0;title\x9c\x90q\x85",
    "bidi": "\u202eabc\u202d \u2066x\u2069 \u200f \u061c",
    "zero width": "\u200b\u200c\u200d\ufeff\u2060\u00ad",
    "combining": "e" + "\u0301\u0323\u20dd" * 200 + "\u0300",
    "wide": "漢字かな" * 30 + "👩‍👩‍👧‍👦🏳️‍🌈",
    "private": "\ue000\uf8ff\U000f0000\ufffe\U0010ffff",
    "separators": "a\u2028b\u2029c",
    "long": "x" * 20_000,
    "empty": "",
    "formula": "=cmd|' /C calc'!A0",
}
"""Texts that try to be more than text."""

RAW = frozenset(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))) | frozenset(
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u061c\u2028\u2029"
)
"""Characters that no terminal may be handed from a log."""

NUMBERS = (
    "0",
    "-0.0",
    "1e308",
    "-1e308",
    "5e-324",
    "1e300",
    "9007199254740993",
    "18446744073709551615",
    "1" + "0" * 300,
    "1e999",
    "-1e999",
    '"NaN"',
    '"Infinity"',
    '"-Infinity"',
    "NaN",
    "true",
    "null",
    '"7"',
    "[]",
    "[1,2,3]",
    '["NaN","Infinity",1e308]',
    "[[1]]",
    "{}",
)
"""What may stand where a number is expected."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostileRun:
    """A run's files by name; `make` does what bytes cannot say. `problem` is what the data line must say of it."""

    metrics: bytes | None = None
    events: bytes | None = None
    system: bytes | None = None
    manifest: bytes | None = None
    make: Callable[[Path], None] | None = None
    problem: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)

    def write(self, run: Path) -> Path:
        """The run in a directory that is not there yet."""
        run.mkdir(parents=True)
        named = {"metrics.jsonl": self.metrics, "events.jsonl": self.events, "system.jsonl": self.system}
        for name, content in {**named, "run.json": self.manifest, **self.files}.items():
            if content is not None:
                (run / name).write_bytes(content)
        if self.make is not None:
            self.make(run)
        return run


GOOD = lines(0, 30)


def metrics_line(body: str) -> bytes:
    """A line of metrics whose other members are written out by hand."""
    return f'{{"t":{T0},"step":7,{body}}}\n'.encode()


def _line(**members: object) -> bytes:
    return orjson.dumps({"t": T0 + 5, "step": 5, **members}) + b"\n"


def _manifest(**members: object) -> bytes:
    return orjson.dumps({"run": "r", "started": T0, "state": "running", **members})


def _texts() -> Iterator[tuple[str, HostileRun]]:
    for name, text in TEXTS.items():
        event = {"kind": text, "message": text, "level": "red"}
        data = {"reasons": [text] * 3, "advice": [text], "condition": text, "healthy": text, text: text}
        yield (
            f"text: {name}",
            HostileRun(
                metrics=GOOD
                + _line(**{text: 1.0, f"train/{text}": 2.0, f"{text}/a": 3.0, f"posterior/{text}": [1, 2]}),
                events=_line(**event, data=data) + _line(kind="stop", message=text, level="red"),
                system=_line(**{f"cpu/{text}": 1.0, "gpu0/utilization": 5, text: 1}),
                manifest=_manifest(
                    run=text, reason=text, host=text, state="failed", versions={text: text}, config={text: text}
                ),
            ),
        )
        if name in ("csi", "long", "markup"):
            yield (
                f"state: {name}",
                HostileRun(metrics=GOOD, manifest=_manifest(state=text), problem="is not a manifest"),
            )


def _numbers() -> Iterator[tuple[str, HostileRun]]:
    """Each number in every place of every file where one is expected."""
    for number in NUMBERS:
        value = number.encode()
        members = (
            b'"t":1,"step":1,"train/loss":%s,"posterior/kl":%s',
            b'"t":%s,"step":2,"a":1',
            b'"t":1,"step":%s,"a":1',
            b'"t":1,"step":3,"epoch":%s,"a":1',
        )
        odd = _filled(members, value)
        events = (
            b'"t":%s,"step":1,"level":"orange","kind":"k"',
            b'"t":1,"step":%s,"level":"red","kind":"k"',
            b'"t":1,"step":9,"level":"info","kind":"resumed","data":{"step":%s,"metrics_bytes":%s}',
            b'"t":2,"step":1,"level":"red","kind":"collapse","data":{"condition":"c","since":%s,"reasons":%s}',
        )
        gauges = (
            b'"t":1,"step":1,"cpu/percent":%s,"cpu/memory_used":%s,"cpu/memory_total":1,"gpu0/utilization":%s',
            b'"t":%s,"step":%s,"rank":%s,"gpu0/memory_used":%s,"gpu0/memory_total":1',
        )
        times = b'"started":%s,"updated":%s,"ended":%s,"pid":%s,"totals":{"steps":%s,"epochs":%s}'
        totals = b'"started":1,"totals":{"steps":%s,"epochs":%s},"config":{"kl_threshold":%s,"latent_dim":%s}'
        for name, manifest in (("times", times), ("totals", totals)):
            yield (
                f"{name} {number[:24]}",
                HostileRun(
                    metrics=GOOD + odd + GOOD + odd,
                    events=_filled(events, value),
                    system=_filled(gauges, value) * 2,
                    manifest=_filled((b'"run":"r","state":"running",' + manifest,), value),
                ),
            )


def _filled(bodies: Sequence[bytes], value: bytes) -> bytes:
    return b"".join(b"{%s}\n" % (body % ((value,) * body.count(b"%s"))) for body in bodies)


def _lines() -> Iterator[tuple[str, HostileRun]]:
    deep = b"[" * 1000 + b"]" * 1000
    yield "nothing at all", HostileRun(metrics=b"", events=b"", system=b"", manifest=b"")
    yield "no newline", HostileRun(metrics=GOOD[:-1], events=b"{", system=b"{")
    yield "blank lines", HostileRun(metrics=b"\n\r\n \n" + GOOD + b"\n\n")
    yield "zeros", HostileRun(metrics=GOOD + b"\0" * 5000 + b"\n" + GOOD, events=b"\0" * 5000, system=b"\0\n")
    every_byte = bytes(range(256)) * 40
    yield "random bytes", HostileRun(metrics=every_byte, events=every_byte, system=every_byte)
    yield "not UTF-8", HostileRun(metrics=GOOD + b'{"t":1,"step":1,"\xff\xfe":1}\n', events=b'{"kind":"\xc3\x28"}\n')
    yield "byte order mark", HostileRun(metrics=b"\xef\xbb\xbf" + GOOD, manifest=b"\xef\xbb\xbf{}")
    yield "UTF-16", HostileRun(metrics=GOOD.decode().encode("utf-16"), events=GOOD.decode().encode("utf-16"))
    yield "carriage returns", HostileRun(metrics=GOOD.replace(b"\n", b"\r\n"))
    yield "several objects a line", HostileRun(metrics=GOOD.replace(b"\n{", b"{") + GOOD)
    yield "duplicate keys", HostileRun(metrics=GOOD + metrics_line('"a":1,"a":2,"t":3,"step":1,"step":2') + GOOD)
    yield (
        "other shapes",
        HostileRun(metrics=b'[]\n"a"\n1\nnull\n{}\n{"t":1}\n' + GOOD, events=b"[]\n{}\n", manifest=b"[]"),
    )
    yield (
        "deep nesting",
        HostileRun(
            metrics=GOOD + metrics_line(f'"a":{deep.decode()}'),
            events=metrics_line(f'"kind":"k","level":"red","message":{deep.decode()},"data":{{"x":{deep.decode()}}}'),
            system=metrics_line(f'"cpu/percent":{deep.decode()},"rank":{deep.decode()}'),
            manifest=_manifest(config={})[:-2] + b'{"x":' + deep + b"}}",
        ),
    )
    yield "deeper nesting", HostileRun(metrics=GOOD + b"[" * 100_000 + b"\n", events=b"[" * 100_000 + b"\n")
    yield "steps that go back", HostileRun(metrics=GOOD + lines(0, 20) + lines(5, 6) + lines(0, 1))
    yield (
        "a clock that jumps",
        HostileRun(
            metrics=b"".join(
                b'{"t":%s,"step":%d,"train/loss":1}\n' % (t, step)
                for step, t in enumerate((b"1", b"1e18", b"-1e9", b"1e300", b"-1.7e308", b"1.7e308", b"1.7e9", b"0"))
            )
            + GOOD,
            events=b'{"t":1e300,"step":1,"kind":"k","level":"red"}\n{"t":-1e300,"step":1,"kind":"k","level":"orange"}\n',
        ),
    )
    yield "ten thousand metrics", HostileRun(metrics=_line(**{f"m{place}/x": place for place in range(10_000)}) + GOOD)
    yield "a name of a megabyte", HostileRun(metrics=_line(**{"a/" + "n" * 1_000_000: 1}) + GOOD)
    yield (
        "long texts in events",
        HostileRun(
            metrics=GOOD,
            events=_line(kind="k" * 5000, message="m" * 900_000, level="red", data={"reasons": ["r" * 500_000]}),
        ),
    )
    yield "a line beyond the limit", HostileRun(metrics=GOOD + b"x" * (3 << 20) + b"\n" + lines(30, 40))
    yield (
        "many ranks",
        HostileRun(metrics=GOOD, files={f"system-rank{rank}.jsonl": _line(rank=rank) for rank in range(99)}),
    )
    yield "no manifest", HostileRun(metrics=GOOD, events=_line(kind="k", level="purple"))
    yield (
        "a manifest from the future",
        HostileRun(metrics=GOOD, manifest=_manifest(format=99), problem="update seqsetvae"),
    )
    yield "a huge manifest", HostileRun(metrics=GOOD, manifest=b" " * (5 << 20), problem="longer than 2 MiB")
    yield (
        "odd config",
        HostileRun(
            metrics=GOOD,
            manifest=_manifest(
                config={
                    "kl_threshold": [],
                    "detector": {},
                    "latent_dim": -1,
                    "beta": "x" * 9999,
                    "warmup": None,
                    "": {},
                }
            ),
        ),
    )


def _places() -> Iterator[tuple[str, HostileRun]]:
    def swapped(name: str, put: Callable[[Path], object]) -> Callable[[Path], None]:
        def make(run: Path) -> None:
            (run / name).unlink(missing_ok=True)
            put(run / name)

        return make

    for name in ("metrics.jsonl", "events.jsonl", "system.jsonl", "run.json"):
        file, problem = name, f"{name} is not a regular file" if name != "system.jsonl" else ""
        yield f"{name} is a pipe", HostileRun(metrics=GOOD, make=swapped(file, os.mkfifo), problem=problem)
        yield (
            f"{name} is a device",
            HostileRun(metrics=GOOD, make=swapped(file, lambda path: path.symlink_to("/dev/zero")), problem=problem),
        )
        problem = f"{name}: Is a directory" if name != "system.jsonl" else ""
        yield f"{name} is a directory", HostileRun(metrics=GOOD, make=swapped(file, Path.mkdir), problem=problem)
        problem = f"{name}: Too many levels of symbolic links" if name != "system.jsonl" else ""
        yield (
            f"{name} is a circle of links",
            HostileRun(metrics=GOOD, make=swapped(file, lambda path: path.symlink_to(path.name)), problem=problem),
        )


CORPUS: Mapping[str, HostileRun] = dict((*_texts(), *_numbers(), *_lines(), *_places()))
"""Every hostile run by name."""
