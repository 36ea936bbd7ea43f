"""Numbers on their way to the host: in order, once, and never waited for."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from seqsetvae.posterior.device_readback import DeviceReadback


def test_what_is_posted_is_collected_once_in_order() -> None:
    readback: DeviceReadback[str] = DeviceReadback()
    readback.start("first", torch.tensor([1.0, 2.0]))
    readback.start("second", torch.tensor([3.0]))
    assert readback.completed() == [("first", [1.0, 2.0]), ("second", [3.0])]
    assert readback.completed(wait=True) == []


def test_it_keeps_what_was_posted_and_no_graph() -> None:
    readback: DeviceReadback[int] = DeviceReadback()
    weight = torch.ones(1, requires_grad=True)
    values = weight * 2
    readback.start(1, values)
    with torch.no_grad():
        values.zero_()
    assert readback.completed() == [(1, [2.0])]


class LateEvent:
    """Stands in for `torch.cuda.Event`: arrives when told to."""

    made: list[LateEvent]

    def __init__(self) -> None:
        self.arrived = False
        self.waited = False
        self.made.append(self)

    def record(self) -> None:
        pass

    def query(self) -> bool:
        return self.arrived

    def synchronize(self) -> None:
        self.arrived = self.waited = True


class DeviceTensor(Tensor):
    """A tensor that says it is on a GPU."""

    @property
    def is_cuda(self) -> bool:  # type: ignore[override]
        return True


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> list[LateEvent]:
    LateEvent.made = []
    unpinned = torch.empty

    def empty(*size: int, dtype: torch.dtype, pin_memory: bool) -> Tensor:
        assert pin_memory, "a copy into ordinary memory would wait for the device"
        return unpinned(*size, dtype=dtype)

    monkeypatch.setattr(torch.cuda, "Event", LateEvent)
    monkeypatch.setattr(torch, "empty", empty)
    return LateEvent.made


def on_device(*values: float) -> Tensor:
    return torch.tensor(values).as_subclass(DeviceTensor)


class TestOnADevice:
    def test_what_has_not_arrived_stays_and_what_comes_after_it_too(self, late: list[LateEvent]) -> None:
        readback: DeviceReadback[int] = DeviceReadback()
        for tag in range(3):
            readback.start(tag, on_device(float(tag)))
        assert readback.completed() == []
        late[0].arrived = late[2].arrived = True
        assert readback.completed() == [(0, [0.0])]
        late[1].arrived = True
        assert readback.completed() == [(1, [1.0]), (2, [2.0])]
        assert not any(event.waited for event in late)

    def test_only_at_the_end_it_waits(self, late: list[LateEvent]) -> None:
        readback: DeviceReadback[int] = DeviceReadback()
        readback.start(7, on_device(1.5))
        assert readback.completed(wait=True) == [(7, [1.5])]
        assert late[0].waited
