"""Batches of patients of like length, in an order that seed and epoch alone decide.

Padding is wasted work, so a batch groups patients of like length: the shuffled patients are cut into pools of
`POOL_BATCHES` batches, each pool is sorted by length and cut into batches, and the batches are shuffled. Pools, and
not one sort of everything, so that batches differ between epochs.

Data loader workers fetch ahead of training. The sampler therefore does not count what has been trained on: the loader
says at which batch of which epoch to continue (`start_at`).
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch.utils.data import Sampler

from seqsetvae.errors import InputError

#: Within a pool of 64 batches the lengths beside each other differ by about a percent, so larger pools save nothing.
POOL_BATCHES = 64


class BucketBatchSampler(Sampler[list[int]]):
    """Yields lists of patient indices for `DataLoader(batch_sampler=...)`.

    Every replica yields the same number of batches; the replicas' batches of one step have patients of similar
    lengths, so that none waits for another. On one replica every patient comes exactly once. In training on several,
    the last batch is filled up by repeating patients. In evaluation, replicas are dealt the batches of one replica in
    turn, whole, so that what is measured does not depend on their number; where they run out, batches are empty.

    Args:
        lengths: `[patients]`, the cost of a patient: its number of sets or events.
        batch_size: Patients per batch and replica.
        seed: Decides the order, together with the epoch.
        shuffle: True for training. False yields the longest patients first: exhausted memory shows at once.
        rank: Which replica this is.
        num_replicas: How many there are.

    Raises:
        InputError: the batch size is below 1 or there are no patients.
        ValueError: the rank does not exist.
    """

    def __init__(
        self,
        lengths: ArrayLike,
        *,
        batch_size: int,
        seed: int,
        shuffle: bool,
        rank: int = 0,
        num_replicas: int = 1,
    ) -> None:
        self._lengths: NDArray[np.int64] = np.asarray(lengths, dtype=np.int64)
        if batch_size < 1:
            raise InputError("--batch_size is {batch_size}, but must be at least 1.", batch_size=batch_size)
        if self._lengths.size == 0:
            raise InputError("There are no patients to sample from: the split is empty.")
        if not 0 <= rank < num_replicas:
            raise ValueError(f"rank is {rank}, but with {num_replicas} replicas it must lie in 0..{num_replicas - 1}.")
        self._batch_size = batch_size
        self._seed = seed
        self._shuffle = shuffle
        self._rank = rank
        self._num_replicas = num_replicas
        self._epoch = 0
        self._start_batch = 0

    @property
    def sampler(self) -> "BucketBatchSampler":
        """This object: Lightning looks for `set_epoch` on a batch sampler's `sampler`."""
        return self

    @property
    def epoch(self) -> int:
        """The epoch whose order the next iteration follows."""
        return self._epoch

    @property
    def start_batch(self) -> int:
        """The batch at which the next iteration starts, not 0 only in an epoch that was resumed."""
        return self._start_batch

    def set_epoch(self, epoch: int) -> None:
        """Follow the order of `epoch`; another epoch than the one resumed starts at its first batch."""
        if epoch != self._epoch:
            self._epoch = epoch
            self._start_batch = 0

    def start_at(self, *, epoch: int, batch: int) -> None:
        """Continue `epoch` at its batch number `batch` (0-based): the number of batches already trained on.

        Raises:
            ValueError: the epoch has no such batch.
        """
        if not 0 <= batch < len(self):
            raise ValueError(f"Batch {batch} is no place to start in an epoch of {len(self)} batches.")
        self._epoch = epoch
        self._start_batch = batch

    def state_dict(self) -> dict[str, int]:
        """Return where the next iteration starts, and what the order depends on."""
        return self.state_after(self._start_batch)

    def state_after(self, trained_batches: int) -> dict[str, int]:
        """Return the state in which `trained_batches` batches of this epoch are done."""
        finished = trained_batches >= len(self)
        epoch, batch = (self._epoch + 1, 0) if finished else (self._epoch, trained_batches)
        return {"epoch": epoch, "start_batch": batch, **self._identity()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a position; at the start of an epoch, the order may have changed.

        Raises:
            InputError: the position is within an epoch, and would mean other patients in the order of today.
        """
        epoch, batch = int(state["epoch"]), int(state["start_batch"])
        ours = self._identity()
        changed = [f"{key} was {state[key]} and is {ours[key]}" for key in ours if state[key] != ours[key]]
        if changed and batch:
            raise InputError(
                "The run stopped within epoch {epoch}, whose batches have changed since ({changed}); "
                "resume with what it was started with, or from a checkpoint at the end of an epoch.",
                epoch=epoch, changed=", ".join(changed),
            )  # fmt: skip
        self.start_at(epoch=epoch, batch=batch)

    def _identity(self) -> dict[str, int]:
        return {
            "seed": self._seed,
            "patients": int(self._lengths.size),
            "batch_size": self._batch_size,
            "num_replicas": self._num_replicas,
        }

    def __len__(self) -> int:
        """Batches of a whole epoch on this replica, whatever the start."""
        return math.ceil(self._lengths.size / (self._batch_size * self._num_replicas))

    def __iter__(self) -> Iterator[list[int]]:
        if not self._shuffle:
            yield from self._evaluated_batches()[self._start_batch :]
            return
        for batch in self._epoch_batches()[self._start_batch :]:
            yield batch[self._rank :: self._num_replicas].tolist()

    def _evaluated_batches(self) -> list[list[int]]:
        """Return this replica's batches of an evaluation."""
        order = np.argsort(-self._lengths, kind="stable")
        first = self._rank * self._batch_size
        starts = range(first, len(self) * self._batch_size * self._num_replicas, self._batch_size * self._num_replicas)
        return [order[start : start + self._batch_size].tolist() for start in starts]

    def _epoch_batches(self) -> list[NDArray[np.int64]]:
        """Return the batches of a training epoch over all replicas together."""
        width = self._batch_size * self._num_replicas
        rng = np.random.default_rng((self._seed, self._epoch))
        order = rng.permutation(self._lengths.size)
        batches: list[NDArray[np.int64]] = []
        for start in range(0, order.size, width * POOL_BATCHES):
            pool = order[start : start + width * POOL_BATCHES]
            pool = pool[np.argsort(self._lengths[pool], kind="stable")]
            batches.extend(self._fill(pool[i : i + width]) for i in range(0, pool.size, width))
        return [batches[i] for i in rng.permutation(len(batches))]

    def _fill(self, batch: NDArray[np.int64]) -> NDArray[np.int64]:
        """Repeat patients until every replica has the same number of them."""
        lacking = -batch.size % self._num_replicas
        return np.concatenate([batch, np.resize(batch, lacking)]) if lacking else batch
