"""A run that is killed at any moment and resumed leaves what an uninterrupted run leaves, bit for bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor

from seqsetvae.strict_json import decode
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.run import Run
from seqsetvae.training.run import test as evaluate
from tests.training_runs import (
    checkpoints,
    events_of,
    history,
    long_settings,
    metrics_of,
    on_one_thread,
    root_of,
    trained,
)

pytestmark = pytest.mark.usefixtures("one_thread")


#: What may differ at the end: how the run was started, which model the clock chose to keep from before a collapse, and
#: what decides nothing: the score of the last validation, and why the run stopped before it was resumed.
NOT_COMPARED = (
    "/run_started", "/resume_from_checkpoint", "/num_workers", "/HealthyCheckpoint/path", "/current_score",
    "/stopped_epoch", "/stopping_reason", "/stopping_reason_message",
)  # fmt: skip


class Killed(BaseException):
    """Ends a run. Handlers of exceptions run, as after no `kill -9`, but `last.ckpt` is not theirs to write."""


@dataclass(frozen=True)
class Moment:
    """The moment at which a run is killed: the nth call of a hook, by the first of the callbacks or after the last."""

    hook: str
    nth: int
    last: bool = False

    def arm(self, run: Run, patch: pytest.MonkeyPatch) -> None:
        """Prepare a run to be killed."""
        passed = iter(range(1, self.nth + 1))

        def kill(*args: Any, **kwargs: Any) -> None:
            if next(passed, None) == self.nth:
                raise Killed

        if self.hook == "save":
            write = torch.save

            def half(content: Any, file: Any) -> None:
                file.write(b"half of a checkpoint")
                kill()
                file.seek(0)
                write(content, file)

            patch.setattr(torch, "save", half)
            return
        killer = pl.Callback()
        setattr(killer, self.hook, kill)
        place: Any = run.trainer.callbacks  # type: ignore[attr-defined]  # Lightning puts it there
        place.insert(len(place) if self.last else 0, killer)


def finish(config: TrainConfig, *kills: Moment) -> TrainConfig:
    """Train and test, resuming from `last.ckpt` after each kill."""
    again = dataclasses.replace(
        config, resume_from_checkpoint=str(root_of(config) / "checkpoints" / "run" / "last.ckpt")
    )
    for number, moment in enumerate(kills):
        with pytest.raises(Killed):
            to_the_end(again if number else config, moment)
    to_the_end(again if kills else config)
    return config


def to_the_end(config: TrainConfig, moment: Moment | None = None) -> None:
    """Train and test, unless a moment comes first."""
    with pytest.MonkeyPatch.context() as patch:
        run = trained(config, lambda run: None if moment is None else moment.arm(run, patch))
        evaluate(run, Path(run.best.best_model_path))


def left_by(config: TrainConfig) -> dict[str, Any]:
    """Return what a run has left: its log, its checkpoints, its test."""
    root = root_of(config)
    final = checkpoints(root, "final-*")[-1]
    content = torch.load(root / "checkpoints" / "run" / final, weights_only=True)
    content["loops"] = content["loops"]["fit_loop"]["state_dict"]
    return {
        "log": {f" {step} {name}": v for (step, name), v in history(metrics_of(root), events_of(root)).items()},
        "checkpoints": dict(enumerate([final, *checkpoints(root, "best-*")])),
        "final": {name: v for name, v in leaves(content, str(root)) if not name.endswith(NOT_COMPARED)},
        "test": dict(leaves(decode((root / "logs" / "run" / "test.json").read_bytes()), str(root))),
    }


def leaves(value: Any, root: str, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield all values within dicts and lists by the names that lead to them; paths are taken from `root`."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from leaves(part, root, f"{name}/{str(key).replace(root, '')}")
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from leaves(part, root, f"{name}/{number}")
    elif isinstance(value, Tensor):
        yield name, (value.dtype, value.shape, value.contiguous().view(-1).view(torch.uint8).tolist())
    else:
        yield name, value.replace(root, "") if isinstance(value, str) else value


def differing(found: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Return the names of what two runs left that is not the same in both."""
    return [
        f"{part}{name}: {found[part].get(name)} for {expected[part].get(name)}"
        for part in expected
        for name in sorted(found[part].keys() | expected[part].keys())
        if found[part].get(name) != expected[part].get(name)
    ]


