"""What all tests share: the model's signatures, axes of tensors included, are enforced while they run."""

from __future__ import annotations

from jaxtyping import install_import_hook

from tests import shapes

# Before any test imports the model. Importing jaxtyping does not import torch: the watcher's tests stay light.
install_import_hook(shapes.ENFORCED, f"{shapes.__name__}.{shapes.enforced.__name__}")
