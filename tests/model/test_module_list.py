"""A typed module list saves and loads like `nn.ModuleList`."""

from __future__ import annotations

import pytest
from torch import nn

from seqsetvae.model.module_list import TypedModuleList


def test_parameter_names_are_those_of_a_module_list() -> None:
    layers = [nn.Linear(2, 3), nn.Linear(3, 1)]
    typed, plain = TypedModuleList(layers), nn.ModuleList(layers)
    assert list(typed.state_dict()) == list(plain.state_dict())


def test_holds_modules_in_order() -> None:
    layers = [nn.Linear(2, 3), nn.Linear(3, 1), nn.Linear(1, 1)]
    typed = TypedModuleList(layers)
    assert list(typed) == layers
    assert len(typed) == 3
    assert (typed[0], typed[-1]) == (layers[0], layers[2])


def test_an_index_beyond_the_end_is_an_error() -> None:
    with pytest.raises(IndexError):
        TypedModuleList([nn.Identity()])[1]
