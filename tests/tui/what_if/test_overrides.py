"""Other thresholds: from a file that is checked, and over a log that is judged once more."""

import re
from pathlib import Path
from typing import Any

import pytest

from seqsetvae.errors import InputError
from seqsetvae.logs.checks import thresholds_of
from seqsetvae.stream.codec import decode_event
from seqsetvae.stream.records import Level, Manifest
from seqsetvae.stream.run_directory import read_manifest
from tests.logs.reading import our_log
from tui.what_if.overrides import WhatIf, judge_again, read_thresholds

COLLAPSING = Path(__file__).resolve().parents[3] / "examples" / "logs" / "collapsing"


def config() -> dict[str, Any]:
    manifest = read_manifest(COLLAPSING / "run.json")
    assert isinstance(manifest, Manifest)
    return dict(manifest.config)


def first(found: WhatIf) -> dict[Level, int]:
    return {level: change.step for level, change in found.history.first.items()}


def test_with_the_runs_own_thresholds_it_is_what_the_run_said() -> None:
    events = map(decode_event, (COLLAPSING / "events.jsonl").read_bytes().splitlines())
    said: dict[Level, int] = {}
    for event in events:
        if event.level.severity:
            said.setdefault(event.level, event.step)
    assert first(judge_again(our_log(COLLAPSING), config(), {})) == said


def test_a_stricter_threshold_speaks_earlier_and_a_looser_one_never() -> None:
    own = first(judge_again(our_log(COLLAPSING), config(), {}))[Level.YELLOW]
    strict = judge_again(our_log(COLLAPSING), config(), {"kl_threshold": 8.0, "var_threshold": 0.5})
    assert first(strict)[Level.YELLOW] < own
    never = judge_again(our_log(COLLAPSING), config(), {"min_checks": 1_000})
    assert first(never) == {}
    assert (never.history.level_at(10**9), never.history.checks) == (Level.GREEN, strict.history.checks)


def test_a_level_that_is_jumped_over_is_reached_with_the_one_above(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(
        b"".join(b'{"t":1,"step":%d,"posterior/kl":"NaN"}\n' % step for step in range(1, 10))
    )
    found = judge_again(our_log(tmp_path), {}, {})
    assert first(found) == {Level.YELLOW: 1, Level.ORANGE: 2, Level.RED: 2}


def test_a_run_that_has_not_written_has_no_checks(tmp_path: Path) -> None:
    found = judge_again(our_log(tmp_path), {}, {})
    assert (found.history.checks, found.history.latest, first(found)) == (0, None, {})


def test_settings_stand_at_the_top_or_in_the_section(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("min_checks: 3\ncollapse:\n  kl_threshold: 1e-3\n  detector: original\n  var_threshold: null\n")
    assert read_thresholds(path) == {
        "min_checks": 3,
        "kl_threshold": 1e-3,
        "detector": "original",
        "var_threshold": None,
    }
    path.write_text('{"--kl_threshold": 1, "fast_detection": true}')
    assert read_thresholds(path) == {"kl_threshold": 1.0, "fast_detection": True}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("kl_treshold: 1", "'kl_treshold' is no setting of the detector; did you mean kl_threshold?"),
        ("learning_rate: 1", "is no setting of the detector; there are detector,"),
        ("1: 2", "'1' is no setting of the detector"),
        ("kl_threshold: -1", "--kl_threshold must be positive and finite, got -1.0"),
        ("kl_threshold: 0", "--kl_threshold must be positive"),
        ("kl_threshold: .nan", "--kl_threshold is '.nan', expected NUMBER"),
        ("kl_threshold: low", "--kl_threshold is 'low', expected NUMBER"),
        ("kl_threshold: true", "--kl_threshold is 'true', expected NUMBER"),
        (f"kl_threshold: {'9' * 400}", "--kl_threshold must be positive and finite, got inf"),
        ("z_ablation_threshold: null", "--z_ablation_threshold is None, expected NUMBER"),
        ("active_units_threshold: 2", "--active_units_threshold must be in [0, 1]"),
        ("min_checks: 2.5", "--min_checks is '2.5', expected INTEGER"),
        ("min_checks: 4\nmin_checks: 5", "is neither YAML nor JSON: line 2: min_checks stands in line 1 too; keep one"),
        ("window_size: 3000000000", "--window_size must be at most 2,147,483,647, got 3000000000"),
        ("min_checks: 0", "--min_checks must be at least 1"),
        ("fast_detection: 2", "--fast_detection is '2', expected true or false"),
        ("detector: mine", "--detector is 'mine', choose one of posterior, original"),
        ("detector: [x]", "--detector is ['x'], choose one of posterior, original"),
        ("collapse: 3", "collapse must be a section of settings, not '3'"),
        ("- 1", "holds no settings"),
        ("", "holds no settings"),
        ("a: [", "is neither YAML nor JSON"),
        ("\xff\x00", "is neither YAML nor JSON"),
        ("!!python/object/apply:os.system [id]", "is neither YAML nor JSON"),
        pytest.param("[" * 5_000, "is neither YAML nor JSON", id="nested lists"),
        ("x" * 2_000_000, "is longer than 512 KiB"),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=re.escape(sentence)) as refused:
        read_thresholds(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read \\(No such file or directory\\)"):
        read_thresholds(tmp_path / "none.yaml")


def test_the_example_is_judged_as_its_manifest_says() -> None:
    assert thresholds_of(COLLAPSING).free_bits == config()["free_bits"]
