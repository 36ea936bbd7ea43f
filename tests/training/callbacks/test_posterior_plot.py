"""When pictures are drawn, what they are called, and what happens when they cannot be."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.figures import posterior_figure
from seqsetvae.posterior.history import History
from seqsetvae.stream.codec import decode_event
from seqsetvae.stream.records import EventRecord, Level
from seqsetvae.training.callbacks.collapse_report import CollapseReport
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.posterior_plot import PosteriorPlot
from tests.posterior.histories import observation, verdict
from tests.training.callbacks.stand_ins import StandInModule, StandInTrainer

MODULE = StandInModule()
THRESHOLDS = Thresholds()


class Scene:
    """A run whose checks are made by hand, at the steps that a test names."""

    def __init__(self, root: Path, plot_frequency: int = 1000) -> None:
        self.logger = JsonlLogger(root / "logs", "run")
        self.directory = Path(self.logger.log_dir)
        self.checkpoints = root / "checkpoints"
        self.trainer = StandInTrainer(loggers=[self.logger])
        self.report = CollapseReport(
            directory=self.directory, run="run", thresholds=THRESHOLDS, checkpoints=self.checkpoints
        )
        self.plot = PosteriorPlot(
            directory=self.directory, run="run", plot_frequency=plot_frequency, thresholds=THRESHOLDS,
            history=self.report.history,
        )  # fmt: skip

    def check(self, *steps: int) -> None:
        """Make checks; each picture is drawn before the next check, as in a run whose steps are slow."""
        for step in steps:
            seen, judged = observation(step), verdict(step)
            self.report.on_check(self.trainer.as_trainer, seen, judged)
            self.plot.on_check(self.trainer.as_trainer, seen, judged)
            self.plot._worker.join()

    def end(self) -> None:
        for callback in (self.plot, self.report):
            callback.on_train_end(self.trainer.as_trainer, MODULE)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.directory.iterdir() if path.suffix in (".png", ".txt", ".partial"))

    def logged(self) -> list[EventRecord]:
        self.logger.finalize("success")
        path = self.directory / "events.jsonl"
        return [decode_event(line) for line in path.read_bytes().splitlines()] if path.exists() else []


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps of pictures that were drawn; drawing itself is left out, for speed."""
    steps: list[int] = []

    def draw_png(history: History, thresholds: Thresholds, run: str) -> bytes:
        assert history.latest is not None
        steps.append(history.latest.step)
        return b"picture of step %d" % history.latest.step

    monkeypatch.setattr(posterior_figure, "draw_png", draw_png)
    return steps


