"""Copies of small device tensors to the host that no training step waits for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor

Tag = TypeVar("Tag")


@dataclass(frozen=True, slots=True)
class _Transfer(Generic[Tag]):
    tag: Tag
    values: Tensor
    done: torch.cuda.Event | None


class DeviceReadback(Generic[Tag]):
    """Starts copies of device tensors, each with a tag, and returns them in order once they are complete.

    On CUDA a copy goes asynchronously into page-locked memory, with an event behind it on the same stream; `completed`
    asks the event and does not wait for it. On a CPU the values are there at once.
    """

    def __init__(self) -> None:
        self._transfers: deque[_Transfer[Tag]] = deque()

    def start(self, tag: Tag, values: Tensor) -> None:
        """Start the copy of a 1-d tensor."""
        values = values.detach()
        if values.is_cuda:
            host = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
            host.copy_(values, non_blocking=True)
            done = torch.cuda.Event()  # type: ignore[no-untyped-call]
            done.record()
            self._transfers.append(_Transfer(tag, host, done))
        else:
            self._transfers.append(_Transfer(tag, values.clone(), None))

    def completed(self, *, wait: bool = False) -> list[tuple[Tag, list[float]]]:
        """Return the copies that are complete, oldest first; with `wait`, all of them."""
        ready: list[tuple[Tag, list[float]]] = []
        while self._transfers:
            transfer = self._transfers[0]
            if transfer.done is not None:
                if wait:
                    transfer.done.synchronize()
                elif not transfer.done.query():  # type: ignore[no-untyped-call]
                    break
            ready.append((transfer.tag, transfer.values.tolist()))
            self._transfers.popleft()
        return ready
