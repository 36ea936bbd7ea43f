"""The model's dimensions, checked where they are built."""

from __future__ import annotations

from dataclasses import dataclass

from seqsetvae.errors import InputError
from seqsetvae.setting import SHARE_BELOW_ONE, at_least, check_ranges, setting

#: Widths, heads and layers beyond are typing errors: a single matrix would take 16 GiB.
LARGEST_SIZE = 1 << 16
SIZE, SIZE_OR_NONE = at_least(1, largest=LARGEST_SIZE), at_least(0, largest=LARGEST_SIZE)


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """The dimensions of the model that a user chooses; each is a flag of training."""

    reduced_dim: int = setting(256, "hidden width of events, sets and time steps", allowed=SIZE)
    latent_dim: int = setting(256, "latent dimensions of each level", allowed=SIZE)
    levels: int = setting(2, "attention levels of the set encoder, each with a posterior", allowed=SIZE)
    heads: int = setting(2, "attention heads inside sets", allowed=SIZE)
    inducing_points: int = setting(
        0, "inducing points of set attention; 0 = full attention inside the set", allowed=SIZE_OR_NONE
    )
    decoder_layers: int = setting(1, "attention layers of the set decoder", allowed=SIZE_OR_NONE)
    ff_dim: int = setting(256, "hidden width of feed-forward layers", allowed=SIZE)
    transformer_heads: int = setting(2, "attention heads over the history", allowed=SIZE)
    transformer_layers: int = setting(2, "layers over the history", allowed=SIZE_OR_NONE)
    classifier_queries: int = setting(8, "learned queries with which the outcome head pools the history", allowed=SIZE)
    dropout: float = setting(0.1, "dropout over sets and in the classifier", allowed=SHARE_BELOW_ONE)


@dataclass(frozen=True, kw_only=True)
class ModelConfig(ModelSettings):
    """Dimensions of a `SeqSetVAE`: those that a user chooses, and those of the data.

    Attributes:
        num_variables: Size of the vocabulary.
        embedding_dim: Width of given variable embeddings (768 in the original), None where they are learned.

    Raises:
        InputError: a dimension is out of its range, or does not divide the hidden width.
    """

    num_variables: int
    embedding_dim: int | None = None

    def __post_init__(self) -> None:
        check_ranges(self)
        for name in ("num_variables", "embedding_dim"):
            size = getattr(self, name)
            if size is not None and size < 1:
                raise ValueError(f"{name} must be at least 1, got {size}")
        for name in ("heads", "transformer_heads"):
            if self.reduced_dim % getattr(self, name):
                raise InputError(
                    "reduced_dim {width} cannot be split over {name} {heads}: choose a multiple of {heads}",
                    width=self.reduced_dim,
                    name=name,
                    heads=getattr(self, name),
                )
        if self.reduced_dim % 2:
            raise InputError(
                "reduced_dim must be even for sine and cosine encodings, got {width}", width=self.reduced_dim
            )
