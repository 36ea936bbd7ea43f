"""The datamodule under a real Trainer: what a resumed run trains on is what the interrupted one did not."""

import errno
import multiprocessing
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

from seqsetvae.data import datamodule as datamodule_file
from seqsetvae.data.batch import EventBatch
from seqsetvae.data.data_settings import DataSettings
from seqsetvae.data.datamodule import EventDataModule
from seqsetvae.errors import InputError
from tests.data.cohorts import write_cohort

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec.* is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*smaller than the logging interval"),
    pytest.mark.filterwarnings("ignore:.*Checkpoint directory"),
]

PATIENTS = 11
BATCH_SIZE = 2
BATCHES = 6


class Recorder(pl.LightningModule):
    """Notes the batches it is trained on: the first minute of every patient, which names the patient here."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.seen: list[tuple[int, str]] = []

    def training_step(self, batch: EventBatch, batch_idx: int) -> torch.Tensor:
        self.seen.append((self.current_epoch, fingerprint(batch)))
        return self.weight.sum()

    def validation_step(self, batch: EventBatch, batch_idx: int) -> None:
        """Nothing to do."""

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def fingerprint(batch: EventBatch) -> str:
    return " ".join(str(int(events)) for events in sorted((~batch.views().padding_mask).sum(dim=1).tolist()))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eleven patients per split, each of another length."""
    return write_cohort(tmp_path_factory.mktemp("cohort") / "data", patients_per_split=PATIENTS)


def config(data_dir: Path, **options: Any) -> DataSettings:
    return DataSettings(data_dir=str(data_dir), **({"batch_size": BATCH_SIZE, "num_workers": 0} | options))


def fit(
    data_dir: Path, root: Path, *, epochs: int = 3, max_steps: int = -1, ckpt: Path | None = None, **trainer: Any
) -> list[tuple[int, str]]:
    recorder = Recorder()
    pl.Trainer(
        max_epochs=epochs,
        max_steps=max_steps,
        default_root_dir=root,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        **trainer,
    ).fit(recorder, datamodule=EventDataModule(config(data_dir)), ckpt_path=ckpt, weights_only=False)
    return recorder.seen


def checkpoint_every_step(root: Path) -> ModelCheckpoint:
    return ModelCheckpoint(root, filename="{step}", every_n_train_steps=1, save_top_k=-1)


def checkpoint_at_validation(root: Path) -> ModelCheckpoint:
    return ModelCheckpoint(root, filename="{step}", save_on_train_epoch_end=False, save_top_k=-1)


def test_every_epoch_covers_the_split_in_another_order(data_dir: Path, tmp_path: Path) -> None:
    seen = fit(data_dir, tmp_path, epochs=2, enable_checkpointing=False)
    epochs = [[batch for epoch, batch in seen if epoch == wanted] for wanted in (0, 1)]
    for batches in epochs:
        counted = sorted(int(count) for batch in batches for count in batch.split())
        assert counted == [5 * (i + 1) for i in range(PATIENTS)]
    assert epochs[0] != epochs[1]


@pytest.mark.parametrize("step", [1, 4, BATCHES, BATCHES + 1, 2 * BATCHES])
def test_a_resumed_run_trains_on_what_is_left(data_dir: Path, tmp_path: Path, step: int) -> None:
    whole = fit(data_dir, tmp_path, callbacks=[checkpoint_every_step(tmp_path)])
    assert len(whole) == 3 * BATCHES
    checkpoint = tmp_path / f"step={step}.ckpt"
    assert fit(data_dir, tmp_path, ckpt=checkpoint, callbacks=[checkpoint_every_step(tmp_path)]) == whole[step:]


@pytest.mark.parametrize("step", [3, BATCHES, BATCHES + 3])
def test_so_does_one_that_was_saved_at_a_validation(data_dir: Path, tmp_path: Path, step: int) -> None:
    def fit_validating(ckpt: Path | None = None) -> list[tuple[int, str]]:
        callbacks = [checkpoint_at_validation(tmp_path)]
        return fit(data_dir, tmp_path, ckpt=ckpt, callbacks=callbacks, val_check_interval=0.5)

    whole = fit_validating()
    assert fit_validating(tmp_path / f"step={step}.ckpt") == whole[step:]


def test_a_changed_batch_size_is_refused_within_an_epoch(data_dir: Path, tmp_path: Path) -> None:
    fit(data_dir, tmp_path, max_steps=3, callbacks=[checkpoint_every_step(tmp_path)])
    state = torch.load(tmp_path / "step=3.ckpt", weights_only=False)["loops"]["fit_loop"]["state_dict"]
    loader: Any = EventDataModule(config(data_dir, batch_size=3)).train_dataloader()
    with pytest.raises(InputError, match="batch_size was 2 and is 3"):
        loader.load_state_dict(state["combined_loader"][0])


def test_workers_give_the_same_batches(data_dir: Path) -> None:
    def batches(workers: int) -> list[str]:
        loader = EventDataModule(config(data_dir, num_workers=workers)).train_dataloader()
        return [fingerprint(batch) for batch in loader]

    assert batches(2) == batches(0)


def test_iterating_leaves_the_global_random_numbers_alone(data_dir: Path) -> None:
    before = torch.random.get_rng_state()
    for _ in EventDataModule(config(data_dir)).train_dataloader():
        pass
    assert torch.equal(torch.random.get_rng_state(), before)


def test_evaluation_covers_each_patient_once(data_dir: Path) -> None:
    module = EventDataModule(config(data_dir))
    loaders: list[DataLoader[Any]] = [module.val_dataloader(), module.test_dataloader()]
    for loader in loaders:
        counted = [int(count) for batch in loader for count in fingerprint(batch).split()]
        assert sorted(counted) == [5 * (i + 1) for i in range(PATIENTS)]


def test_more_workers_than_cores_are_lowered_and_that_is_said(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(datamodule_file, "available_cores", lambda: 2)
    loader = EventDataModule(config(data_dir, num_workers=8)).train_dataloader()
    assert loader.num_workers == 2
    assert "--num_workers 8 is lowered to 2" in caplog.text


def test_without_room_for_semaphores_there_are_no_workers(
    data_dir: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(multiprocessing, "Lock", full)
    loader = EventDataModule(config(data_dir, num_workers=1)).train_dataloader()
    assert loader.num_workers == 0
    assert "--num_workers 1 is lowered to 0: /dev/shm has no room" in caplog.text


def test_memory_is_pinned_only_where_there_is_cuda(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert not EventDataModule(config(data_dir, pin_memory=True)).train_dataloader().pin_memory
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert EventDataModule(config(data_dir, pin_memory=True)).train_dataloader().pin_memory


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("batch_size", 0),
        ("batch_size", -4),
        ("num_workers", -1),
        ("max_sequence_length", 0),
        ("clip_value", -1),
    ],
)
def test_a_setting_out_of_range_is_named(data_dir: Path, flag: str, value: int) -> None:
    with pytest.raises(InputError, match=f"--{flag} must .*, got {value}"):
        config(data_dir, **{flag: value})
