"""Texts from logs are recognised by their templates, in linear time, with what they hold."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from seqsetvae.i18n.language import Language, speaking
from seqsetvae.i18n.log_texts import LONGEST, log_headline, log_text, recognised


@pytest.fixture(autouse=True)
def spoken() -> Iterator[None]:
    with speaking(Language.ZH):
        yield


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("red", "红"),
        ("KL 0.02 < 0.64 nats with variance 0.99 > 0.95", "KL 0.02 < 0.64 nats，且方差 0.99 > 0.95"),
        ("resumed from step 1,200", "从第 1,200 步恢复"),
        ("lower --max_beta from {0} to {old}", "把 --max_beta 从 {0} 降到 {old}"),
        ("collapse, red in 1 check", "后验塌缩，1 次检查为红"),
        (
            "training was stopped: collapse, red in 5 checks running; healthy-step000100.ckpt is from before it",
            "训练已被停止：后验塌缩，连续 5 次检查为红；healthy-step000100.ckpt 来自此前",
        ),
        (
            "training was stopped: collapse, red in 1 check; no checkpoint is from before it",
            "训练已被停止：后验塌缩，1 次检查为红；此前没有检查点",
        ),
        ("max β is lowered from 0.1 to 0.05, red: collapse", "最大 β 从 0.1 降到 0.05，红：后验塌缩"),
        (
            "max β is lowered from 0.1 to 0.05, as it was when the run was saved (lowered 1×)",
            "最大 β 从 0.1 降到 0.05，与保存运行时一样（已降 1 次）",
        ),
        ("KL, variance, reconstruction not finite in 3 checks running", "KL、方差、重建连续 3 次检查不是有限数"),
        ("lower beta", "降低 β"),
        ("interrupted; interrupted-step000100.ckpt is kept", "已中断；interrupted-step000100.ckpt 已保留"),
        (
            "12 log lines were dropped: cannot write m.jsonl: No space left on device",
            "丢弃了 12 行日志：无法写入 m.jsonl：No space left on device",
        ),
        ("5 log lines were dropped: whatever", "丢弃了 5 行日志：whatever"),
        (
            "command ./stop.sh of --on_collapse failed with exit code 3: no such job",
            "--on_collapse 的命令 ./stop.sh 以退出码 3 失败：no such job",
        ),
        (
            "command ./stop.sh of --on_collapse was ended after 10 s",
            "--on_collapse 的命令 ./stop.sh 超过 10 秒，已被终止",
        ),
        ("imported from TensorBoard", "导入自 TensorBoard"),
    ],
)
def test_a_text_is_translated_with_the_texts_in_it(english: str, chinese: str) -> None:
    assert log_text(english) == chinese
    with speaking(Language.EN):
        assert log_text(english) == english


@pytest.mark.parametrize(
    "text",
    ["", "reddish", "resumed from step ", " resumed from step 1", "[bold]x[/bold]", "training stops: whatever", "Quit"],
)
def test_what_is_not_recognised_stays_as_it_is(text: str) -> None:
    assert recognised(text) is None
    assert log_text(text) == text


@pytest.mark.parametrize(
    "hostile", [", " * (LONGEST // 2), "; " * (LONGEST // 2), "KL < " * (LONGEST // 5), "x" * 1_000_000]
)
def test_a_hostile_text_costs_no_time(hostile: str) -> None:
    start = time.process_time()
    assert log_text(hostile) == hostile
    assert time.process_time() - start < 5


def test_a_verdict_in_one_line_is_translated_part_by_part() -> None:
    assert log_headline("collapse: KL 0.02 < 0.64 nats; active units 9.0 % < 10 %") == (
        "后验塌缩：KL 0.02 < 0.64 nats；活跃单元 9.0 % < 10 %"
    )
    assert log_headline("collapse: by another program's reasons") == "后验塌缩：by another program's reasons"
    assert log_headline("RuntimeError: out of memory") == "RuntimeError: out of memory"
    assert log_headline("training stops: collapse, red in 1 check") == "训练停止：后验塌缩，1 次检查为红"
