"""How many latent dimensions of a run still carry information."""

from __future__ import annotations

from dataclasses import dataclass

from tui.chart.heat import DEAD_BELOW
from tui.store.run_data import RunData

KL_PER_DIM = "posterior/kl_per_dim"


@dataclass(frozen=True, kw_only=True, slots=True)
class Latent:
    """How many latent dimensions there are, and how many still carry information."""

    dimensions: int
    active: int


def latent_dim(data: RunData) -> int | None:
    """The number of latent dimensions, from the KL per dimension; None before the first record."""
    view = data.vector(KL_PER_DIM)
    return view.rows.shape[1] if view is not None and view.rows.size else None


def latent_of(data: RunData) -> Latent | None:
    """How many dimensions carried information at the newest record."""
    view = data.vector(KL_PER_DIM)
    if view is None or not view.rows.size:
        return None
    return Latent(dimensions=view.rows.shape[1], active=int((view.rows[-1] > DEAD_BELOW).sum()))
