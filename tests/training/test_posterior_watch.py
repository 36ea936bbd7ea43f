"""`PosteriorWatch()` in anybody's trainer: one line, and the run is measured, judged, logged and acted upon."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from seqsetvae.callbacks import JsonlLogger, PosteriorWatch
from seqsetvae.errors import InputError
from seqsetvae.logs.standing import verdict_of
from seqsetvae.stream.codec import decode_event, decode_metrics
from seqsetvae.stream.records import EventRecord, Level, MetricsRecord
from seqsetvae.training.trainer import quiet_lightning
from tests.training.foreign_module import FEATURES, LATENT, DeadVae, ForeignVae, rows


def fit(
    root: Path, module: ForeignVae, *watches: PosteriorWatch, steps: int = 8, ckpt: Path | None = None, **options: Any
) -> pl.Trainer:
    """Train for some steps, on one process."""
    pl.seed_everything(0, verbose=False)
    settings = {"enable_checkpointing": False, "logger": False, **options}
    with quiet_lightning(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*your dataloader is not resumable.*")
        trainer = pl.Trainer(
            max_steps=steps, max_epochs=-1, default_root_dir=root, callbacks=list(watches), accelerator="cpu",
            enable_progress_bar=False, enable_model_summary=False, **settings,
        )  # fmt: skip
        trainer.fit(module, rows(), ckpt_path=None if ckpt is None else str(ckpt), weights_only=True)
    return trainer


def watch(root: Path, **settings: Any) -> PosteriorWatch:
    ours: dict[str, Any] = {"check_frequency": 2, "log_dir": root / "logs", "run_name": "mine", "plot_frequency": 0}
    return PosteriorWatch(**{**ours, "verbose": False, **settings})


def checks(run: Path, group: str = "posterior") -> list[MetricsRecord]:
    found = [decode_metrics(line) for line in (run / "metrics.jsonl").read_bytes().splitlines()]
    return [record for record in found if f"{group}/kl" in record.values]


def events(run: Path) -> list[EventRecord]:
    return [decode_event(line) for line in (run / "events.jsonl").read_bytes().splitlines()]


def test_one_line_writes_a_log_that_can_be_watched(tmp_path: Path) -> None:
    fit(tmp_path, ForeignVae(), watch(tmp_path))
    run = tmp_path / "logs" / "mine"
    assert [record.step for record in checks(run)] == [2, 4, 6, 8]
    last = checks(run)[-1].values
    assert {"posterior/kl", "posterior/active_units", "posterior/mutual_information", "posterior/verdict"} <= set(last)
    assert last["posterior/beta"] == 0.01
    assert isinstance(last["posterior/kl_per_dim"], tuple)
    assert len(last["posterior/kl_per_dim"]) == LATENT
    assert (run / "system.jsonl").stat().st_size > 0
    assert (run / "final_statistics.txt").exists()


def test_it_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fit(tmp_path, ForeignVae(), watch(tmp_path, verbose=True))
    said = capsys.readouterr().err
    assert "watching the posterior in layers fc_mu and fc_var: 4 dimensions; β is kl_weight" in said


def test_the_trainers_own_log_is_used_beside_other_loggers(tmp_path: Path) -> None:
    loggers = [pl.loggers.CSVLogger(tmp_path / "csv"), JsonlLogger(tmp_path / "runs", "theirs")]
    fit(tmp_path, ForeignVae(), watch(tmp_path), logger=loggers)
    assert checks(tmp_path / "runs" / "theirs")
    assert not (tmp_path / "logs").exists()


def test_ten_batches_a_check_are_enough(tmp_path: Path) -> None:
    """A small model's step takes a millisecond, and so do the statistics of a batch."""
    fit(tmp_path, ForeignVae(), watch(tmp_path, check_frequency=20), steps=40)
    found = checks(tmp_path / "logs" / "mine")
    assert [record.step for record in found] == [20, 40]
    # The batch at whose end the check is made counts as well.
    assert [record.values["posterior/sets"] for record in found] == [11 * 16.0] * 2


