"""Lightning's training loop, which goes on from any checkpoint exactly where that was written.

Lightning counts epochs, batches and validations separately, and what the counters mean depends on the hook in which a
checkpoint is written. Resumed from them, a validation that was cut off is left out, and so is the rest of an epoch in
which `--max_steps` or an early end came. A checkpoint of this loop therefore says in one place where training stands,
always between two batches, and all counters are set from that when it is loaded.
"""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.loops.fit_loop import _FitLoop
from pytorch_lightning.loops.progress import _ProcessedTracker
from typing_extensions import override

#: Where the position stands in the state that Lightning saves for this loop.
_POSITION = "position"


class ResumableFitLoop(_FitLoop):
    """Takes the place of a trainer's own loop.

    Args:
        trainer: Its trainer.
    """

    def __init__(self, trainer: pl.Trainer) -> None:
        own = trainer.fit_loop
        super().__init__(trainer, min_epochs=own.min_epochs, max_epochs=own.max_epochs)
        self.epoch_loop = own.epoch_loop
        self._epoch = 0
        #: Whether the checkpoint was written before a validation that followed its last batch.
        self._validation_due = False

    @property
    def _batches(self) -> _ProcessedTracker:
        """Lightning's count of the batches of the present epoch."""
        counts = self.epoch_loop.batch_progress.current
        assert isinstance(counts, _ProcessedTracker)
        return counts

    @property
    def skip(self) -> bool:
        """Whether there is nothing to do; a run that is resumed has its end at least, and perhaps a validation."""
        return super().skip and not self.is_resuming

    @override
    def on_save_checkpoint(self) -> dict[str, Any]:
        """Return Lightning's state with the position."""
        epoch, batches = self._epoch, self._batches.processed
        if batches >= self.max_batches:
            epoch, batches = epoch + 1, 0
        position = {"epoch": epoch, "batches": batches, "validation_due": self._owes_validation()}
        return {**super().on_save_checkpoint(), _POSITION: position}

    @override
    def load_state_dict(self, state_dict: dict[str, Any], prefix: str = "") -> None:
        """Set all counters from the position."""
        super().load_state_dict(state_dict, prefix)
        position = state_dict[f"{prefix}state_dict"].get(_POSITION)
        if position is None:  # a checkpoint of before, which only has Lightning's counters
            return
        epoch, batches = position["epoch"], position["batches"]
        self._epoch, self._validation_due = epoch, position["validation_due"]
        within, loop = batches > 0, self.epoch_loop
        for tracker in (self.epoch_progress.total, self.epoch_progress.current):
            tracker.load_state_dict(_counts(epoch, begun=epoch + within))
        loop.batch_progress.total.load_state_dict(_counts(loop.batch_progress.total.ready))
        loop.batch_progress.current.load_state_dict(_counts(batches))
        loop.batch_progress.is_last_batch = False
        loop.val_loop.batch_progress.reset()
        # Lightning calls it a restart only where an epoch goes on.
        self._restarting = loop.restarting = within
        loop.val_loop.restarting = False

    @override
    def on_run_start(self) -> None:
        """Call the hooks of a start, and make up for a validation that was cut off."""
        super().on_run_start()
        loop = self.epoch_loop
        if self._validation_due:
            self._validate()
        # Where an epoch goes on after a batch that validation follows, Lightning counts that batch's step once more.
        counted_again = loop.restarting and loop._should_check_val_fx(self._fetcher())
        loop._batches_that_stepped = loop.global_step - int(counted_again)

    @override
    def on_advance_start(self) -> None:
        """Note which epoch begins or goes on."""
        self._epoch = self.trainer.current_epoch
        super().on_advance_start()

    @override
    def on_run_end(self) -> None:
        """Call the hooks of an end; an epoch that did not come to its end is not among those that are done."""
        if 0 < self._batches.processed < self.max_batches:
            self.epoch_progress.current.load_state_dict(_counts(self._epoch, begun=self._epoch + 1))
        super().on_run_end()

    @override
    def _load_combined_loader_states(self) -> None:
        # Lightning does so only within an epoch. Workers fetch batches before they learn of the epoch.
        if self._combined_loader is not None and self._combined_loader_states_to_load:
            self._combined_loader._load_state_dicts(self._combined_loader_states_to_load)
            self._combined_loader_states_to_load = []

    def _validate(self) -> None:
        trainer, loop = self.trainer, self.epoch_loop
        connector = trainer._logger_connector
        loop._batches_that_stepped = loop.global_step - 1  # Lightning logs a validation before it counts the step
        trainer.validating, first = True, connector._first_loop_iter
        loop.val_loop.run()
        trainer.training, connector._first_loop_iter = True, first
        self._validation_due = False

    def _owes_validation(self) -> bool:
        """Return whether the last batch is to be followed by a validation that is not over yet."""
        batches = self._batches
        if self.trainer.validating:
            return not self.epoch_loop.val_loop.batch_progress.is_last_batch
        if self._validation_due:
            return True
        at_its_end = batches.ready == batches.processed == batches.completed + 1
        return at_its_end and self.epoch_loop._should_check_val_fx(self._fetcher())

    def _fetcher(self) -> Any:
        return self._data_fetcher


def _counts(done: int, *, begun: int | None = None) -> dict[str, int]:
    begun = done if begun is None else begun
    return _ProcessedTracker(ready=begun, started=begun, processed=done, completed=done).state_dict()
