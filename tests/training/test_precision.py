"""float16 is for GPUs; a CPU gets what it multiplies well, and says so."""

from __future__ import annotations

import pytest
import torch

from seqsetvae.training.config import Precision
from seqsetvae.training.precision import cpu_has_bfloat16, resolve_precision


@pytest.mark.parametrize("wanted", ["16-mixed", "bf16-mixed", "32"])
@pytest.mark.parametrize("has_bfloat16", [True, False])
def test_a_gpu_gets_what_was_asked_for(wanted: Precision, has_bfloat16: bool) -> None:
    assert resolve_precision(wanted, on_cpu=False, has_bfloat16=has_bfloat16) == (wanted, None)


@pytest.mark.parametrize("wanted", ["bf16-mixed", "32"])
def test_a_cpu_gets_what_it_can_do(wanted: Precision) -> None:
    assert resolve_precision(wanted, on_cpu=True, has_bfloat16=False) == (wanted, None)


@pytest.mark.parametrize(("has_bfloat16", "expected"), [(True, "bf16-mixed"), (False, "32")])
def test_float16_on_a_cpu_becomes_another_precision_which_is_said(has_bfloat16: bool, expected: str) -> None:
    precision, said = resolve_precision("16-mixed", on_cpu=True, has_bfloat16=has_bfloat16)
    assert precision == expected
    assert said is not None
    assert "--precision 16-mixed needs a GPU" in said
    assert said.endswith(f"training with {expected}")


@pytest.mark.parametrize(
    ("avx512", "amx", "expected"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_either_instruction_set_counts(
    monkeypatch: pytest.MonkeyPatch, avx512: bool, amx: bool, expected: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert cpu_has_bfloat16() is expected


def test_a_torch_that_cannot_tell_means_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported", raising=False)
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported", raising=False)
    assert cpu_has_bfloat16() is False
