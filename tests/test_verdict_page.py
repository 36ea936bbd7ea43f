"""What the pages say of the verdict is what the detector does: every number, condition, metric and remedy."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib
import inspect
import io
import itertools
import re
from pathlib import Path

import pytest

from seqsetvae.collapse.advice import advise
from seqsetvae.collapse.evidence import NO_INFORMATION
from seqsetvae.collapse.hysteresis import CLEAN_STEPS, ORANGE_STEPS, RED_STEPS, YELLOW_STEPS
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.response import BETA_CHECKS, BETA_FACTOR, BETA_TIMES
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import LEVELS, Condition
from seqsetvae.posterior.statistics import ACTIVE_VARIANCE, COLLAPSED_KL, COLLAPSED_SHARE
from seqsetvae.posterior.summary import PosteriorSummary
from seqsetvae.stream.codec import decode_event
from seqsetvae.training.callbacks.posterior_monitor import ABLATION_INTERVAL
from seqsetvae.training.config import TrainConfig
from tests.pages import (
    FLAG,
    GUIDES,
    README,
    README_CHINESE,
    ROOT,
    VERDICT,
    VERDICT_CHINESE,
    blocks_of,
    cells_of,
    text_of,
)


def in_force(name: str) -> object:
    """The value that the code has for `module.CONSTANT` or, as a default, for `--flag`."""
    if name.startswith("--"):
        return {field.name: field.default for field in dataclasses.fields(TrainConfig)}[name[2:]]
    module, _, constant = name.partition(".")
    value: object = getattr(importlib.import_module(f"seqsetvae.collapse.{module}"), constant)
    return value


@GUIDES
def test_every_number_of_the_guide_is_the_codes(guide: Path) -> None:
    quoted = {name[1:-1]: value for _, value, name in cells_of(guide, 3) if re.fullmatch(r"[\d.]+", value)}
    assert len(quoted) > 30
    assert quoted == {name: str(in_force(name)) for name in quoted}


def numbers_of(module: str) -> set[str]:
    """The constants that a module of the detector defines itself and that are numbers."""
    found = importlib.import_module(f"seqsetvae.collapse.{module}")
    assigned = [node for node in ast.parse(inspect.getsource(found)).body if isinstance(node, ast.Assign)]
    names = {name.id for node in assigned for name in ast.walk(node) if isinstance(name, ast.Name)}
    return {name for name in names if isinstance(getattr(found, name), int | float)}


@pytest.mark.parametrize("module", ["evidence", "diagnosis", "hysteresis", "posterior_course", "posterior_detector"])
def test_the_guide_leaves_no_number_of_the_detector_out(module: str) -> None:
    numbers = numbers_of(module)
    assert numbers
    assert {name for name in numbers if f"`{module}.{name}`" not in text_of(VERDICT)} == set()


def test_what_the_guide_says_in_words_is_the_codes_number() -> None:
    for path in (README, VERDICT):
        text = " ".join(text_of(path).split())
        assert f"abnormal for {YELLOW_STEPS} steps" in text
        assert f"agree for {ORANGE_STEPS} steps" in text
        assert f"orange for {RED_STEPS} steps" in text
    guide = " ".join(text_of(VERDICT).split())
    for sentence in (
        f"after {RED_STEPS} steps at orange",
        f"after {CLEAN_STEPS} steps with all numbers clearly well",
        f"mutual information below {NO_INFORMATION} nats",
        f"at most every {ABLATION_INTERVAL} steps",
        f"Var_x(μ_j) > {ACTIVE_VARIANCE}",
        f"KL_j < {COLLAPSED_KL} nats in at least {COLLAPSED_SHARE:.0%}".replace("%", " %"),
    ):
        assert sentence in guide
    assert BETA_FACTOR == 0.5
    assert (
        f"halves the largest β, again every {BETA_CHECKS} checks while that does not help, {BETA_TIMES} times" in guide
    )


def test_the_chinese_pages_say_the_same_numbers_in_words() -> None:
    for path in (README_CHINESE, VERDICT_CHINESE):
        assert f"异常持续 {YELLOW_STEPS} 步" in text_of(path)
        assert f"连续 {ORANGE_STEPS} 步一致" in text_of(path)
        assert f"处于橙色 {RED_STEPS} 步" in text_of(path)
    assert f"连续 {CLEAN_STEPS} 步所有数字都明显正常" in text_of(VERDICT_CHINESE)
    assert f"平均互信息低于 {NO_INFORMATION} 奈特" in text_of(VERDICT_CHINESE)
    assert f"最多每 {ABLATION_INTERVAL} 步测一次" in text_of(VERDICT_CHINESE)
    assert f"每 {BETA_CHECKS} 次检查再减一次，至多 {BETA_TIMES} 次" in text_of(VERDICT_CHINESE)


@GUIDES
def test_the_guide_has_every_condition_and_level(guide: Path) -> None:
    named = [row[0].strip("`") for row in cells_of(guide, 4)]
    assert {condition for condition in Condition if condition not in named} == set()
    assert all(mark in text_of(guide) for mark in "🟢🟡🟠🔴"[: len(LEVELS)])


@GUIDES
def test_every_metric_of_a_check_is_explained(guide: Path) -> None:
    summary = {field.name for field in dataclasses.fields(PosteriorSummary)} - {"levels", "dimensions"}
    names = {*summary, "kl", "variance", "active_units", "active_units_sigma", "collapsed_fraction", "verdict"}
    assert {name for name in names if f"`posterior/{name}`" not in text_of(guide)} == set()


def test_the_guide_has_every_remedy_that_the_detector_advises() -> None:
    seen = Observation(step=1, kl=0.1, max_beta=0.1)
    advice = {condition: advise(condition, seen, Thresholds(free_bits=0.1)) for condition in Condition}
    assert advice[Condition.COLLAPSE][0] in text_of(VERDICT)
    flags = set(FLAG.findall(" ".join(itertools.chain(*advice.values()))))
    assert flags
    assert {flag for flag in flags if flag not in text_of(VERDICT)} == set()


def test_the_guides_program_asks_a_log_again(monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = [content for language, content in blocks_of(VERDICT) if language == "python"]
    monkeypatch.chdir(ROOT)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(compile(program, "verdict.md", "exec"), {})
    steps = {
        level: int(step.replace(",", "")) for step, level in re.findall(r"^step ([\d,]+) (\w+)", said.getvalue(), re.M)
    }
    lines = (ROOT / "examples" / "logs" / "collapsing" / "events.jsonl").read_bytes().splitlines()
    live = {str(event.level): event.step for event in map(decode_event, lines)}
    assert set(steps) == set(live) - {"info"}
    assert steps["yellow"] < live["yellow"]
