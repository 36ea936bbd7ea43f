"""What is done at which moment when a verdict asks for it; the decisions themselves are tested with the plan."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from rich.console import Console

from seqsetvae.collapse.response import ResponsePlan
from seqsetvae.stream.records import EventRecord, Level
from seqsetvae.training.callbacks.collapse_response import CollapseResponse
from seqsetvae.training.callbacks.healthy_checkpoint import HealthyCheckpoint
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.reported_posterior import ReportedPosterior
from seqsetvae.training.callbacks.verdict_command import VerdictCommands
from seqsetvae.training.schedules import BetaSchedule
from tests.scripted_detector import levels
from tests.training.callbacks.stand_ins import StandInModule, StandInTrainer, events, observation, verdict


class Commands(VerdictCommands):
    """Keeps the commands to run."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[tuple[tuple[str, ...], dict[str, Any]]] = []

    def start(self, command: Any, text: str) -> None:
        self.started.append((tuple(command), json.loads(text)))


class Scene:
    """A response with everything around it, moved by hand."""

    def __init__(self, root: Path, words: list[str], *, patience: int = 3) -> None:
        self.root = root
        self.console = Console(file=io.StringIO(), width=200)
        self.healthy = HealthyCheckpoint(directory=root / "checkpoints", minutes=5.0)
        self.commands = Commands()
        self.response = CollapseResponse(
            plan=ResponsePlan.parse(words),
            source=ReportedPosterior(),
            patience=patience,
            directory=root / "checkpoints",
            run="run",
            log_dir=root / "logs" / "run",
            console=self.console,
            healthy=self.healthy,
            commands=self.commands,
        )
        self.logger = JsonlLogger(root / "logs", "run")
        self.trainer = StandInTrainer(loggers=[self.logger])
        self.module = StandInModule()
        self.module.beta = BetaSchedule(max_beta=0.4, warmup_steps=100)

    @property
    def max_beta(self) -> float:
        schedule = self.module.beta
        assert schedule.warmup_steps == 100, "only the maximum changes"
        return schedule.max_beta

    def check(self, level: Level, **changes: Any) -> None:
        step = self.trainer.global_step
        self.response.on_check(self.trainer.as_trainer, observation(step), verdict(step, level, **changes))

    def end_batch(self, *, stepped: bool = True) -> None:
        self.trainer.global_step += int(stepped)
        self.response.on_train_batch_end(self.trainer.as_trainer, self.module, None, None, 0)

    def run(self, script: str) -> None:
        """Start training and make a step with a check for each letter."""
        self.response.on_train_start(self.trainer.as_trainer, self.module)
        for level in levels(script):
            self.trainer.global_step += 1
            self.check(level)
            self.end_batch(stepped=False)  # the step was counted before the check, as Lightning does

    def end(self) -> None:
        self.response.on_train_end(self.trainer.as_trainer, self.module)

    def logged(self, kind: str) -> list[EventRecord]:
        return [event for event in events(self.logger) if event.kind == kind]

    @property
    def said(self) -> str:
        assert isinstance(self.console.file, io.StringIO)
        return self.console.file.getvalue()


def test_a_stop_that_nobody_asked_for_is_recommended_and_not_made(tmp_path: Path) -> None:
    scene = Scene(tmp_path, ["warn"])
    scene.run("rrrrr")
    assert scene.said.count("stop recommended: collapse, red in 3 checks running") == 1
    (event,) = scene.logged("stop_recommended")
    assert (event.step, event.level, event.data["checks"]) == (3, Level.INFO, 3)
    assert not scene.trainer.should_stop


