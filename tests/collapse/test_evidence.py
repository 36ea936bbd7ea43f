"""Which numbers of a check are abnormal, and which are clearly well again."""

from __future__ import annotations

from typing import Any

import pytest

from seqsetvae.collapse.evidence import EvidenceLine, agree, confirm, weigh
from seqsetvae.collapse.number_text import percent
from seqsetvae.collapse.thresholds import Thresholds
from tests.collapse.courses import alive, dead

ALL = frozenset(EvidenceLine)


def test_a_living_posterior_shows_nothing() -> None:
    evidence = weigh(alive(z_ablation=0.2), Thresholds())
    assert (evidence.findings, evidence.not_clear, evidence.measured) == ((), frozenset(), ALL)


def test_a_dead_one_fails_in_every_line_and_says_so_with_its_numbers() -> None:
    evidence = weigh(dead(z_ablation=0.0001), Thresholds())
    assert evidence.lines == evidence.not_clear == ALL
    assert [finding.reason for finding in evidence.findings] == [
        "KL 0.01 < 0.64 nats with variance 0.999 > 0.95",
        "mutual information 0.002 < 0.297 nats",
        "swapping z changes the loss by 0.0 %; a used latent costs at least 1.0 %",
        "active units 0.0 % < 10 %",
        "collapsed dimensions 100 % > 90 %",
    ]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"kl": 0.63, "variance": 0.96}, EvidenceLine.RATE),
        ({"active_units": 0.09}, EvidenceLine.DIMENSIONS),
        ({"collapsed_fraction": 0.91}, EvidenceLine.DIMENSIONS),
        ({"mutual_information": 0.29}, EvidenceLine.INFORMATION),
        ({"z_ablation": 0.009}, EvidenceLine.USE),
    ],
)
def test_each_number_has_its_line(changes: dict[str, Any], line: EvidenceLine) -> None:
    assert weigh(alive(**changes), Thresholds()).lines == {line}


@pytest.mark.parametrize(
    "changes",
    [
        {"kl": 0.65, "variance": 0.96},
        {"kl": 0.9, "variance": 0.96},
        {"active_units": 0.14},
        {"collapsed_fraction": 0.86},
        {"mutual_information": 0.4},
        {"z_ablation": 0.014},
    ],
)
def test_between_alarm_and_well_a_number_is_neither(changes: dict[str, Any]) -> None:
    evidence = weigh(alive(**changes), Thresholds())
    assert evidence.lines == frozenset()
    assert len(evidence.not_clear) == 1


def test_low_kl_counts_only_with_the_variance_of_the_prior() -> None:
    """Collapse drives σ² to 1. A variance near 0 goes with a high KL, not with a low one."""
    assert weigh(alive(kl=0.1, variance=0.5), Thresholds()).lines == frozenset()
    assert weigh(alive(kl=0.1, variance=None), Thresholds()).lines == {EvidenceLine.RATE}


def test_a_high_variance_alone_is_nothing() -> None:
    assert weigh(alive(variance=1.2), Thresholds()).lines == frozenset()


@pytest.mark.parametrize("changes", [{"sets": 15.0}, {"active_units": None, "collapsed_fraction": None}])
def test_few_sets_say_nothing_of_dimensions(changes: dict[str, Any]) -> None:
    assert EvidenceLine.DIMENSIONS not in weigh(dead(**changes), Thresholds()).measured


@pytest.mark.parametrize(
    "changes",
    [{"sample_sets": 3.0}, {"sample_sets": 15.0, "sets": 63.0}, {"sample_sets": None}, {"mutual_information": None}],
)
def test_small_samples_say_nothing_of_information(changes: dict[str, Any]) -> None:
    assert EvidenceLine.INFORMATION not in weigh(dead(**changes), Thresholds()).measured


def test_without_dimensions_kl_has_no_limit_but_the_users() -> None:
    assert weigh(dead(kl_per_dim=()), Thresholds()).lines == {EvidenceLine.DIMENSIONS, EvidenceLine.INFORMATION}
    assert EvidenceLine.RATE in weigh(dead(kl_per_dim=()), Thresholds(kl_threshold=0.1)).lines


@pytest.mark.parametrize(
    ("flag", "value", "changes"),
    [
        ("kl_threshold", 6.0, {"variance": 0.96}),
        ("var_threshold", 0.5, {"kl": 0.5}),
        ("active_units_threshold", 0.96, {}),
        ("collapsed_fraction_threshold", 0.4, {"collapsed_fraction": 0.5}),
        ("mutual_information_threshold", 0.3, {"mutual_information": 0.25}),
        ("z_ablation_threshold", 0.3, {"z_ablation": 0.2}),
    ],
)
def test_every_threshold_can_be_moved(flag: str, value: float, changes: dict[str, Any]) -> None:
    settings: dict[str, Any] = {flag: value}
    assert len(weigh(alive(**changes), Thresholds(**settings)).lines) == 1


class TestAgreement:
    MEASURED = frozenset(EvidenceLine)

    @pytest.mark.parametrize(
        ("lines", "agreed"),
        [
            ({EvidenceLine.INFORMATION, EvidenceLine.DIMENSIONS}, True),
            ({EvidenceLine.INFORMATION, EvidenceLine.RATE, EvidenceLine.USE}, True),
            ({EvidenceLine.INFORMATION, EvidenceLine.RATE}, False),
            ({EvidenceLine.INFORMATION, EvidenceLine.USE}, True),
            ({EvidenceLine.DIMENSIONS, EvidenceLine.RATE, EvidenceLine.USE}, False),
            ({EvidenceLine.INFORMATION}, False),
            (set(), False),
        ],
    )
    def test_nothing_goes_without_information_and_nothing_by_it_alone(
        self, lines: set[EvidenceLine], agreed: bool
    ) -> None:
        assert agree(frozenset(lines), self.MEASURED) == agreed

    def test_where_information_is_not_measured_two_lines_must_do(self) -> None:
        measured = frozenset({EvidenceLine.RATE, EvidenceLine.DIMENSIONS})
        assert agree(measured, measured)
        assert not agree(frozenset({EvidenceLine.RATE}), measured)

    @pytest.mark.parametrize("missing", [EvidenceLine.RATE, EvidenceLine.DIMENSIONS])
    def test_only_all_lines_confirm(self, missing: EvidenceLine) -> None:
        assert confirm(ALL)
        assert not confirm(ALL - {missing})

    @pytest.mark.parametrize("missing", [EvidenceLine.INFORMATION, EvidenceLine.USE])
    def test_of_information_and_use_one_is_enough(self, missing: EvidenceLine) -> None:
        assert confirm(ALL - {missing})
        assert not confirm(ALL - {EvidenceLine.INFORMATION, EvidenceLine.USE})


def test_shares_are_written_as_people_read_them() -> None:
    assert [percent(share) for share in (0.0, 0.091, 0.1, 1.0)] == ["0.0 %", "9.1 %", "10 %", "100 %"]
