"""The detector's settings for people: texts are taken for what they mean."""

import re

import pytest

from seqsetvae.collapse.thresholds import Thresholds
from tui.what_if.detector_settings import own_settings, typed


def test_a_runs_own_settings_are_those_of_its_manifest_and_the_defaults_beside_them() -> None:
    own = own_settings({"kl_threshold": 0.5, "min_checks": "many", "learning_rate": 1e-4})
    assert (own["kl_threshold"], own["min_checks"], own["detector"]) == (0.5, Thresholds().min_checks, "posterior")
    assert "learning_rate" not in own


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("kl_threshold", "0.25", 0.25),
        ("kl_threshold", " 1e-3 ", 1e-3),
        ("kl_threshold", "None", None),
        ("kl_threshold", "", 7.0),
        ("fast_detection", "true", True),
        ("min_checks", "12", 12),
        ("detector", "original", "original"),
    ],
)
def test_a_text_is_taken_for_the_value_that_it_is(name: str, text: str, value: object) -> None:
    assert typed(name, text, 7.0) == value


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("kl_threshold", "low", "--kl_threshold is 'low', expected NUMBER"),
        ("kl_threshold", "-1", "--kl_threshold must be positive and finite, got -1.0"),
        ("kl_threshold", "[", "--kl_threshold is '[', expected NUMBER"),
        ("min_checks", "none", "--min_checks is 'none', expected INTEGER"),
        ("detector", "mine", "--detector is 'mine', choose one of posterior, original"),
    ],
)
def test_a_wrong_text_is_answered_with_what_would_be_right(name: str, text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        typed(name, text, 7.0)
