"""The run of `--demo`: what its detector said of it, and that it comes out the same every time."""

from pathlib import Path

from seqsetvae.collapse.replay import replay
from seqsetvae.logs.checks import observations_of, thresholds_of
from seqsetvae.logs.discovery import find_logs
from seqsetvae.stream.codec import decode_event
from seqsetvae.stream.records import Level
from tests.tui.replay.recordings import recording_of
from tui.demo import DEMO, RUN
from tui.views.verdict_view import verdict_view


def levels_in(run: Path) -> list[Level]:
    """The levels that events tell of, each once in a row."""
    events = [decode_event(line) for line in (run / "events.jsonl").read_bytes().splitlines()]
    levels = [event.level for event in events if event.level is not Level.INFO]
    return [level for place, level in enumerate(levels) if place == 0 or level is not levels[place - 1]]


def test_it_goes_from_green_to_red_one_level_after_the_other(tmp_path: Path) -> None:
    DEMO.write(tmp_path / RUN)
    assert levels_in(tmp_path / RUN) == [Level.GREEN, Level.YELLOW, Level.ORANGE, Level.RED]


def test_its_verdicts_are_those_of_the_detector_on_its_numbers(tmp_path: Path) -> None:
    DEMO.write(tmp_path / RUN)
    run = tmp_path / RUN
    answered = {
        event.step: event.level
        for event in map(decode_event, (run / "events.jsonl").read_bytes().splitlines())
        if event.kind == "collapse"
    }
    asked = {
        verdict.step: verdict.level for verdict in replay(observations_of(run), thresholds_of(run)) if verdict.changed
    }
    assert answered == asked


def test_it_is_the_same_every_time(tmp_path: Path) -> None:
    for name in ("one", "other"):
        DEMO.write(tmp_path / name / RUN)
    files = [sorted((tmp_path / name / RUN).iterdir()) for name in ("one", "other")]
    assert [path.name for path in files[0]] == ["events.jsonl", "metrics.jsonl", "run.json", "system.jsonl"]
    for one, other in zip(*files, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_every_pane_has_something_to_show_at_its_end(tmp_path: Path) -> None:
    DEMO.write(tmp_path / RUN)
    recording = recording_of(find_logs(tmp_path)[0])
    frame = recording.frame(recording.timeline.at_end())
    assert frame is not None
    data = frame.data
    assert (data.head.step, recording.timeline.records) == (DEMO.steps, DEMO.steps // DEMO.every)
    strip = data.vector("posterior/kl_per_dim")
    assert strip is not None
    assert strip.rows.shape[1] == 32
    assert data.machine is not None
    assert {"train/loss", "val/auroc", "posterior/mutual_information", "train/beta"} <= set(data.names())
    verdict = verdict_view(data.events(), data.series("posterior/verdict"), measured=True, until=data.head.t)
    assert verdict.level is Level.RED
    assert verdict.reasons
    assert verdict.advice
