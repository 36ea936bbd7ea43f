"""Any log, read piece by piece as numbers in columns: no torch, no TensorBoard, no W&B needed.

`seqsetvae.logs.frame(run)` gives a notebook the whole of it as a pandas DataFrame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqsetvae.logs.data_frame import frame as frame


def __getattr__(name: str) -> object:
    """Load `frame` when it is asked for: what follows logs needs no table."""
    if name == "frame":
        from seqsetvae.logs.data_frame import frame

        return frame
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
