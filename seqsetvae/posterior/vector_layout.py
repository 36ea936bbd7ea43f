"""Named parts of one vector, so that many numbers travel in a single copy and are read by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

Values = TypeVar("Values", Tensor, list[float])


@dataclass(frozen=True, slots=True)
class VectorLayout:
    """The parts of a one-dimensional vector, in their order.

    Attributes:
        sizes: How many numbers each part has.
    """

    sizes: Mapping[str, int]

    def pack(self, parts: Mapping[str, Tensor]) -> Tensor:
        """Return the parts as one vector.

        Raises:
            ValueError: the names of the parts are not those of the layout.
            RuntimeError: a part has another size than the layout says.
        """
        if parts.keys() != self.sizes.keys():
            raise ValueError(f"parts are {', '.join(sorted(parts))}, expected {', '.join(sorted(self.sizes))}")
        return torch.cat([parts[name].reshape(size) for name, size in self.sizes.items()])

    def split(self, values: Values) -> dict[str, Values]:
        """Return the parts of a vector, as views of a tensor or as lists."""
        return {name: values[start:end] for name, start, end in self._bounds()}

    def _bounds(self) -> Iterator[tuple[str, int, int]]:
        start = 0
        for name, size in self.sizes.items():
            yield name, start, start + size
            start += size
