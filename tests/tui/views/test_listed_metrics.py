"""Names in the order of the list, worked out no more often than there are others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from seqsetvae.stream.codec import encode_metrics
from seqsetvae.stream.records import MetricsRecord
from tests.logs.reading import block_of
from tests.tui.logs import T0, ScriptedSource
from tests.tui.test_app import SIZE, app_of, shown, text_of
from tui.panes.metrics_pane import MetricsPane
from tui.store.run_data import RunData
from tui.views.listed_metrics import MetricNames


def line(step: int, *names: str) -> bytes:
    return encode_metrics(MetricsRecord(t=T0 + step, step=step, values=dict.fromkeys(names, 1.0)))


def run(*names: str) -> RunData:
    data = RunData()
    data.apply(block_of(line(1, *names)))
    return data


def test_the_posterior_comes_first_and_a_filter_keeps_the_order() -> None:
    data, names = run("train/loss", "extra", "posterior/kl", "train/kl"), MetricNames()
    assert names.of(data) == ("posterior/kl", "train/kl", "train/loss", "extra")
    assert names.of(data, "kl") == ("posterior/kl", "train/kl")


@pytest.mark.parametrize("pattern", ["", "kl"])
def test_new_values_are_no_reason_to_sort_or_filter_again(pattern: str) -> None:
    data, names = run("train/kl", "train/loss"), MetricNames()
    first = names.of(data, pattern)
    data.apply(block_of(line(2, "train/kl", "train/loss")))
    assert names.of(data, pattern) is first


@pytest.mark.parametrize("pattern", ["", "kl"])
def test_a_metric_that_appears_is_listed(pattern: str) -> None:
    data, names = run("train/kl"), MetricNames()
    names.of(data, pattern)
    data.apply(block_of(line(2, "val/kl")))
    assert names.of(data, pattern) == ("train/kl", "val/kl")


def test_another_run_has_other_names() -> None:
    names = MetricNames()
    assert [names.of(run(name), "") for name in ("a", "b")] == [("a",), ("b",)]


async def test_of_ten_thousand_metrics_a_look_takes_only_those_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    source = ScriptedSource(("wide",), steps=0)
    source.feed("wide", line(1, *(f"layer/{place:05}" for place in range(10_000))))
    app, taken, latest = app_of(source), list[str](), RunData.latest

    def noted(data: RunData, names: Sequence[str]) -> tuple[tuple[float, int], ...]:
        taken.extend(names)
        return latest(data, names)

    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        monkeypatch.setattr(RunData, "latest", noted)
        source.feed("wide", line(2, *(f"layer/{place:05}" for place in range(10_000))))
        await pilot.press("n")
        await shown(app, pilot)
        assert "00001" in text_of(app, MetricsPane)
        assert len(set(taken)) < 50