class TestEvents:
    def test_a_change_is_reported_at_once_under_its_checks_step(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["warn", "orange=save"])
        scene.trainer.global_step = 7
        scene.check(Level.ORANGE, reasons=("KL 0.01 < 1.28", "active units 5 % < 10 %"), advice=("lower --max_beta",))
        (event,) = scene.logged("collapse")
        assert (event.step, event.level) == (7, Level.ORANGE)
        assert event.message == "collapse: KL 0.01 < 1.28; active units 5 % < 10 %"
        assert event.data["actions"] == ["warn", "save"]
        assert event.data["advice"] == ["lower --max_beta"]
        assert event.data["previous"] is None

    def test_the_checkpoint_from_before_is_named_above_green(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, [])
        kept = tmp_path / "checkpoints" / "healthy-step000001.ckpt"
        scene.healthy.load_state_dict({"path": str(kept), "active": []})
        scene.run("y")
        kept.parent.mkdir()
        kept.touch()
        scene.run("og")
        named = [event.data.get("healthy") for event in scene.logged("collapse")]
        assert named == [None, str(kept), None]

    def test_the_checkpoint_of_a_collapse_is_named(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["save"])
        scene.run("gr")
        (event,) = scene.logged("saved")
        assert (event.step, event.level, event.message) == (2, Level.INFO, "collapse-step000002.ckpt is saved")
        assert event.data == {"checkpoint": str(tmp_path / "checkpoints" / "collapse-step000002.ckpt")}

    def test_what_does_not_change_is_counted_in_the_next_event(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, [])
        scene.run("gyyyyo")
        found = scene.logged("collapse")
        assert [event.step for event in found] == [1, 2, 6]
        assert found[2].data["previous"] == {"level": "yellow", "condition": "partial collapse", "checks": 4}


class TestWarnings:
    def test_the_console_gets_a_line_a_change(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["warn"])
        scene.run("ggyyg")
        assert scene.said.splitlines() == ["step 3 yellow: partial collapse", "step 5 green: healthy"]

    def test_a_line_ends_with_what_to_do(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["warn"])
        scene.check(Level.RED, reasons=("KL 0 [b]low[/b]",), advice=("lower --max_beta", "more"))
        assert scene.said == "step 0 red: collapse: KL 0 [b]low[/b]; next: lower --max_beta\n"

    def test_a_long_one_is_not_broken_in_a_log_file(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["warn"])
        scene.check(Level.RED, reasons=("word " * 100,))
        assert scene.said.count("\n") == 1

    def test_only_the_first_rank_says_it(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["warn", "stop", "lower_beta"], patience=1)
        scene.trainer.is_global_zero = False
        scene.run("r")
        assert scene.said == ""


class TestTheEndOfAStep:
    def test_what_changes_training_waits_for_it(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["save", "lower_beta", "stop"], patience=1)
        scene.response.on_train_start(scene.trainer.as_trainer, scene.module)
        scene.check(Level.RED)
        scene.end_batch(stepped=False)
        assert (scene.trainer.saved, scene.max_beta, scene.trainer.should_stop) == ([], 0.4, False)
        scene.end_batch()
        assert (scene.trainer.saved, scene.max_beta) == ([("collapse-step000001.ckpt", 1)], 0.2)
        assert scene.trainer.should_stop

    def test_it_is_done_once(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["save"])
        scene.run("r")
        scene.end_batch()
        scene.end_batch()
        assert len(scene.trainer.saved) == 1

    def test_a_checkpoint_in_between_carries_it(self, tmp_path: Path) -> None:
        """A check may be heard while a checkpoint is written; resumed from there, the run does what was decided."""
        scene = Scene(tmp_path / "before", ["save", "stop", "command:page"], patience=1)
        scene.check(Level.RED)
        resumed = Scene(tmp_path / "after", ["save", "stop", "command:page"], patience=1)
        resumed.response.load_state_dict(json.loads(json.dumps(scene.response.state_dict())))
        resumed.response.on_train_start(resumed.trainer.as_trainer, resumed.module)
        resumed.end_batch()
        assert resumed.trainer.saved == [("collapse-step000001.ckpt", 1)]
        assert resumed.trainer.should_stop
        assert [command for command, _ in resumed.commands.started] == [("page",)]

    def test_the_last_checks_are_answered_at_the_end_but_not_by_stopping(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["save", "stop", "command:page"], patience=1)
        scene.check(Level.RED)
        scene.end()
        assert scene.trainer.saved == [("collapse-step000000.ckpt", 0)]
        assert len(scene.commands.started) == 1
        assert scene.response.stopped is None