def test_a_real_picture_is_written_twice_numbered_and_as_the_latest(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.check(1000)
    assert scene.files() == ["posterior-step001000.png", "posterior_latest.png"]
    with Image.open(scene.directory / "posterior_latest.png") as image:
        image.load()
        assert image.format == "PNG"


def test_a_picture_is_drawn_at_the_first_check_at_or_after_each_multiple(tmp_path: Path, drawn: list[int]) -> None:
    Scene(tmp_path).check(200, 800, 1000, 1200, 1800, 2100, 2400, 5500)
    assert drawn == [1000, 2100, 5500]


def test_the_latest_is_the_newest(tmp_path: Path, drawn: list[int]) -> None:
    scene = Scene(tmp_path)
    scene.check(1000, 2000)
    assert (scene.directory / "posterior_latest.png").read_bytes() == b"picture of step 2000"
    assert (scene.directory / "posterior-step001000.png").read_bytes() == b"picture of step 1000"


def test_zero_means_never(tmp_path: Path, drawn: list[int]) -> None:
    scene = Scene(tmp_path, plot_frequency=0)
    scene.check(1000, 2000)
    scene.end()
    assert drawn == []


def test_other_ranks_draw_and_write_nothing(tmp_path: Path, drawn: list[int]) -> None:
    scene = Scene(tmp_path)
    scene.trainer.is_global_zero = False
    scene.check(1000)
    scene.end()
    assert (drawn, scene.files()) == ([], [])


def test_the_end_draws_what_has_not_been_drawn(tmp_path: Path, drawn: list[int]) -> None:
    scene = Scene(tmp_path)
    scene.check(1000, 1400)
    scene.end()
    scene.end()
    assert drawn == [1000, 1400]


def test_an_exception_draws_the_last_check_too(tmp_path: Path, drawn: list[int]) -> None:
    scene = Scene(tmp_path)
    scene.check(400)
    scene.plot.on_exception(scene.trainer.as_trainer, MODULE, RuntimeError("boom"))
    assert drawn == [400]


def test_a_run_without_checks_ends_without_a_picture(tmp_path: Path, drawn: list[int]) -> None:
    scene = Scene(tmp_path)
    scene.end()
    assert drawn == []


def test_drawing_is_not_done_in_the_thread_of_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def draw_png(*arguments: object) -> bytes:
        threads.append(threading.current_thread())
        return b""

    monkeypatch.setattr(posterior_figure, "draw_png", draw_png)
    Scene(tmp_path).check(1000)
    (thread,) = threads
    assert thread is not threading.main_thread()
    assert not thread.daemon


def test_checks_made_while_drawing_do_not_change_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    seen: list[int] = []

    def draw_png(history: History, thresholds: Thresholds, run: str) -> bytes:
        begun.set()
        assert go_on.wait(10.0)
        seen.append(history.checks)
        return b""

    monkeypatch.setattr(posterior_figure, "draw_png", draw_png)
    scene = Scene(tmp_path)
    first = verdict(1000)
    scene.report.on_check(scene.trainer.as_trainer, observation(1000), first)
    scene.plot.on_check(scene.trainer.as_trainer, observation(1000), first)
    assert begun.wait(10.0)
    scene.report.on_check(scene.trainer.as_trainer, observation(1200), verdict(1200))
    go_on.set()
    scene.plot._worker.join()
    assert seen == [1]


def test_a_failure_is_reported_once_and_does_not_end_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def draw_png(*arguments: object) -> bytes:
        raise OSError("no space left")

    monkeypatch.setattr(posterior_figure, "draw_png", draw_png)
    scene = Scene(tmp_path)
    scene.check(1000, 2000, 3000, 4000)
    scene.end()
    failures = [event for event in scene.logged() if event.kind == "plot_failed"]
    assert [(event.level, event.data["error"]) for event in failures] == [(Level.INFO, "OSError: no space left")]
    assert capsys.readouterr().err.count("no space left") == 1


def test_a_failed_write_leaves_the_picture_before(
    tmp_path: Path, drawn: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path)
    scene.check(1000)

    def full(path: Path, content: bytes) -> int:
        path.touch()
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_bytes", full)
    scene.check(2000)
    monkeypatch.undo()
    assert (scene.directory / "posterior_latest.png").read_bytes() == b"picture of step 1000"
    assert scene.files() == ["posterior-step001000.png", "posterior_latest.png"]


def test_a_resumed_run_goes_on_with_its_history_and_its_rhythm(tmp_path: Path, drawn: list[int]) -> None:
    before = Scene(tmp_path / "before")
    before.check(800, 1000, 1400)
    after = Scene(tmp_path / "after")
    after.report.load_state_dict(before.report.state_dict())
    after.plot.load_state_dict(before.plot.state_dict())
    after.check(1600, 2000)
    assert drawn == [1000, 2000]
    assert after.report.history.checks == 5


def test_a_negative_frequency_is_refused_by_its_flag(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"--plot_frequency must be 0 \(no pictures\) or more steps, got -1"):
        Scene(tmp_path, plot_frequency=-1)


def test_the_end_leaves_final_statistics_with_the_checkpoints_by_name(tmp_path: Path, drawn: list[int]) -> None:
    scene = Scene(tmp_path)
    scene.checkpoints.mkdir()
    for name in ("healthy-step000200.ckpt", "final-step000400.ckpt", ".half.ckpt"):
        (scene.checkpoints / name).touch()
    scene.check(200, 400)
    scene.end()
    text = (scene.directory / "final_statistics.txt").read_text(encoding="utf-8")
    assert "2 (green 2, yellow 0, orange 0, red 0)" in text
    assert "healthy-step000200.ckpt" in text
    assert "final-step000400.ckpt" in text
    assert ".half" not in text


def test_an_exception_leaves_final_statistics_too(tmp_path: Path, drawn: list[int]) -> None:
    scene = Scene(tmp_path)
    scene.check(200)
    scene.report.on_exception(scene.trainer.as_trainer, MODULE, KeyboardInterrupt())
    assert scene.files() == ["final_statistics.txt"]


def test_statistics_that_cannot_be_written_are_reported(tmp_path: Path, drawn: list[int]) -> None:
    scene = Scene(tmp_path)
    (scene.directory / "final_statistics.txt").mkdir()
    scene.report.on_train_end(scene.trainer.as_trainer, MODULE)
    assert [event.kind for event in scene.logged()] == ["report_failed"]


def test_a_log_directory_that_is_gone_is_not_made_again(
    tmp_path: Path, drawn: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    scene = Scene(tmp_path)
    scene.logger.log_event("info", "started", "training starts")
    assert scene.logger.experiment.flush(240.0)
    shutil.rmtree(scene.directory)
    scene.check(1000)
    scene.end()
    assert not scene.directory.exists()
    said = capsys.readouterr().err
    assert "a picture of the posterior could not be written" in said
    assert "final_statistics.txt could not be written: No such file or directory" in said
    scene.logger.discard()


def test_the_command_line_does_not_wait_for_matplotlib() -> None:
    code = "import sys, seqsetvae.cli.train, seqsetvae.posterior.history; print('matplotlib' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=True)
    assert result.stdout.strip() == "False"
