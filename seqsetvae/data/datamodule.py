"""The cohort as Lightning takes it: loaders with bucketed batches that can be resumed within an epoch.

    trainer = Trainer(use_distributed_sampler=False, ...)
    trainer.fit(model, datamodule=EventDataModule(DataSettings(data_dir="data/p12")))

`use_distributed_sampler=False` is needed: the batch sampler shares patients out among the devices itself, and Lightning
would otherwise put a sampler of its own in its place.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from seqsetvae.data.batch import collate_or_stand_in
from seqsetvae.data.data_settings import DataSettings
from seqsetvae.data.packed import PackedSplit
from seqsetvae.data.packed_store import Cohort, open_cohort
from seqsetvae.data.parallel import available_cores, has_semaphores
from seqsetvae.data.patient import Patient
from seqsetvae.data.sampler import BucketBatchSampler
from seqsetvae.data.worker_signals import leave_signals_to_parent, signals_held

logger = logging.getLogger(__name__)

#: The loaders of a run, and the semaphores that torch makes for each and for each of its workers, with some to spare.
LOADERS, LOADER_SEMAPHORES, WORKER_SEMAPHORES = 3, 24, 6


class PatientLoader(DataLoader[Patient]):
    """A loader whose workers leave signals to the main process."""

    def __init__(self, split: PackedSplit, sampler: BucketBatchSampler, **options: Any) -> None:
        # The split is a sized, indexed Dataset.
        super().__init__(split, batch_sampler=sampler, worker_init_fn=leave_signals_to_parent, **options)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # wider than what torch returns
        """Start the workers with signals held."""
        with signals_held():
            return super().__iter__()

    def end_workers(self) -> None:
        """End the workers now; at the program's end, each of them would be waited for, for seconds."""
        if self._iterator is not None:
            self._iterator._shutdown_workers()  # type: ignore[attr-defined]  # the iterator with workers has it


class ResumableLoader(PatientLoader):
    """A loader that can start in the middle of an epoch, at the first batch that was not trained on.

    Workers fetch ahead, so that the loader has handed out more than was trained on. `trained_batches` returns the
    batches of the current epoch that the trainer has finished. Lightning saves `state_dict()` with every checkpoint,
    and loads it before the first batch.
    """

    def __init__(
        self, split: PackedSplit, sampler: BucketBatchSampler, trained_batches: Callable[[], int], **options: Any
    ) -> None:
        super().__init__(split, sampler, **options)
        self._bucket_sampler = sampler
        self._trained_batches = trained_batches

    def state_dict(self) -> dict[str, int]:
        """Return the position after the last batch that was trained on."""
        return self._bucket_sampler.state_after(self._trained_batches())

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Start the next iteration at a saved position.

        Raises:
            InputError: the order of batches is another one than when the position was saved.
        """
        self._bucket_sampler.load_state_dict(state)


class EventDataModule(pl.LightningDataModule):
    """Opens the cohort and makes the loaders.

    Args:
        settings: Where the patients are, and how they are batched.
        seed: Decides the order of the batches, together with the epoch.
    """

    def __init__(self, settings: DataSettings, *, seed: int = 0) -> None:
        super().__init__()
        self.settings = settings
        self.seed = seed
        self._cohort: Cohort | None = None
        self._loaders: list[PatientLoader] = []

    @property
    def cohort(self) -> Cohort:
        """The cohort, opened at first use.

        Raises:
            InputError: the input cannot be used.
        """
        if self._cohort is None:
            settings = self.settings
            self._cohort = open_cohort(
                settings.data_dir,
                params_map_path=settings.params_map_path,
                label_path=settings.label_path,
                clip_value=settings.clip_value,
                missing_label=settings.missing_label,
                max_sequence_length=settings.max_sequence_length,
            )
        return self._cohort

    @cached_property
    def num_workers(self) -> int:
        """Processes that prepare batches, at most one per core; logged once, after the input has been read."""
        return _limit_workers(self.settings.num_workers)

    def prepare_data(self) -> None:
        """Check and pack the cohort; Lightning lets one process of each machine do it while the others wait."""
        _ = self.cohort

    def setup(self, stage: str) -> None:  # noqa: ARG002  # the hook's signature
        """Open the cohort, whatever the stage."""
        _ = self.cohort

    def train_dataloader(self) -> DataLoader[Patient]:
        """Return the shuffled, resumable loader of the train split."""
        return self._loader(self.cohort.train, shuffle=True)

    def val_dataloader(self) -> DataLoader[Patient]:
        """Return the loader of the validation split, the longest patients first."""
        return self._loader(self.cohort.valid, shuffle=False)

    def test_dataloader(self) -> DataLoader[Patient]:
        """Return the loader of the test split, the longest patients first."""
        return self._loader(self.cohort.test, shuffle=False)

    def on_exception(self, exception: BaseException) -> None:  # noqa: ARG002  # the hook's signature
        """End all workers."""
        for loader in self._loaders:
            loader.end_workers()

    def train_sampler(self, *, rank: int = 0, num_replicas: int = 1) -> BucketBatchSampler:
        """Return the order of the batches of the train split."""
        return self._sampler(self.cohort.train, shuffle=True, rank=rank, num_replicas=num_replicas)

    def _sampler(self, split: PackedSplit, *, shuffle: bool, rank: int, num_replicas: int) -> BucketBatchSampler:
        return BucketBatchSampler(
            split.set_counts,
            batch_size=self.settings.batch_size,
            seed=self.seed,
            shuffle=shuffle,
            rank=rank,
            num_replicas=num_replicas,
        )

    def _loader(self, split: PackedSplit, *, shuffle: bool) -> DataLoader[Patient]:
        self._loaders.append(loader := self._made_loader(split, shuffle=shuffle))
        return loader

    def _made_loader(self, split: PackedSplit, *, shuffle: bool) -> PatientLoader:
        sampler = self._sampler(
            split,
            shuffle=shuffle,
            rank=self.trainer.global_rank if self.trainer else 0,
            num_replicas=self.trainer.world_size if self.trainer else 1,
        )
        options: dict[str, Any] = {
            "collate_fn": partial(
                collate_or_stand_in,
                stand_in=split[int(split.set_counts.argmin())],
                steps=None if self.settings.use_dynamic_padding else max(split.set_counts),
            ),
            "num_workers": self.num_workers,
            "persistent_workers": self.num_workers > 0,
            "pin_memory": self.settings.pin_memory and torch.cuda.is_available(),
            # Its own generator: a loader draws a number whenever it is iterated, and would shift the model's noise.
            "generator": torch.Generator().manual_seed(self.seed),
        }
        if shuffle:
            return ResumableLoader(split, sampler, self._trained_batches, **options)
        return PatientLoader(split, sampler, **options)

    def _trained_batches(self) -> int:
        """Return how many batches of the current epoch the trainer has put through a training step.

        Not `completed`, which lags by one while the callbacks at the end of a batch run, and they write checkpoints.
        """
        if self.trainer is None:
            return 0
        progress: Any = self.trainer.fit_loop.epoch_loop.batch_progress.current
        return int(progress.processed)


def _limit_workers(requested: int) -> int:
    cores = available_cores()
    if requested > cores:
        logger.warning("--num_workers %d is lowered to %d: this machine has no more cores.", requested, cores)
    workers = min(requested, cores)
    if workers and not has_semaphores(LOADERS * (LOADER_SEMAPHORES + WORKER_SEMAPHORES * workers)):
        logger.warning("--num_workers %d is lowered to 0: /dev/shm has no room, or cannot be written to.", requested)
        return 0
    return workers
