"""The original monitor's log, as each of its versions wrote it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqsetvae.logs.collapse_monitor_log import NOT_UNDERSTOOD, CollapseLogReader
from seqsetvae.stream.records import Level
from tests.logs.reading import Clock, Read, read_all

LOG = """\
2025-08-07 12:34:56,500 - INFO - Step 50 - Metrics: KL: 0.0042, Variance: 0.9812, Active Units: 1.000, Recon Loss: 1.25
2025-08-07 12:34:56,501 - INFO -   Layer 0: Variance=0.9812, Active Ratio=1.000, Mean Magnitude=0.012100
2025-08-07 12:34:56,502 - WARNING - Step 50: Posterior collapse warning!
  - KL divergence too low: 0.0042 < 0.01
  - KL divergence consistently low (last 20 steps)
2025-08-07 12:34:56,503 - ERROR - 🚨 Posterior collapse detected! Step: 50
2025-08-07 12:34:57,000 - INFO - Model saved to: logs/model_before_collapse_step_50_20250807_123457.ckpt
2025-08-07 12:35:56,500 - INFO - Step 100 - Metrics: KL: nan, Variance: 0.9
2025-08-07 12:35:57,500 - INFO - Posterior collapse state recovered, Step: 100
2025-08-07 12:36:00,000 - INFO - \n        \n🎯 Posterior Collapse Detection Summary:
===========================================
Total checks: 2
Collapse detected: Yes
Log file: logs/collapse_detection_20250807_123400.log
        \n"""

CHINESE = """\
2025-08-06 12:00:00,000 - WARNING - Step 150: 后验塌缩警告！
  - KL散度过低: 0.001000 < 0.01
  - 激活单元比例过低: 0.050 < 0.1
2025-08-06 12:00:00,001 - ERROR - 🚨 检测到后验塌缩！Step: 150
2025-08-06 12:00:01,000 - ERROR - 连续5步检测到后验塌缩，建议停止训练！
2025-08-06 12:00:02,000 - INFO - 后验塌缩状态恢复，Step: 200
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "collapse_detection_20250807_123400.log"


def read(path: Path, text: str) -> Read:
    path.write_text(text, encoding="utf-8")
    return read_all(CollapseLogReader(path, clock=Clock()))


def test_metrics_become_points_under_honest_names(path: Path) -> None:
    """Its active units are dimensions whose σ² is large, which is not what active units are."""
    out = read(path, LOG)
    assert out.steps("posterior/kl") == [50, 100]
    assert str(out.values("posterior/kl")) == "[0.0042, nan]"
    assert out.values("posterior/variance") == [0.9812, 0.9]
    assert out.values("posterior/active_units_sigma") == [1.0]
    assert out.values("posterior/recon") == [1.25]
    assert out.values("posterior/level1/mean_magnitude") == [0.0121]
    assert not out.damaged


def test_times_are_local(path: Path) -> None:
    out = read(path, LOG)
    assert out.points[0][1] == datetime(2025, 8, 7, 12, 34, 56, 500_000).timestamp()


def test_words_become_events_of_their_gravity(path: Path) -> None:
    events = read(path, LOG).events
    assert [(event.level, event.step) for event in events] == [
        (Level.YELLOW, 50),
        (Level.RED, 50),
        (Level.INFO, 50),
        (Level.GREEN, 100),
    ]
    assert events[0].data["reasons"] == [
        "KL divergence too low: 0.0042 < 0.01",
        "KL divergence consistently low (last 20 steps)",
    ]
    assert events[0].message.startswith("Step 50: Posterior collapse warning! KL divergence too low")


def test_early_versions_have_their_numbers_in_the_warnings(path: Path) -> None:
    out = read(path, CHINESE)
    assert (out.steps("posterior/kl"), out.values("posterior/kl")) == ([150], [0.001])
    assert out.values("posterior/active_units_sigma") == [0.05]
    assert [event.level for event in out.events] == [Level.YELLOW, Level.RED, Level.RED, Level.GREEN]
    assert not out.damaged


def test_what_cannot_be_understood_is_counted(path: Path) -> None:
    strange = "hello\n2025-02-31 12:00:00,000 - INFO - Step 1 - Metrics: KL: 1\n2025-02-01 12:00:00,000 - INFO - tea\n"
    out = read(path, strange + LOG)
    assert out.damaged == {NOT_UNDERSTOOD: 3}
    assert out.steps("posterior/kl") == [50, 100]


def test_a_growing_log_is_followed(path: Path) -> None:
    reader = CollapseLogReader(path, clock=Clock())
    out = Read()
    for end in range(0, len(LOG) + 1, 97):
        path.write_text(LOG[:end], encoding="utf-8")
        out = read_all(reader, out)
    path.write_text(LOG, encoding="utf-8")
    out = read_all(reader, out)
    assert out.steps("posterior/kl") == [50, 100]
    assert [event.level for event in out.events] == [Level.YELLOW, Level.RED, Level.INFO, Level.GREEN]


def test_a_log_that_begins_anew_is_a_reset(path: Path) -> None:
    clock = Clock()
    path.write_text(LOG, encoding="utf-8")
    reader = CollapseLogReader(path, clock=clock)
    out = read_all(reader)
    path.write_text(CHINESE, encoding="utf-8")
    read_all(reader, out)
    clock.now += 1
    out = read_all(reader, out)
    assert (out.resets, out.steps("posterior/kl")) == (1, [150])


@given(junk=st.text(max_size=200) | st.sampled_from(LOG.splitlines()).map(lambda line: line[::-1]))
@settings(max_examples=50)
def test_junk_is_never_fatal(tmp_path_factory: pytest.TempPathFactory, junk: str) -> None:
    path = tmp_path_factory.mktemp("log") / "collapse_detection_1.log"
    path.write_bytes((junk + "\n" + LOG).encode("utf-8", "surrogatepass"))
    assert read_all(CollapseLogReader(path, clock=Clock())).steps("posterior/kl")[-2:] == [50, 100]
