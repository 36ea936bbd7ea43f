"""What the watcher promises, beside what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Measured = Mapping[str, Mapping[str, float]]
"""Figures by name, of each scenario by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One promise: the largest value of a figure, and a figure of something plain from the same hour beside it."""

    what: str
    scenario: str
    figure: str
    most: float | None = None
    beside: tuple[str, str, str] | None = None
    """What it is, its scenario, its figure."""


_PAINT = ("bare app", "bare", "first_paint_s")
_IDLE = ("bare app idle", "bare", "idle_percent")
_KEY = ("bare app", "bare", "key_median_ms")
_PARSE = ("orjson loop", "day_parsing", "orjson_s")

TARGETS = (
    Target(
        what="first charts, a day of 864,000 steps", scenario="day", figure="first_charts_s", most=0.6, beside=_PAINT
    ),
    Target(what="the whole day on the screen", scenario="day", figure="whole_s", most=2.5, beside=_PARSE),
    Target(what="the same, opened for the first time", scenario="day", figure="first_open_s", beside=_PARSE),
    Target(what="peak memory", scenario="day", figure="peak_mb", most=120, beside=None),
    Target(what="a key while the day loads, p99", scenario="day_keys", figure="key_p99_ms", most=100, beside=_KEY),
    Target(what="a key after that, median", scenario="day", figure="key_median_ms", most=30, beside=_KEY),
    Target(what="a key after that, p95", scenario="day", figure="key_p95_ms", beside=_KEY),
    Target(
        what="`q` until the process is gone",
        scenario="day",
        figure="quit_s",
        most=0.3,
        beside=("bare app", "bare", "quit_s"),
    ),
    Target(what="100,000 steps on the screen", scenario="short", figure="whole_s", most=1.2, beside=_PAINT),
    Target(what="ten days: first charts", scenario="ten_days", figure="first_charts_s", most=0.6, beside=_PAINT),
    Target(what="ten days: all on the screen", scenario="ten_days", figure="whole_s"),
    Target(what="ten days: peak memory", scenario="ten_days", figure="peak_mb", beside=("one day", "day", "peak_mb")),
    Target(what="live, 12 metrics: processor", scenario="live", figure="cpu_percent", most=6, beside=_IDLE),
    Target(what="live: written to seen, median", scenario="live", figure="lag_median_ms", most=150),
    Target(what="live: written to seen, p95", scenario="live", figure="lag_p95_ms", most=300),
    Target(what="live: a key, median", scenario="live", figure="key_median_ms", most=30, beside=_KEY),
    Target(what="live, 200 metrics: processor", scenario="live_200", figure="cpu_percent", beside=_IDLE),
    Target(what="live, 200 metrics: written to seen, p95", scenario="live_200", figure="lag_p95_ms", most=300),
    Target(what="live, 80x24: processor", scenario="live_small", figure="cpu_percent", most=6, beside=_IDLE),
    Target(what="200 runs: first charts", scenario="many", figure="first_charts_s", most=1.5, beside=_PAINT),
    Target(what="200 runs: processor when idle", scenario="many", figure="idle_percent", most=3, beside=_IDLE),
)


def table(measured: Measured) -> list[str]:
    """The promises whose scenarios were measured, as lines of a Markdown table; what is missed is marked."""
    rows = [_row(target, measured) for target in TARGETS if target.figure in measured.get(target.scenario, {})]
    return ["| | measured | promised | beside it |", "| --- | --- | --- | --- |", *rows]


def _row(target: Target, measured: Measured) -> str:
    value = measured[target.scenario][target.figure]
    promised = "" if target.most is None else f"≤ {_with_unit(target.figure, target.most)}"
    if target.most is not None and value > target.most:
        promised += " **missed**"
    beside = ""
    if target.beside is not None:
        what, scenario, figure = target.beside
        known = measured.get(scenario, {}).get(figure)
        beside = "" if known is None else f"{what} {_with_unit(figure, known)}"
    return f"| {target.what} | {_with_unit(target.figure, value)} | {promised} | {beside} |"


def _with_unit(figure: str, value: float) -> str:
    unit = figure.rpartition("_")[2]
    if unit == "percent":
        return f"{value:.1f} %"
    return f"{value:.2f} s" if unit == "s" else f"{value:.0f} {unit.replace('mb', 'MB')}"
