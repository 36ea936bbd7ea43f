"""Values by their names, in mappings and in objects alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def value_of(holder: Any, name: str) -> Any:
    """Return what a mapping has under a key, or an object as an attribute; None where it has neither."""
    return holder.get(name) if isinstance(holder, Mapping) else getattr(holder, name, None)


def value_at(holder: Any, path: str) -> Any:
    """Return what stands at a path of names with dots between them; None where the path leads nowhere."""
    for name in path.split("."):
        holder = value_of(holder, name)
    return holder
