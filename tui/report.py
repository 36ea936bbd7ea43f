"""The report of `--once`: for people with rich and plotext, for programs as JSON."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from datetime import tzinfo
from typing import IO, Any, cast

import numpy as np
import plotext
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from seqsetvae.i18n.language import tr, translated
from seqsetvae.logs.series_view import Axis, SeriesView
from seqsetvae.logs.standing import verdict_of
from seqsetvae.stream.values import clean_text
from seqsetvae.strict_json import encode_pretty
from tui.chart.downsample import reduce_columns
from tui.chart.scale import Floats, fit
from tui.chart.sparkline import draw_sparkline
from tui.follow.liveness import State
from tui.store.run_data import RunData
from tui.store.run_info import RunInfo
from tui.store.store import Store
from tui.terminal.plain_text import PlainFile
from tui.views.data_facts import data_facts
from tui.views.event_text import event_text
from tui.views.format import clean, clock_time, duration, number, padded, percent, visible_json, whole
from tui.views.latent import latent_of
from tui.views.limit_lines import PINNED, Limits
from tui.views.metric_values import metrics_of, run_limits
from tui.views.run_state import liveness_of, pace_of
from tui.what_if.overrides import ALARMS, NO_OVERRIDES, WhatIf

_WIDTH = 100
_CHART_HEIGHT = 12
_CHARTED = ("posterior/kl", "train/loss")
_EVENTS = 8
_METRICS = 300
"""Metrics in the table, more than anyone reads; rich takes two milliseconds for each."""

_SPARK_WIDTH = 20
_LEVEL_STYLES = {"info": "dim", "green": "green", "yellow": "yellow", "orange": "dark_orange", "red": "bold red"}


def print_report(
    store: Store,
    run: str | None,
    *,
    pattern: str = "",
    as_json: bool = False,
    ascii_only: bool = False,
    what_if: WhatIf | None = None,
    clock: Callable[[], float] = time.time,
    zone: tzinfo | None = None,
    console: Console | None = None,
) -> None:
    """Print what is known of a run, which must have been read; None when there is none.

    Args:
        store: where the numbers are.
        run: the run's name.
        pattern: the filter on metrics.
        as_json: for programs.
        ascii_only: for a terminal, or a pipe, without UTF-8.
        what_if: what other thresholds would have said.
        clock: the present, in unix seconds.
        zone: time zone of clock times; the machine's own when None.
        console: prints; standard output when None.
    """
    if as_json:
        facts = encode_pretty(facts_of(store, run, pattern, clock(), what_if))
        sys.stdout.buffer.write(visible_json(facts))
        sys.stdout.buffer.flush()
        return
    console = console or _console(ascii_only=ascii_only)
    if run is None:
        console.print(
            Text(
                tr(
                    "No runs in {logdir} yet: seqsetvae-train writes one as soon as it starts.",
                    logdir=clean(str(store.logdir)),
                )
            )
        )
        return
    console.print(report_of(store, run, pattern, clock(), zone, console.width, what_if))


class _Console(Console):
    """Leaves a pipe that is closed early to whoever prints; rich would end the program with a status of its own."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _console(*, ascii_only: bool) -> Console:
    file = cast(IO[str], PlainFile(sys.stdout)) if ascii_only else sys.stdout
    console = _Console(file=file, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH
    return console


def report_of(
    store: Store,
    run: str,
    pattern: str,
    now: float,
    zone: tzinfo | None = None,
    width: int = _WIDTH,
    what_if: WhatIf | None = None,
) -> RenderableType:
    """The report for people."""
    data, info = store.data(run), store.run(run)
    changed = what_if.changed if what_if is not None else NO_OVERRIDES
    names = data.names()
    charted = [name for name in names if name in _CHARTED] or names[:1]
    facts = " · ".join(clean(translated(text)) for text, _ in data_facts(data.facts))
    parts: list[RenderableType] = [_heading(store, info, data, run, now)]
    parts += [_chart(name, view, width) for name in charted if (view := data.series(name)) is not None and view.count]
    parts += [
        _metric_table(data, run_limits(info, data, changed), pattern),
        *_events(data, zone),
        *_what_if(what_if),
        Text(tr("data: {facts}", facts=facts), style="dim"),
    ]
    return Group(*parts)


def _heading(store: Store, info: RunInfo | None, data: RunData, run: str, now: float) -> RenderableType:
    if info is None:
        return Text(tr("{run} is gone", run=clean(run)))
    liveness = liveness_of(info, data.head, now)
    pace = pace_of(info, data, now, running=liveness.state in (State.RUNNING, State.STALLED))
    verdict = verdict_of(data.events())
    line = Text(translated(liveness.state.value), style="bold")
    if liveness.reason:
        line.append(f" ({clean(translated(liveness.reason))})", style="dim")
    for label, text in (
        (tr("for"), duration(pace.elapsed)),
        (tr("step"), f"{whole(pace.step)}{f'/{whole(pace.total)}' if pace.total else ''}"),
        (tr("progress"), percent(pace.share) if pace.share is not None else "–"),
        (tr("epoch"), f"{pace.epoch:.2f}" if pace.epoch is not None else "–"),
        (tr("ETA"), duration(pace.left)),
        (tr("patients/s"), number(pace.patients_per_second, 3)),
        (tr("last write"), tr("{age} ago", age=duration(liveness.silence)) if liveness.silence is not None else "–"),
    ):
        if text not in ("–", ""):
            line.append("  ·  ", style="dim").append(f"{label} ", style="dim").append(text)
    rows = [line]
    latent = latent_of(data)
    if latent is not None:
        sizes = tr("{active} of {count} dimensions active", active=latent.active, count=latent.dimensions)
        rows.append(Text(tr("latent: {sizes}", sizes=sizes)))
    if verdict is not None:
        level = verdict.level.value
        said = tr("{level}: {message}", level=translated(level), message=event_text(verdict))
        rows.append(Text(said, style=_LEVEL_STYLES[level]))
    where = tr("{runs} in {logdir}", runs=_runs(len(store.runs())), logdir=clean(str(store.logdir)))
    return Panel(Group(*rows), title=Text(clean(run)), subtitle=Text(where))


def _runs(count: int) -> str:
    return tr("1 run") if count == 1 else tr("{count} runs", count=count)


def _metric_table(data: RunData, limits: Limits, pattern: str) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in (tr("metric"), ""):
        table.add_column(column, header_style="dim")
    for column in (tr("latest"), tr("min"), tr("max"), tr("limit"), tr("points")):
        table.add_column(column, justify="right", header_style="dim")
    metrics = metrics_of(data, limits, pattern)
    for metric in metrics[:_METRICS]:
        view = data.series(metric.name)
        if view is None:
            continue
        table.add_row(
            Text(clean(metric.name, 60), style="bold" if metric.name in PINNED else ""),
            Text(draw_sparkline(view.points(Axis.STEP), _SPARK_WIDTH, 1).plain(), style="cyan"),
            Text(number(metric.value), style="bold red" if metric.alarmed else "bold"),
            Text(number(_extreme(view.low, np.min))),
            Text(number(_extreme(view.high, np.max))),
            Text(metric.limit.label if metric.limit is not None else "", style="dim"),
            Text(whole(view.count + view.nonfinite), style="dim"),
        )
    if len(metrics) <= _METRICS:
        return table
    more = tr("… {count:,} more metrics: choose some with --metrics GLOB", count=len(metrics) - _METRICS)
    return Group(table, Text(more, style="dim"))


def _extreme(values: Floats, pick: Callable[[Floats], Any]) -> float | None:
    finite = values[np.isfinite(values)]
    return float(pick(finite)) if len(finite) else None


def _events(data: RunData, zone: tzinfo | None) -> list[RenderableType]:
    events = data.events()
    lines: list[RenderableType] = [Text("")]
    if len(events) > _EVENTS:
        lines.append(Text(tr("… {count} earlier events", count=len(events) - _EVENTS), style="dim"))
    for event in events[-_EVENTS:]:
        level = event.level.value
        text = Text(f"{clock_time(event.t, zone)}  {tr('step')} {whole(event.step):>9}  ", style="dim")
        text.append(padded(translated(level), 7), style=_LEVEL_STYLES[level]).append(event_text(event), style="default")
        lines.append(text)
    return [*lines, Text("")]


def _what_if(what_if: WhatIf | None) -> list[RenderableType]:
    """What other thresholds would have made of the run."""
    if what_if is None:
        return []
    settings = ", ".join(f"{name} {value}" for name, value in what_if.changed.items())
    line = Text(tr("with {settings}: ", settings=clean(settings)), style="bold")
    for place, level in enumerate(ALARMS):
        step = what_if.history.first_at_least(level)
        line.append(" · " if place else "", style="dim")
        when = tr("never") if step is None else tr("at step {step}", step=whole(step))
        line.append(translated(level.value), style=_LEVEL_STYLES[level]).append(f" {when}", style="not bold")
    latest, checks = what_if.history.latest, whole(what_if.history.checks)
    now = tr("no verdict of {checks} checks", checks=checks)
    if latest is not None:
        now = tr("{level} at the last of {checks} checks", level=translated(latest.level.value), checks=checks)
    line.append(f" · {now}", style="dim")
    return [line, Text("")]


def _chart(name: str, view: SeriesView, width: int) -> RenderableType:
    """A metric over steps, drawn by plotext from the smallest and largest value of each column."""
    points = view.points(Axis.STEP)
    span = points.span
    if span is None or not span[1] > span[0]:
        last = tr("{value} at step {step}", value=number(view.last), step=whole(view.last_step))
        return Text(tr("{metric}: {last}", metric=clean(name), last=last))
    count = max(width - 12, 20)
    columns = reduce_columns(points, *span, count)
    x: list[float] = []
    y: list[float] = []
    for place in range(count):
        low, high = columns.low[place], columns.high[place]
        if math.isfinite(low):
            x += [span[0] + (place + 0.5) / count * (span[1] - span[0])] * 2
            y += [float(low), float(high)]
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, _CHART_HEIGHT)
    figure.theme("simple")
    figure.title(clean(name, 60))
    for axis, scale, room in (("x", fit(*span), 7), ("y", fit(min(y), max(y)), 4)):
        ticks = scale.ticks(room)
        figure.ruler(axis).ticks([tick.value for tick in ticks], [tick.label for tick in ticks])
    figure.draw(figure.signal(x, y, marker="braille").lines())
    return Text.from_ansi(figure.build().string())


