"""The values of every variable on disk, so that no variable of a large data set is in memory as a whole."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: Values read at a time: 4 MB.
BLOCK = 1 << 20

#: Scales are chosen by at most so many values: a median of a million is exact to a thousandth of the scale.
SAMPLED = 1 << 20


class ValueSpool:
    """Values by variable on disk, appended in the order of the chunks: train values and others apart."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers: dict[str, int] = {}
        directory.mkdir()

    def add(self, values: Mapping[tuple[bool, str], NDArray[np.float32]]) -> None:
        """Append the values of one chunk."""
        for (train, name), column in values.items():
            with self._path(name, train=train).open("ab") as file:
                file.write(column.astype("<f4", copy=False).tobytes())

    def variables(self) -> list[str]:
        """Return the names seen so far, sorted."""
        return sorted(self._numbers)

    def count(self, name: str, *, train: bool) -> int:
        """Return how many values a variable has, in the train split or outside it."""
        path = self._path(name, train=train)
        return path.stat().st_size // 4 if path.exists() else 0

    def blocks(self, name: str) -> Iterator[NDArray[np.float32]]:
        """Yield all values of one variable, `[at most BLOCK]` at a time."""
        for train in (True, False):
            yield from self._blocks(name, train=train)

    def sample(self, name: str, *, train: bool) -> NDArray[np.float32]:
        """Return the values of one variable in the train split or outside it; of more than `SAMPLED`, every n-th."""
        step = -(-self.count(name, train=train) // SAMPLED)
        taken: list[NDArray[np.float32]] = [np.empty(0, dtype=np.float32)]
        first = 0
        for block in self._blocks(name, train=train):
            taken.append(block[first::step].copy())
            first = (first - block.size) % step
        return np.concatenate(taken)

    def _blocks(self, name: str, *, train: bool) -> Iterator[NDArray[np.float32]]:
        if self.count(name, train=train):
            with self._path(name, train=train).open("rb") as file:
                while (block := np.fromfile(file, dtype="<f4", count=BLOCK)).size:
                    yield block

    def _path(self, name: str, *, train: bool) -> Path:
        number = self._numbers.setdefault(name, len(self._numbers))
        return self._directory / f"{number}-{'train' if train else 'other'}.f4"
