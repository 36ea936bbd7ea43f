"""What is written in a replay ends where the screen ends."""

from pathlib import Path

from tests.logs.reading import our_log
from tests.tui.logs import T0
from tests.tui.replay.recordings import falling_ill, recording_of, resumed
from tui.export.view_export import write_view
from tui.replay.timeline import Moment
from tui.views.snapshot import Cut
from tui.views.window import ChartState


def steps_at(directory: Path, moment: Moment, cut: Cut) -> list[int]:
    target = directory / f"{moment.record}.csv"
    write_view(our_log(directory / "run"), ChartState(metric="train/loss"), T0, target, cut=cut)
    return [int(row.split(",")[0]) for row in target.read_text().splitlines()[1:]]


def test_nothing_beyond_the_moment_is_written(tmp_path: Path) -> None:
    recording = recording_of(falling_ill().write(tmp_path / "run"))
    moment = recording.timeline.at_step(123)
    assert steps_at(tmp_path, moment, Cut(byte=moment.byte)) == list(range(1, 124))


def test_before_a_resumption_the_old_branch_is_written(tmp_path: Path) -> None:
    recording = recording_of(resumed().write(tmp_path / "run"))
    for record, steps in ((500, [*range(1, 501)]), (501, [*range(1, 402)])):
        moment = recording.timeline.at_record(record)
        frame = recording.frame(moment)
        assert frame is not None
        assert steps_at(tmp_path, moment, Cut(byte=frame.byte, resumes=frame.resumes)) == steps