def exact_settings(cohort: Path, root: Path, *, accumulation: int, **changes: Any) -> TrainConfig:
    """Return settings of a run that ends within its second epoch.

    With one batch a step, it validates after steps 3, 6, 9 (the end of an epoch) and 12 (that of the run), with two
    batches after steps 2, 4 and 7 of 8.
    """
    moving: dict[str, Any] = {
        "gradient_accumulation_steps": accumulation,
        "max_steps": 12 if accumulation == 1 else 8,
        "val_check_interval": 1 / 3 if accumulation == 1 else 0.5,
        "log_every_n_steps": 2,
        "lr_decay": "constant",  # a cosine depends on the run's length, which tests change
    }
    return long_settings(cohort, root, **{**moving, **changes})


@pytest.fixture(scope="module", params=[1, 2], ids=["each batch a step", "two batches a step"])
def straight(request: pytest.FixtureRequest, tiny_cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The accumulation, and what a run leaves that was not stopped."""
    config = exact_settings(tiny_cohort, tmp_path_factory.mktemp("straight"), accumulation=request.param)
    with on_one_thread():
        return request.param, left_by(finish(config))


KILLS = {
    "in steps": [
        Moment("on_train_batch_start", 1),
        Moment("on_train_batch_start", 4),
        Moment("on_train_batch_end", 8),
        Moment("on_train_batch_start", 2, last=True),
    ],
    "in validations": [
        Moment("on_validation_batch_start", 2),
        Moment("on_validation_batch_start", 1),
        Moment("on_validation_start", 2, last=True),
        Moment("on_validation_end", 2),
        Moment("on_validation_end", 1, last=True),
    ],
    "while checkpoints are written, and at an epoch's end": [
        Moment("save", 3),
        Moment("on_train_epoch_end", 1),
        Moment("save", 2),
        Moment("save", 4),
    ],
    "at the end and in the test": [
        Moment("on_train_end", 1),
        Moment("on_train_end", 1, last=True),
        Moment("on_test_batch_start", 2),
    ],
}


@pytest.mark.parametrize("kills", KILLS.values(), ids=KILLS)
def test_killed(kills: list[Moment], straight: Any, tiny_cohort: Path, tmp_path: Path) -> None:
    accumulation, expected = straight
    config = exact_settings(tiny_cohort, tmp_path, accumulation=accumulation)
    assert differing(left_by(finish(config, *kills)), expected) == []


def test_killed_while_workers_fetch_batches_ahead(straight: Any, tiny_cohort: Path, tmp_path: Path) -> None:
    accumulation, expected = straight
    kills = [Moment("on_train_batch_start", 6), Moment("on_validation_end", 1), Moment("on_train_epoch_end", 1)]
    config = exact_settings(tiny_cohort, tmp_path, accumulation=accumulation, num_workers=2)
    assert differing(left_by(finish(config, *kills)), expected) == []


@pytest.mark.parametrize(
    ("ending", "epoch"),
    [
        ({"max_steps": {1: 5, 2: 3}}, 0),
        ({"max_steps": {1: 9, 2: 5}}, 1),
        ({"early_stopping_patience": {1: 1, 2: 1}}, 0),
    ],
    ids=["within an epoch", "at an epoch's end", "early"],
)
def test_a_run_that_ended_is_extended(
    ending: dict[str, dict[int, int]], epoch: int, straight: Any, tiny_cohort: Path, tmp_path: Path
) -> None:
    accumulation, expected = straight
    config = exact_settings(tiny_cohort, tmp_path, accumulation=accumulation)
    first: dict[str, Any] = {name: value[accumulation] for name, value in ending.items()}
    trained(dataclasses.replace(config, **first))
    (final,) = (tmp_path / "checkpoints" / "run").glob("final-*")
    assert torch.load(final, weights_only=True)["epoch"] == epoch
    to_the_end(dataclasses.replace(config, resume_from_checkpoint=str(final)))
    assert differing(left_by(config), expected) == []


def test_a_run_that_stopped_early_and_was_killed_in_its_test_is_tested_and_not_trained(
    tiny_cohort: Path, tmp_path: Path
) -> None:
    config = exact_settings(tiny_cohort, tmp_path, accumulation=1, early_stopping_patience=1)
    finish(config, Moment("on_test_batch_start", 1))
    assert len(checkpoints(tmp_path, "final-*")) == 1
    assert (tmp_path / "logs" / "run" / "test.json").exists()