def facts_of(store: Store, run: str | None, pattern: str, now: float, what_if: WhatIf | None = None) -> dict[str, Any]:
    """The report for programs; numbers that JSON cannot carry are the strings "NaN", "Infinity" and "-Infinity"."""
    runs = [clean(info.name) for info in store.runs()]
    if run is None:
        return {"logdir": clean_text(str(store.logdir)), "runs": runs, "run": None}
    data, info = store.data(run), store.run(run)
    liveness = liveness_of(info, data.head, now) if info is not None else None
    pace = pace_of(info, data, now, running=liveness is not None and liveness.state is State.RUNNING)
    verdict = verdict_of(data.events())
    facts = data.facts
    changed = what_if.changed if what_if is not None else NO_OVERRIDES
    return {
        "logdir": clean_text(str(store.logdir)),
        "runs": runs,
        "run": clean(run),
        "state": liveness.state.value if liveness is not None else None,
        "silence_seconds": liveness.silence if liveness is not None else None,
        "step": pace.step,
        "total_steps": pace.total,
        "epoch": pace.epoch,
        "elapsed_seconds": pace.elapsed,
        "left_seconds": pace.left,
        "steps_per_second": pace.steps_per_second,
        "patients_per_second": pace.patients_per_second,
        "level": verdict.level.value if verdict is not None else None,
        "metrics": {
            metric.name: _metric_facts(metric.value, data.series(metric.name))
            for metric in metrics_of(data, run_limits(info, data, changed), pattern)
        },
        "events": [
            {"t": event.t, "step": event.step, "level": event.level.value, "kind": event.kind, "message": event.message}
            for event in data.events()
        ],
        "data": {
            "lines": facts.lines,
            "bad_lines": facts.bad_lines,
            "ignored_values": facts.ignored_values,
            "superseded": facts.superseded,
            "problem": clean_text(facts.problem) if facts.problem is not None else None,
        },
        **({"what_if": _what_if_facts(what_if)} if what_if is not None else {}),
    }


def _what_if_facts(what_if: WhatIf) -> dict[str, Any]:
    return {
        "settings": dict(what_if.changed),
        "checks": what_if.history.checks,
        "first": {level.value: what_if.history.first_at_least(level) for level in ALARMS},
        "level": what_if.history.latest.level.value if what_if.history.latest is not None else None,
    }


def _metric_facts(value: float, view: SeriesView | None) -> dict[str, Any]:
    if view is None:
        return {"latest": _wire(value)}
    return {
        "latest": _wire(value),
        "step": int(view.last_step),
        "min": _extreme(view.low, np.min),
        "max": _extreme(view.high, np.max),
        "points": view.count + view.nonfinite,
        "not_finite": view.nonfinite,
    }


def _wire(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
