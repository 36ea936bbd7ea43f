"""The type checker that the tests run the model under: signatures are enforced, the words of tensor axes included.

jaxtyping hands every function of the model to `enforced` and compares the axes of one call with each other. typeguard's
own decorator recompiles a function from its source, which jaxtyping's generated wrappers do not have; its checks of
single values work on them as well.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from typeguard import CollectionCheckStrategy, check_type

R = TypeVar("R")

#: What is enforced. `seqsetvae.data.batch` stays out: its records name axes in words of their own docstrings.
ENFORCED = ("seqsetvae.model", "seqsetvae.model.losses")


def enforced(function: Callable[..., R]) -> Callable[..., R]:
    """Check a function's arguments and its result against their annotations; raises `typeguard.TypeCheckError`."""
    signature = inspect.signature(function)
    hints = {name: hint for name, hint in function.__annotations__.items() if hint is not Any}
    returned = hints.pop("return", Any)

    @functools.wraps(function)
    def checked(*args: object, **kwargs: object) -> R:
        arguments = signature.bind(*args, **kwargs).arguments
        for name, hint in hints.items():
            if name in arguments and signature.parameters[name].kind not in (
                inspect.Parameter.VAR_POSITIONAL,
                inspect.Parameter.VAR_KEYWORD,
            ):
                check_type(arguments[name], hint, collection_check_strategy=CollectionCheckStrategy.ALL_ITEMS)
        result = function(*args, **kwargs)
        if returned is not Any:
            check_type(result, returned, collection_check_strategy=CollectionCheckStrategy.ALL_ITEMS)
        return result

    return checked
