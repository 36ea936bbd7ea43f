"""The model's dimensions, checked where they are built."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Dimensions of a `SeqSetVAE`.

    Attributes:
        num_variables: Size of the vocabulary.
        embedding_dim: Width of given variable embeddings (768 in the original), None where they are learned.
        reduced_dim: Hidden width of events, sets and time steps.
        latent_dim: Latent dimensions of each level's posterior.
        levels: Attention levels of the set encoder; each has a posterior of its own.
        heads: Attention heads inside sets.
        inducing_points: Inducing points of set attention, 0 for full attention inside the set.
        decoder_layers: Attention layers of the set decoder.
        ff_dim: Hidden width of every feed-forward layer.
        transformer_heads: Attention heads over a patient's sets.
        transformer_layers: Layers over a patient's sets.
        classifier_queries: Learned queries with which the outcome head pools a patient's history.
        dropout: Dropout over sets, in the Transformer and in the classifier; never over single events.
    """

    num_variables: int
    embedding_dim: int | None = None
    reduced_dim: int = 256
    latent_dim: int = 256
    levels: int = 2
    heads: int = 2
    inducing_points: int = 0
    decoder_layers: int = 1
    ff_dim: int = 256
    transformer_heads: int = 2
    transformer_layers: int = 2
    classifier_queries: int = 8
    dropout: float = 0.1

    def __post_init__(self) -> None:
        for name in (
            "num_variables",
            "reduced_dim",
            "latent_dim",
            "levels",
            "heads",
            "ff_dim",
            "transformer_heads",
            "classifier_queries",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("inducing_points", "decoder_layers", "transformer_layers"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
        for name in ("heads", "transformer_heads"):
            if self.reduced_dim % getattr(self, name):
                raise ValueError(
                    f"reduced_dim {self.reduced_dim} cannot be split over {name} {getattr(self, name)}: "
                    f"choose a multiple of {getattr(self, name)}"
                )
        if self.reduced_dim % 2:
            raise ValueError(f"reduced_dim must be even for sine and cosine encodings, got {self.reduced_dim}")
        if self.embedding_dim is not None and self.embedding_dim < 1:
            raise ValueError(f"embedding_dim must be at least 1, got {self.embedding_dim}")
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"dropout must be in [0, 1), got {self.dropout}")
