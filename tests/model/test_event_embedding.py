"""Events as vectors: visible whatever their value, and a fixed target that no gradient can make easier."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor

from seqsetvae.model.event_embedding import EventEmbedding, EventTarget
from tests import tiny

VARIABLES = torch.arange(tiny.NUM_VARIABLES).unsqueeze(0)


def target_of(value: float, target: EventTarget) -> Tensor:
    """Return the target of every variable at one value, `[variables, hidden]`."""
    vectors: Tensor = target(VARIABLES, torch.full(VARIABLES.shape, value))
    return vectors[0]


class TestEventTarget:
    def test_an_average_value_is_visible_and_names_its_variable(self) -> None:
        vectors = target_of(0.0, EventTarget(tiny.config()))
        assert (torch.cdist(vectors, vectors) + 9 * torch.eye(tiny.NUM_VARIABLES)).min() > 0.3
        tiny.assert_close(vectors.norm(dim=1), torch.ones(tiny.NUM_VARIABLES), 1e-6)

    def test_values_move_along_a_unit_vector(self) -> None:
        target = EventTarget(tiny.config())
        moved = target_of(3.0, target) - target_of(1.0, target)
        tiny.assert_close(moved.norm(dim=1), torch.full((tiny.NUM_VARIABLES,), 2.0), 1e-5)

    def test_codes_are_orthonormal_where_there_is_room(self) -> None:
        codes = EventTarget(dataclasses.replace(tiny.config(), reduced_dim=32)).codes
        assert codes.shape == (22, 32)
        tiny.assert_close(codes @ codes.T, torch.eye(22), 1e-5)

    def test_codes_are_the_same_in_every_run(self) -> None:
        torch.manual_seed(1)
        first = EventTarget(tiny.config()).codes
        torch.manual_seed(2)
        tiny.assert_equal(first, EventTarget(tiny.config()).codes)

    def test_given_embeddings_keep_their_geometry(self) -> None:
        generator = torch.Generator().manual_seed(0)
        embeddings = torch.randn(tiny.NUM_VARIABLES, 64, generator=generator)
        embeddings[1] = embeddings[0] + 0.05 * torch.randn(64, generator=generator)
        target = EventTarget(dataclasses.replace(tiny.config(), reduced_dim=256))
        target.use_embeddings(embeddings)
        distance = torch.cdist(target_of(0.0, target), target_of(0.0, target))
        assert distance[0, 1] < 0.2
        assert distance[0, 2:].min() > 0.8
        tiny.assert_close(target.codes.norm(dim=1), torch.ones(22), 1e-6)

    @pytest.mark.parametrize("embedding_dim", [None, tiny.EMBEDDING_DIM])
    def test_no_gradient_reaches_the_target(self, embedding_dim: int | None) -> None:
        model, batch = tiny.model(tiny.config(embedding_dim=embedding_dim)), tiny.batch(tiny.patients())
        output = model(batch)
        assert not output.target.requires_grad
        tiny.objective(output, batch).total.backward()  # type: ignore[no-untyped-call]
        assert list(model.target.parameters()) == []
        assert model.target.codes.grad is None


class TestEventEmbedding:
    def test_learned_embeddings_are_one_table(self) -> None:
        assert [n for n, _ in EventEmbedding(tiny.config()).named_parameters()] == ["table"]

    def test_given_embeddings_are_fixed_and_their_projection_is_learned(self) -> None:
        embedding = EventEmbedding(tiny.config(embedding_dim=tiny.EMBEDDING_DIM))
        assert [n for n, _ in embedding.named_parameters()] == ["projection.weight", "projection.bias"]
        assert embedding.given is not None
        assert embedding.given.shape == (tiny.NUM_VARIABLES, tiny.EMBEDDING_DIM)

    @pytest.mark.parametrize("embedding_dim", [None, tiny.EMBEDDING_DIM])
    def test_every_variable_has_an_identity_and_a_direction(self, embedding_dim: int | None) -> None:
        for vectors in EventEmbedding(tiny.config(embedding_dim=embedding_dim)).variables():
            assert vectors.shape == (tiny.NUM_VARIABLES, 16)
