"""A state dict carries all that outputs depend on, and fits only the model it came from."""

from __future__ import annotations

import pytest
import torch

from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.seqsetvae import SeqSetVAE
from tests import tiny

LEARNED, GIVEN = tiny.config(), tiny.config(embedding_dim=tiny.EMBEDDING_DIM)


@pytest.mark.parametrize("dimensions", [LEARNED, GIVEN], ids=["learned", "given"])
def test_a_loaded_model_gives_the_outputs_of_the_saved_one(dimensions: ModelConfig) -> None:
    """Given embeddings and the targets made from them travel along: the file they came from is not needed again."""
    saved, loaded = tiny.model(dimensions, seed=0), SeqSetVAE(dimensions).double().eval()
    loaded.load_state_dict(saved.state_dict())
    batch = tiny.batch(tiny.patients())
    first, second = saved(batch), loaded(batch)
    for name in ("history", "logit", "reconstruction", "target"):
        tiny.assert_equal(getattr(first, name), getattr(second, name))


@pytest.mark.parametrize(
    ("saved", "loaded", "message"),
    [
        (GIVEN, tiny.config(embedding_dim=7), r"encoder\.embedding\.given.*\[11, 6\].*\[11, 7\]"),
        (GIVEN, LEARNED, r"Unexpected key.*encoder\.embedding\.given"),
        (LEARNED, GIVEN, r"Missing key.*encoder\.embedding\.given"),
        (LEARNED, tiny.config(levels=3), r"Missing key.*encoder\.layers\.2"),
        (LEARNED, tiny.config(inducing_points=3), r"Missing key.*attention\.points"),
    ],
)
def test_a_model_of_another_shape_is_refused(saved: ModelConfig, loaded: ModelConfig, message: str) -> None:
    with pytest.raises(RuntimeError, match=f"(?s){message}"):
        SeqSetVAE(loaded).load_state_dict(SeqSetVAE(saved).state_dict())


def test_double_and_to_move_everything_that_computes() -> None:
    model = SeqSetVAE(GIVEN, torch.ones(tiny.NUM_VARIABLES, tiny.EMBEDDING_DIM)).double()
    for name, tensor in model.state_dict().items():
        assert tensor.dtype == torch.float64, name
    for name, tensor in model.to("meta").state_dict().items():
        assert tensor.device.type == "meta", name
