"""Numbers on their way from the device to the host, without a step ever waiting for them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor

Tag = TypeVar("Tag")


@dataclass(frozen=True, slots=True)
class _Parcel(Generic[Tag]):
    tag: Tag
    values: Tensor
    arrived: torch.cuda.Event | None


class DeviceMailbox(Generic[Tag]):
    """Post small device tensors with a tag; collect them, in order, once their copies have arrived.

    On CUDA a post is an asynchronous copy into page-locked memory and an event behind it on the same stream; `collect`
    asks the event and never waits for it. On a CPU the values are there at once.
    """

    def __init__(self) -> None:
        self._parcels: deque[_Parcel[Tag]] = deque()

    def post(self, tag: Tag, values: Tensor) -> None:
        """Send a 1-d tensor on its way."""
        values = values.detach()
        if values.is_cuda:
            host = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
            host.copy_(values, non_blocking=True)
            arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
            arrived.record()
            self._parcels.append(_Parcel(tag, host, arrived))
        else:
            self._parcels.append(_Parcel(tag, values.clone(), None))

    def collect(self, *, wait: bool = False) -> list[tuple[Tag, list[float]]]:
        """Return what has arrived, oldest first; with `wait`, everything."""
        ready: list[tuple[Tag, list[float]]] = []
        while self._parcels:
            parcel = self._parcels[0]
            if parcel.arrived is not None:
                if wait:
                    parcel.arrived.synchronize()
                elif not parcel.arrived.query():  # type: ignore[no-untyped-call]
                    break
            ready.append((parcel.tag, parcel.values.tolist()))
            self._parcels.popleft()
        return ready
