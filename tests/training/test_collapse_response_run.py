"""What verdicts set in motion in a whole run: a scripted detector, real steps, real checkpoints."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl

from seqsetvae.cli.train import inherited
from seqsetvae.commandline.config_flags import build_parser, parse_config
from seqsetvae.stream.records import EventRecord, Level, RunState
from seqsetvae.training.checkpoint_contents import read_checkpoint
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.run import Run
from tests.scripted_detector import ScriptedDetector
from tests.training_runs import events_of, manifest_of, metrics_of, on_one_thread, settings, trained

pytestmark = pytest.mark.usefixtures("one_thread")

#: A check after every step; the run would go on for 30 of them.
CHECKED: dict[str, Any] = {
    "update_frequency": "1",
    "max_epochs": -1,
    "max_steps": 30,
    "gradient_accumulation_steps": 1,
    "warmup_beta": False,
    "plot_frequency": 0,
}
COLLAPSING = "ggyyorrrrr"


def judged_by(script: str) -> Callable[[Run], None]:
    def prepare(run: Run) -> None:
        assert run.watch is not None
        run.watch.parts.monitor._judge.detector = ScriptedDetector(script)

    return prepare


def checkpoints(root: Path, kind: str) -> list[str]:
    return sorted(path.name for path in (root / "checkpoints" / "run").glob(f"{kind}-*.ckpt"))


def logged(root: Path, kind: str) -> list[EventRecord]:
    return [event for event in events_of(root) if event.kind == kind]


def betas(root: Path) -> dict[int, float]:
    return {
        line.step: float(line.values["train/beta"])  # type: ignore[arg-type]
        for line in metrics_of(root)
        if "train/beta" in line.values
    }


class TestACollapsingRun:
    """Green at steps 1 and 2, yellow at 3 and 4, orange at 5, red from step 6 on."""

    @pytest.fixture(scope="class")
    @staticmethod
    def root(tiny_cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        root = tmp_path_factory.mktemp("collapsing")
        heard = root / "heard.json"
        program = f"import sys, pathlib; pathlib.Path({str(heard)!r}).write_text(sys.stdin.read())"
        command = f'command:{sys.executable} -c "{program}"'
        config = settings(
            tiny_cohort, root, **CHECKED, on_collapse=("warn", "orange=lower_beta", "stop", command),
            early_stop_patience=3,
        )  # fmt: skip
        with on_one_thread():
            trained(config, judged_by(COLLAPSING))
        return root

    def test_each_change_is_one_event_with_its_evidence(self, root: Path) -> None:
        events = logged(root, "collapse")
        assert [(event.step, event.level) for event in events] == [
            (1, Level.GREEN),
            (3, Level.YELLOW),
            (5, Level.ORANGE),
            (6, Level.RED),
        ]
        assert events[1].message == "partial collapse: check 3 says so"
        assert events[3].data["previous"] == {"level": "orange", "condition": "collapse", "checks": 1}
        assert events[2].data["previous"]["checks"] == 2, "repeated checks are counted, not logged"

    def test_it_stops_by_itself_after_its_patience_and_says_why(self, root: Path) -> None:
        assert max(betas(root)) == 8, "red at steps 6, 7 and 8"
        manifest = manifest_of(root)
        assert manifest.state is RunState.FINISHED
        end = events_of(root)[-1]
        assert end.kind == "stopped"
        (healthy,) = checkpoints(root, "healthy")
        assert end.message == (
            f"training was stopped: collapse, red in 3 checks running; {healthy} is from before it; "
            "final-step000008.ckpt is kept"
        )

    def test_the_model_from_before_and_the_one_that_collapsed_are_kept(self, root: Path) -> None:
        (healthy,) = checkpoints(root, "healthy")
        assert read_checkpoint(root / "checkpoints" / "run" / healthy).step <= 2
        assert checkpoints(root, "collapse") == ["collapse-step000006.ckpt"]

    def test_a_lower_beta_is_in_force_from_the_next_step_on(self, root: Path) -> None:
        assert [betas(root)[step] for step in (1, 5, 6, 8)] == pytest.approx([0.1, 0.1, 0.05, 0.05])
        (event,) = logged(root, "lower_beta")
        assert (event.step, event.data["old"], event.data["new"]) == (5, 0.1, 0.05)

    def test_the_command_got_the_verdict_as_json(self, root: Path) -> None:
        heard = json.loads((root / "heard.json").read_text())
        assert heard["run"] == "run"
        assert heard["verdict"]["level"] == "red"
        assert heard["verdict"]["reasons"] == ["check 6 says so"]
        assert Path(heard["checkpoints"]["collapse"]).name == "collapse-step000006.ckpt"
        assert Path(heard["log_dir"]) == root / "logs" / "run"


class PowerCut(pl.Callback):
    """Ends training after this many steps, as suddenly as a test can."""

    def __init__(self, *, step: int) -> None:
        self.step = step

    def on_train_batch_start(self, trainer: pl.Trainer, *args: Any, **kwargs: Any) -> None:
        if trainer.global_step == self.step:
            raise RuntimeError("power cut")


@pytest.fixture(scope="module")
def cut(tiny_cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """A run that is orange from step 3 on, cut off after step 6 and resumed from what that left."""
    root = tmp_path_factory.mktemp("cut")
    config = settings(tiny_cohort, root, **CHECKED, on_collapse=("orange=lower_beta", "red=stop"))

    def prepare(run: Run) -> None:
        judged_by("ggooooooo")(run)
        run.trainer.callbacks.insert(0, PowerCut(step=6))  # type: ignore[attr-defined]  # Lightning puts it there

    last = root / "checkpoints" / "run" / "last.ckpt"
    with on_one_thread():
        with pytest.raises(RuntimeError, match="power cut"):
            trained(config, prepare)
        assert read_checkpoint(last).step == 3
        trained(dataclasses.replace(config, max_steps=9, resume_from_checkpoint=str(last)), judged_by("ggooooooo"))
    return config


class TestSettingsOfAResumedRun:
    """They come from the checkpoint, and flags override them."""

    @pytest.mark.parametrize(
        ("words", "expected"), [([], ("orange=lower_beta", "red=stop")), (["--on_collapse", "warn"], ("warn",))]
    )
    def test_what_follows_a_verdict(self, cut: TrainConfig, words: list[str], expected: tuple[str, ...]) -> None:
        checkpoint = Path(cut.output_dir) / "run" / "last.ckpt"
        given = ["--resume_from_checkpoint", str(checkpoint), *words]
        parser = build_parser(TrainConfig, prog="prog", description="")
        config, _ = parse_config(TrainConfig, parser, given, inherit=inherited)
        assert config.on_collapse == expected
        assert config.update_frequency == "1"


class TestResumingInTheMiddleOfOrange:
    """Orange from step 3 on, cut off after step 6: all that is left is the last.ckpt of the rise to orange."""

    @pytest.fixture
    def root(self, cut: TrainConfig) -> Path:
        return Path(cut.log_dir).parent

    def test_the_level_goes_on(self, root: Path) -> None:
        levels = [
            (line.step, line.values["posterior/verdict"])
            for line in metrics_of(root)
            if "posterior/verdict" in line.values
        ]
        resumed = levels[6:]
        assert resumed == [(step, 2.0) for step in range(4, 10)]
        assert [event.step for event in logged(root, "collapse")] == [1, 3], "nothing changed, so nothing is logged"

    def test_the_lower_beta_goes_on(self, root: Path) -> None:
        events = logged(root, "lower_beta")
        assert [(event.step, event.data["new"]) for event in events] == [
            (3, 0.05),
            (3, 0.05),  # said again by the resumed run
            (8, 0.025),  # five checks later
        ]
        assert [betas(root)[step] for step in (3, 4, 8, 9)] == pytest.approx([0.1, 0.05, 0.05, 0.025])


def test_without_monitoring_nothing_is_judged_and_nothing_kept(tiny_cohort: Path, tmp_path: Path) -> None:
    run = trained(settings(tiny_cohort, tmp_path, **{**CHECKED, "max_steps": 3}, disable_metrics_monitoring=True))
    assert run.watch is None
    assert checkpoints(tmp_path, "healthy") == []
    assert {event.kind for event in events_of(tmp_path)} == {"started", "ended"}


def test_without_saving_there_is_no_checkpoint_of_a_verdict(tiny_cohort: Path, tmp_path: Path) -> None:
    trained(
        settings(tiny_cohort, tmp_path, **{**CHECKED, "max_steps": 3}, auto_save_on_collapse=False),
        judged_by("gr"),
    )
    assert checkpoints(tmp_path, "healthy") == checkpoints(tmp_path, "collapse") == []
    assert [event.level for event in logged(tmp_path, "collapse")] == [Level.GREEN, Level.RED]
