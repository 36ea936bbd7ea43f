"""The user's command: no shell, the event as its input, and a sentence when it fails."""

import json
import sys
from pathlib import Path

import pytest

from seqsetvae.errors import InputError
from seqsetvae.stream.records import EventRecord, Level
from tests.tui.logs import T0
from tui.alerts.alert_command import AlertCommand, command_words
from tui.alerts.alerts import Alert

ALERT = Alert(
    run="p12 $(id)",
    event=EventRecord(t=T0, step=600, level=Level.RED, kind="collapse", message="KL 0", data={"kl": float("nan")}),
)


def complaints(words: tuple[str, ...], *, timeout: float = 20.0) -> list[str]:
    """Run a command to its end; what it had to be complained about."""
    complaints: list[str] = []
    command = AlertCommand(words, Path("logs"), complain=complaints.append, timeout=timeout)
    command.start(ALERT)
    command.finish()
    return complaints


def python(code: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *arguments)


def test_it_is_given_the_event_the_run_and_the_directory_as_strict_json(tmp_path: Path) -> None:
    target = tmp_path / "said.json"
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    assert complaints(python(code, str(target))) == []
    said = json.loads(target.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert said == {
        "logdir": "logs",
        "run": "p12 $(id)",
        "t": T0,
        "step": 600,
        "level": "red",
        "kind": "collapse",
        "message": "KL 0",
        "data": {"kl": "NaN"},
    }


def test_there_is_no_shell(tmp_path: Path) -> None:
    target = tmp_path / "argument"
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
    words = command_words(f"{sys.executable} -c '{code}' {target} '$HOME; echo *'")
    assert complaints(words) == []
    assert target.read_text() == "$HOME; echo *"


def test_a_command_that_does_not_read_is_no_failure() -> None:
    assert complaints(python("pass")) == []


def test_a_failure_is_one_sentence_with_what_it_complained_of() -> None:
    (sentence,) = complaints(python("import sys; sys.exit('no route\\x1b]0;t\\x07 to host')"))
    assert sentence.startswith("--on-alert ")
    assert "failed with exit code 1: no route" in sentence
    assert "\x1b" not in sentence


def test_a_command_that_hangs_is_ended() -> None:
    (sentence,) = complaints(python("import time; time.sleep(600)"), timeout=0.3)
    assert sentence.endswith("was ended after 0.3 s")


def test_a_command_that_cannot_be_run_is_reported(tmp_path: Path) -> None:
    (sentence,) = complaints((str(tmp_path / "gone"),))
    assert "cannot be run: No such file" in sentence


@pytest.mark.parametrize(
    ("line", "sentence"),
    [("", "needs a command"), ("a 'b", "close its quotes"), ("no-such-program-here x", "there is no program")],
)
def test_what_can_never_run_is_refused_at_once(line: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        command_words(line)