def test_with_accumulation_a_check_is_made_once_a_step(tmp_path: Path) -> None:
    fit(tmp_path, ForeignVae(), watch(tmp_path, check_frequency=1), steps=4, accumulate_grad_batches=2)
    found = checks(tmp_path / "logs" / "mine")
    assert [record.step for record in found] == [1, 2, 3, 4]
    assert [record.values["posterior/sets"] for record in found] == [32.0] * 4


def test_a_dead_posterior_is_called_so_and_kept(tmp_path: Path) -> None:
    watched = watch(tmp_path, check_frequency=4, min_checks=1, checkpoint_dir=tmp_path / "kept")
    fit(tmp_path, DeadVae(), watched, steps=220)
    assert watched.collapse_detected
    assert [str(event.level) for event in events(tmp_path / "logs" / "mine") if event.kind == "collapse"][-1] == "red"
    assert list((tmp_path / "kept").glob("collapse-*.ckpt"))
    assert len(watched.steps_history) == len(watched.kl_history) == 50


def test_lower_beta_lowers_the_attribute(tmp_path: Path) -> None:
    module = DeadVae(beta=0.5)
    fit(tmp_path, module, watch(tmp_path, check_frequency=10, on_collapse="lower_beta"), steps=220)
    assert module.kl_weight < 0.5


def test_reconstruct_tells_whether_the_decoder_uses_z(tmp_path: Path) -> None:
    def reconstruct(module: ForeignVae, batch: list[Tensor], z: Tensor) -> Tensor:
        return (module.decoder(z) - batch[0]).square().sum(-1)  # type: ignore[no-any-return]

    fit(tmp_path, DeadVae(), watch(tmp_path, reconstruct=reconstruct), steps=2)
    assert checks(tmp_path / "logs" / "mine")[0].values["posterior/z_ablation"] == 0.0


def test_two_watches_have_names_of_their_own(tmp_path: Path) -> None:
    fit(tmp_path, ForeignVae(), watch(tmp_path), watch(tmp_path, name="early", check_frequency=1))
    run = tmp_path / "logs" / "mine"
    assert [record.step for record in checks(run)] == [2, 4, 6, 8]
    assert [record.step for record in checks(run, "early")] == list(range(1, 9))


