"""A module list that keeps the type of its items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar, cast

from torch import nn

M = TypeVar("M", bound=nn.Module)


class TypedModuleList(nn.Module, Generic[M]):
    """`nn.ModuleList` whose items keep their type; parameter names are the same."""

    def __init__(self, modules: Iterable[M]) -> None:
        super().__init__()
        for index, module in enumerate(modules):
            self.add_module(str(index), module)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[M]:
        return iter(cast("Iterable[M]", self._modules.values()))

    def __getitem__(self, index: int) -> M:
        return cast("M", self._modules[str(range(len(self))[index])])