class TestBeta:
    def test_lowering_is_reported_with_both_values(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["orange=lower_beta"])
        scene.run("goooooo")
        found = scene.logged("lower_beta")
        assert [(event.step, event.data["old"], event.data["new"]) for event in found] == [(2, 0.4, 0.2), (7, 0.2, 0.1)]
        assert found[0].message == "max β is lowered from 0.4 to 0.2, orange: collapse"
        assert scene.max_beta == 0.1

    def test_a_resumed_run_goes_on_with_the_lower_one(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path / "before", ["orange=lower_beta"])
        scene.run("goooooo")
        resumed = Scene(tmp_path / "after", ["orange=lower_beta"])
        resumed.response.load_state_dict(json.loads(json.dumps(scene.response.state_dict())))
        resumed.run("")
        assert resumed.max_beta == 0.1
        (event,) = resumed.logged("lower_beta")
        assert event.message == "max β is lowered from 0.4 to 0.1, as it was when the run was saved (lowered 2×)"

    def test_training_again_with_the_same_module_does_not_lower_it_further(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["orange=lower_beta"])
        scene.run("o")
        scene.response.on_train_start(scene.trainer.as_trainer, scene.module)
        assert scene.max_beta == 0.2


class TestStopping:
    def test_it_says_so_and_why(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["stop"], patience=2)
        scene.run("rr")
        assert scene.response.stopped == "collapse, red in 2 checks running"
        (event,) = scene.logged("stop")
        assert event.message == "training stops: collapse, red in 2 checks running"
        assert "training stops" in scene.said

    def test_a_run_that_is_started_again_was_not_stopped(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["stop"], patience=1)
        scene.run("r")
        scene.end()
        assert scene.response.state_dict()["stopping"] is None
        scene.run("g")
        assert scene.response.stopped is None

    def test_a_run_that_was_killed_while_it_stopped_stops_again(self, tmp_path: Path) -> None:
        """A validation follows the stop; it is made up, and nothing more is trained."""
        scene = Scene(tmp_path, ["stop"], patience=1)
        scene.run("r")
        again = Scene(tmp_path / "again", ["stop"], patience=1)
        again.response.load_state_dict(scene.response.state_dict())
        again.run("")
        assert again.trainer.should_stop
        assert again.response.stopped == "collapse, red in 1 check"


class TestCommands:
    def test_it_is_reported_the_verdict_the_run_and_the_checkpoints(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["command:page me", "save"])
        scene.run("gr")
        ((command, given),) = scene.commands.started
        assert command == ("page", "me")
        assert given["run"] == "run"
        assert given["log_dir"] == str(tmp_path / "logs" / "run")
        assert given["verdict"]["condition"] == "collapse"
        assert given["checkpoints"] == {
            "healthy": None,
            "collapse": str(tmp_path / "checkpoints" / "collapse-step000002.ckpt"),
            "last": str(tmp_path / "checkpoints" / "last.ckpt"),
        }

    def test_the_checkpoint_from_before_is_named(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["command:page"])
        kept = tmp_path / "checkpoints" / "healthy-step000001.ckpt"
        scene.healthy.load_state_dict({"path": str(kept), "active": []})
        kept.parent.mkdir()
        kept.touch()
        scene.run("r")
        ((_, given),) = scene.commands.started
        assert given["checkpoints"]["healthy"] == str(kept)
        assert scene.response.healthy == kept

    def test_only_the_first_rank_runs_it(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ["command:page"])
        scene.trainer.is_global_zero = False
        scene.run("r")
        assert scene.commands.started == []
