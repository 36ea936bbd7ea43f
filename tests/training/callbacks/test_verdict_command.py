"""Commands that run on verdicts: what reaches them, and what is said of those that fail."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from seqsetvae.stream.records import EventRecord, Level
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.verdict_command import VerdictCommands
from seqsetvae.training.rank_end import TrainingInterrupted
from tests.training.callbacks.stand_ins import StandInModule, StandInTrainer, events


class Scene:
    """Commands beside a training that is moved by hand."""

    def __init__(self, root: Path, **options: float) -> None:
        self.commands = VerdictCommands(**options)
        self.logger = JsonlLogger(root / "logs", "run")
        self.trainer = StandInTrainer(loggers=[self.logger])

    def end(self) -> None:
        self.commands.on_train_end(self.trainer.as_trainer, StandInModule())

    def fail(self, exception: BaseException) -> None:
        self.commands.on_exception(self.trainer.as_trainer, StandInModule(), exception)

    def logged(self) -> list[EventRecord]:
        return events(self.logger)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


class TestBesideTraining:
    def test_a_failure_is_an_event_and_a_line_on_the_console(
        self, scene: Scene, capsys: pytest.CaptureFixture[str]
    ) -> None:
        scene.commands.start(("sh", "-c", "echo nobody there >&2; exit 3"), "")
        scene.end()
        (event,) = scene.logged()
        assert (event.kind, event.level) == ("command", Level.INFO)
        assert event.message == (
            "command sh -c 'echo nobody there >&2; exit 3' of --on_collapse failed with exit code 3: nobody there"
        )
        assert (event.data["exit_code"], event.data["stderr"]) == (3, "nobody there\n")
        assert "nobody there" in capsys.readouterr().err

    def test_each_failure_is_reported_once_and_success_is_not(self, scene: Scene) -> None:
        for code in (0, 3, 4):
            scene.commands.start(("sh", "-c", f"exit {code}"), "")
        scene.commands.finish()
        scene.commands.on_train_batch_end(scene.trainer.as_trainer, StandInModule(), None, None, 0)
        scene.end()
        assert sorted(event.data["exit_code"] for event in scene.logged()) == [3, 4]

    def test_starting_does_not_wait(self, scene: Scene, tmp_path: Path) -> None:
        """The command reads a fifo that is only written once `start` has returned."""
        gate = tmp_path / "gate"
        os.mkfifo(gate)
        scene.commands.start(("sh", "-c", 'cat "$1" >&2; exit 1', "sh", str(gate)), "")
        gate.write_text("through")
        scene.end()
        (event,) = scene.logged()
        assert event.data["stderr"] == "through"

    def test_the_time_that_is_given_is_the_commands_own(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, timeout=0.5)
        scene.commands.start(("sleep", "600"), "")
        scene.end()
        (event,) = scene.logged()
        assert event.message == "command sleep 600 of --on_collapse was ended after 0.5 s"

    @pytest.mark.parametrize("exception", [KeyboardInterrupt(), TrainingInterrupted(15)])
    def test_an_interrupted_training_does_not_wait_for_long(self, tmp_path: Path, exception: BaseException) -> None:
        scene = Scene(tmp_path, timeout=600.0, grace=0.2)
        scene.commands.start(("sleep", "600"), "")
        scene.fail(exception)
        (event,) = scene.logged()
        assert event.data["exit_code"] == -signal.SIGKILL

    def test_a_failed_training_waits_for_what_it_asked_for(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, grace=0.0)
        scene.commands.start(("sh", "-c", "sleep 0.3; exit 7"), "")
        scene.fail(RuntimeError("no"))
        (event,) = scene.logged()
        assert event.data["exit_code"] == 7

    def test_no_thread_is_left(self, scene: Scene) -> None:
        scene.commands.start(("true",), "")
        scene.end()
        assert [thread.name for thread in threading.enumerate() if thread.name == "verdict-command"] == []
