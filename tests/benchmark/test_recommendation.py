import shlex

import pytest

from seqsetvae.benchmark.loading import LoadingRow
from seqsetvae.benchmark.recommendation import Recommendation, recommend
from seqsetvae.benchmark.training_speed import SpeedRow
from seqsetvae.commandline.config_flags import build_parser, parse_config
from seqsetvae.training.config import TrainConfig

GIB = 2**30


def row(
    rate: float, *, batch_size: int = 4, precision: str = "32", compiled: bool = False, memory: float = 1.0
) -> SpeedRow:
    return SpeedRow(
        name="batched", batch_size=batch_size, precision=precision, compiled=compiled, patients_per_second=rate,
        sets_per_second=rate, events_per_second=rate, peak_memory=int(memory * GIB), padding_waste=0.0,
        flops_per_patient=1.0, peak_share=0.5,
    )  # fmt: skip


def loader(rate: float, *, num_workers: int = 0) -> LoadingRow:
    return LoadingRow(num_workers=num_workers, batch_size=4, patients_per_second=rate, start_seconds=0.1)


def found(*rows: SpeedRow, loading: tuple[LoadingRow, ...] = (), device: str = "cpu") -> Recommendation:
    return recommend(rows, loading, data_dir="data/p 12", memory=10 * GIB, device=device)


def test_the_line_is_one_that_training_takes() -> None:
    words = shlex.split(found(row(10), loading=(loader(99),)).command)
    assert words[0] == "seqsetvae-train"
    parser = build_parser(TrainConfig, prog="seqsetvae-train", description="")
    config, _ = parse_config(TrainConfig, parser, words[1:])
    assert (config.data_dir, config.batch_size, config.precision, config.num_workers) == ("data/p 12", 4, "32", 0)


class TestBatchSize:
    def test_the_fastest_is_taken(self) -> None:
        assert "--batch_size 16" in found(row(10, batch_size=1), row(14, batch_size=4), row(20, batch_size=16)).command

    def test_a_little_faster_is_not_worth_fewer_steps(self) -> None:
        assert "--batch_size 4" in found(row(10, batch_size=4), row(10.4, batch_size=16)).command

    def test_what_does_not_fit_is_not_safe(self) -> None:
        assert "--batch_size 4" in found(row(10, batch_size=4), row(99, batch_size=16, memory=6.1)).command

    def test_nothing_that_fits_is_said(self) -> None:
        with pytest.raises(ValueError, match=r"none of 1 measured settings fits 60% of 10.0 GiB"):
            found(row(10, memory=9))


class TestWhatMustGainMore:
    def test_less_precision_is_not_worth_a_tenth(self) -> None:
        assert "--precision 32 " in found(row(10), row(11, precision="bf16-mixed"), loading=(loader(99),)).command

    def test_but_a_half(self) -> None:
        assert "--precision bf16-mixed" in found(row(10), row(15, precision="bf16-mixed")).command

    def test_so_with_compiling(self) -> None:
        assert "--compile_model" not in found(row(10), row(11, compiled=True)).command
        assert "--compile_model" in found(row(10), row(12, compiled=True)).command

    def test_compiling_that_was_not_measured_is_not_spoken_of(self) -> None:
        assert not any("compile" in reason for reason in found(row(10)).reasons)


class TestLoaders:
    def test_the_fewest_workers_that_are_enough(self) -> None:
        loading = (loader(99, num_workers=4), loader(15, num_workers=1), loader(14, num_workers=0))
        assert "--num_workers 1" in found(row(10), loading=loading).command

    def test_the_fastest_where_none_is_enough_and_it_is_said(self) -> None:
        recommendation = found(row(10), loading=(loader(5), loader(8, num_workers=2)))
        assert "--num_workers 2" in recommendation.command
        assert any("holds training up" in reason for reason in recommendation.reasons)


def test_every_choice_has_a_reason_and_a_gpu_is_one_device() -> None:
    recommendation = found(row(10), row(12, compiled=True), loading=(loader(99),), device="cuda")
    assert recommendation.command.endswith("--devices 1")
    for flag in ("--batch_size", "--precision", "--num_workers", "--compile_model", "memory"):
        assert any(reason.startswith(flag) for reason in recommendation.reasons), flag
