"""The cohort as Lightning takes it: loaders with bucketed batches that can be resumed within an epoch.

    trainer = Trainer(use_distributed_sampler=False, ...)
    trainer.fit(model, datamodule=EventDataModule(DataConfig(data_dir=Path("data/p12"))))

`use_distributed_sampler=False` is needed: the batch sampler shares patients out among the devices itself, and Lightning
would otherwise put a sampler of its own in its place.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from seqsetvae.data.batch import collate
from seqsetvae.data.packed import PackedSplit
from seqsetvae.data.packed_store import DEFAULT_CLIP_VALUE, Cohort, MissingLabel, open_cohort
from seqsetvae.data.parallel import available_cores
from seqsetvae.data.patient import Patient
from seqsetvae.data.sampler import BucketBatchSampler
from seqsetvae.errors import InputError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """Where the patients are, and how they are batched.

    Attributes:
        data_dir, params_map_path, label_path, cached_path, clip_value, missing_label, max_sequence_length:
            as in `open_cohort`.
        batch_size: patients per device and step.
        num_workers: processes that prepare batches; never more than the machine has cores.
        pin_memory: whether batches go to pinned memory, which only a CUDA device makes use of.
        use_dynamic_padding: pad histories to the longest of each batch; otherwise to the longest of the split, so that
            the steps axis has one length.
        seed: decides the order of the batches, together with the epoch.

    Raises:
        InputError: a number is out of range.
    """

    data_dir: Path
    params_map_path: Path | None = None
    label_path: Path | None = None
    cached_path: Path | None = None
    batch_size: int = 4
    num_workers: int = 8
    pin_memory: bool = True
    max_sequence_length: int | None = 1000
    clip_value: float = DEFAULT_CLIP_VALUE
    missing_label: MissingLabel = "error"
    use_dynamic_padding: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        least = {"batch_size": 1, "num_workers": 0, "max_sequence_length": 1, "seed": 0}
        for flag, minimum in least.items():
            value = getattr(self, flag)
            if value is not None and value < minimum:
                raise InputError(
                    "--{name} is {value}, but must be at least {least}.", name=flag, value=value, least=minimum
                )
        if not self.clip_value > 0:
            raise InputError("--clip_value is {clip_value:g}, but must be positive.", clip_value=self.clip_value)


class ResumableLoader(DataLoader[Patient]):
    """A loader that can start in the middle of an epoch, at the first batch that was not trained on.

    Workers fetch ahead, so that the loader has handed out more than was trained on. `trained_batches` returns the
    batches of the current epoch that the trainer has finished. Lightning saves `state_dict()` with every checkpoint,
    and loads it before the first batch.
    """

    def __init__(
        self, split: PackedSplit, sampler: BucketBatchSampler, trained_batches: Callable[[], int], **options: Any
    ) -> None:
        super().__init__(split, batch_sampler=sampler, **options)  # type: ignore[arg-type]  # a sized, indexed Dataset
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
    """Opens the cohort and makes the loaders; see `DataConfig` for what can be chosen."""

    def __init__(self, config: DataConfig) -> None:
        super().__init__()
        self.config = config
        self._cohort: Cohort | None = None

    @property
    def cohort(self) -> Cohort:
        """The cohort, opened at first use.

        Raises:
            InputError: the input cannot be used.
        """
        if self._cohort is None:
            config = self.config
            self._cohort = open_cohort(
                config.data_dir,
                params_map_path=config.params_map_path,
                label_path=config.label_path,
                cached_path=config.cached_path,
                clip_value=config.clip_value,
                missing_label=config.missing_label,
                max_sequence_length=config.max_sequence_length,
            )
        return self._cohort

    @cached_property
    def num_workers(self) -> int:
        """Processes that prepare batches, at most one per core; logged once, after the input has been read."""
        return _limit_workers(self.config.num_workers)

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

    def _loader(self, split: PackedSplit, *, shuffle: bool) -> DataLoader[Patient]:
        sampler = BucketBatchSampler(
            split.set_counts,
            batch_size=self.config.batch_size,
            seed=self.config.seed,
            shuffle=shuffle,
            rank=self.trainer.global_rank if self.trainer else 0,
            num_replicas=self.trainer.world_size if self.trainer else 1,
        )
        options: dict[str, Any] = {
            "collate_fn": partial(collate, steps=None if self.config.use_dynamic_padding else max(split.set_counts)),
            "num_workers": self.num_workers,
            "persistent_workers": self.num_workers > 0,
            "pin_memory": self.config.pin_memory and torch.cuda.is_available(),
            # Its own generator: a loader draws a number whenever it is iterated, and would shift the model's noise.
            "generator": torch.Generator().manual_seed(self.config.seed),
        }
        if shuffle:
            return ResumableLoader(split, sampler, self._trained_batches, **options)
        return DataLoader(split, batch_sampler=sampler, **options)  # type: ignore[arg-type]  # a sized, indexed Dataset

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
    return min(requested, cores)