def test_a_resumed_run_goes_on_in_its_log_with_its_statistics(tmp_path: Path) -> None:
    straight = fit(tmp_path / "straight", ForeignVae(), watch(tmp_path / "straight", check_frequency=4))
    first = fit(tmp_path / "cut", ForeignVae(), watch(tmp_path / "cut", check_frequency=4), steps=6)
    first.save_checkpoint(tmp_path / "half.ckpt")
    fit(tmp_path / "cut", ForeignVae(), watch(tmp_path / "cut", check_frequency=4), ckpt=tmp_path / "half.ckpt")
    assert straight.global_step == 8
    assert [path.name for path in (tmp_path / "cut" / "logs").iterdir()] == ["mine"]
    ends = [checks(tmp_path / name / "logs" / "mine") for name in ("straight", "cut")]
    assert [record.step for record in ends[1]] == [record.step for record in ends[0]] == [4, 8]
    assert ends[1][-1].values["posterior/sets"] == ends[0][-1].values["posterior/sets"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"kl_treshold": 0.1}, "PosteriorWatch has no such setting"),
        ({"check_frequency": 0}, "must be at least 1"),
        ({"on_collapse": ["explode"]}, "'explode' is no action"),
    ],
)
def test_a_setting_that_cannot_be_is_a_sentence(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        PosteriorWatch(**settings)


def test_a_module_without_a_posterior_is_a_sentence(tmp_path: Path) -> None:
    class NoVae(ForeignVae):
        def training_step(self, batch: list[Tensor], batch_idx: int) -> Any:
            return self.decoder(torch.ones(1, LATENT)).sum()

    with pytest.raises(InputError, match="no posterior was found in NoVae"):
        fit(tmp_path, NoVae(), watch(tmp_path))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kl_threshold": 0.01}, "kl_threshold 0.01 is the original's"),
        ({"var_threshold": 0.1}, "var_threshold 0.1 is"),
    ],
)
def test_values_of_the_original_are_understood_and_said(
    tmp_path: Path, given: dict[str, float], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = watch(tmp_path, check_frequency=10, verbose=True, **given)
    fit(tmp_path, DeadVae(), watched, steps=220)
    said = capsys.readouterr().err
    assert words in said
    assert watched.collapse_detected


class VampVae(ForeignVae):
    """Its prior is made of pseudo-inputs, which it encodes after the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.pseudo_inputs = nn.Parameter(torch.randn(10, FEATURES))

    def vamp(self) -> Tensor:
        """Return draws of the prior, of nothing but its own weights."""
        mean: Tensor = self.fc_mu(self.pseudo_inputs)
        deviation: Tensor = torch.exp(0.5 * self.fc_var(self.pseudo_inputs))
        return mean + deviation * torch.randn(5, *mean.shape)

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Any:
        return super().training_step(batch, batch_idx) + 0.0 * self.vamp().mean()


def test_what_the_encoder_makes_of_other_inputs_is_not_the_posterior(tmp_path: Path) -> None:
    fit(tmp_path, VampVae(), watch(tmp_path, prior="vamp"))
    assert [record.values["posterior/sets"] for record in checks(tmp_path / "logs" / "mine")] == [32.0] * 4


class SometimesVae(ForeignVae):
    """Every other step trains something else, which has no posterior."""

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Any:
        return super().training_step(batch, batch_idx) if batch_idx < 2 else self.decoder.weight.square().sum()


def test_later_batches_without_a_posterior_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fit(tmp_path, SometimesVae(), watch(tmp_path, verbose=True))
    found = checks(tmp_path / "logs" / "mine")
    assert [(record.step, record.values["posterior/sets"]) for record in found] == [(2, 32.0), (6, 32.0)]
    assert capsys.readouterr().err.count("are left out") == 1


class EpochLogVae(ForeignVae):
    """Logs for the progress bar and for whole epochs."""

    def log(self, name: str, value: Any, *args: Any, **options: Any) -> None:
        super().log(name, value, prog_bar=True, on_step=False, on_epoch=True, **options)


def test_what_is_logged_for_epochs_is_of_this_epoch_and_is_not_waited_for(tmp_path: Path) -> None:
    watched = watch(tmp_path, check_frequency=100)
    waits: list[str] = []
    ended = watched.on_train_batch_end

    def counting(*args: Any) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Tensor, "item", lambda _: waits.append("item"))
            ended(*args)

    watched.on_train_batch_end = counting  # type: ignore[method-assign, assignment]
    fit(tmp_path, EpochLogVae(), watched, steps=8)
    # The first batch of all is looked at to find the posterior.
    assert len(waits) == 0
    fit(tmp_path, EpochLogVae(), watch(tmp_path, run_name="seen"), steps=8)
    losses = [record.values["posterior/recon"] for record in checks(tmp_path / "logs" / "seen")]
    assert len(set(losses)) == 4


def test_another_trainer_begins_another_run(tmp_path: Path) -> None:
    watched = watch(tmp_path)
    fit(tmp_path, ForeignVae(), watched, steps=4)
    fit(tmp_path, ForeignVae(), watched, steps=6)
    assert [record.step for record in checks(tmp_path / "logs" / "mine")] == [2, 4]
    assert [record.step for record in checks(tmp_path / "logs" / "mine-2")] == [2, 4, 6]
    assert watched.steps_history == [2, 4, 6]


def test_a_second_watch_does_not_speak_for_the_run(tmp_path: Path) -> None:
    eager = watch(tmp_path, name="early", check_frequency=4, min_checks=1)
    fit(tmp_path, DeadVae(), watch(tmp_path, check_frequency=1000), eager, steps=220)
    assert eager.collapse_detected
    told = events(tmp_path / "logs" / "mine")
    second = [event for event in told if event.kind == "second_opinion"]
    assert second[-1].level is Level.RED
    assert second[-1].message.startswith("early: ")
    assert (tmp_path / "logs" / "mine" / "early" / "final_statistics.txt").exists()
    assert verdict_of(told) is None


def test_it_can_be_sent_to_another_process() -> None:
    pickle.loads(pickle.dumps(PosteriorWatch(check_frequency=7)))
