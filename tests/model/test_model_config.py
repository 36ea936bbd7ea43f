"""Dimensions that do not fit are refused where they are written down, with both numbers."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.seqsetvae import SeqSetVAE
from tests import tiny


def test_defaults_are_those_of_the_original() -> None:
    config = ModelConfig(num_variables=40)
    assert (config.reduced_dim, config.latent_dim, config.levels, config.heads, config.ff_dim) == (256, 256, 2, 2, 256)
    assert (config.transformer_heads, config.transformer_layers) == (2, 2)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        *((n, 0, f"{n} must be at least 1, got 0") for n in ("num_variables", "reduced_dim", "latent_dim", "levels")),
        *((n, -2, f"{n} must be at least 1, got -2") for n in ("heads", "ff_dim", "transformer_heads")),
        *((n, -1, f"{n} must be at least 0, got -1") for n in ("inducing_points", "decoder_layers")),
        ("transformer_layers", -1, "transformer_layers must be at least 0, got -1"),
        ("heads", 3, "reduced_dim 16 cannot be split over heads 3: choose a multiple of 3"),
        ("transformer_heads", 5, "reduced_dim 16 cannot be split over transformer_heads 5: choose a multiple of 5"),
        ("embedding_dim", 0, "embedding_dim must be at least 1, got 0"),
        ("dropout", 1.0, r"dropout must be in \[0, 1\), got 1.0"),
        ("dropout", -0.1, r"dropout must be in \[0, 1\), got -0.1"),
    ],
)
def test_an_impossible_dimension_is_named_with_its_value(name: str, value: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(tiny.config(), **{name: value})  # type: ignore[arg-type]


def test_an_odd_width_has_no_sine_and_cosine() -> None:
    with pytest.raises(ValueError, match="reduced_dim must be even for sine and cosine encodings, got 15"):
        dataclasses.replace(tiny.config(), reduced_dim=15, heads=3, transformer_heads=5)


@pytest.mark.parametrize(
    ("embedding_dim", "given", "message"),
    [
        (6, (11, 7), r"variable embeddings are \(11, 7\), the model expects \(11, 6\)"),
        (6, (12, 6), r"variable embeddings are \(12, 6\), the model expects \(11, 6\)"),
        (None, (11, 6), r"variable embeddings are \(11, 6\), the model expects \(11, None\)"),
    ],
)
def test_embeddings_of_another_shape_are_refused(
    embedding_dim: int | None, given: tuple[int, int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        SeqSetVAE(tiny.config(embedding_dim=embedding_dim), torch.zeros(given))
