"""The tests run the model with its signatures enforced: a tensor of the wrong shape or type is an error by name."""

from __future__ import annotations

import pytest
import torch
from jaxtyping import TypeCheckError

from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.model.losses import classification_loss
from seqsetvae.model.set_attention import split_heads


def test_a_missing_axis_is_refused() -> None:
    with pytest.raises(TypeCheckError, match="blocks rows hidden"):
        split_heads(torch.zeros(3, 4), 2)


def test_axes_of_one_name_have_one_size() -> None:
    with pytest.raises(TypeCheckError, match="patients"):
        classification_loss(torch.zeros(3), torch.zeros(4), 0.1)


def test_an_integer_is_no_quantity() -> None:
    with pytest.raises(TypeCheckError, match="label"):
        classification_loss(torch.zeros(3), torch.zeros(3, dtype=torch.int64), 0.1)


def test_fields_of_a_record_agree() -> None:
    with pytest.raises(TypeCheckError, match="log_variance"):
        GaussianPosterior(mean=torch.zeros(3, 2), log_variance=torch.zeros(3, 4))
