"""What a terminal can show, by its environment and by what it answers."""

import os
import pty
import termios
from collections.abc import Sequence
from pathlib import Path

import pytest

from tui.terminal.background import ask, ask_terminal, shade_in, shade_of
from tui.terminal.capabilities import Terminal, has_sixteen_colours, settle_size


@pytest.mark.parametrize(
    ("environ", "sixteen"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "screen"}, True),
        ({"TERM": "linux"}, True),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, False),
    ],
)
def test_colours_are_counted_as_they_will_be_drawn(environ: dict[str, str], sixteen: bool) -> None:
    assert has_sixteen_colours(environ) == sixteen


def test_shades_are_signs_where_colours_cannot_say_them() -> None:
    assert Terminal().heat_ramp == ""
    assert Terminal(sixteen=True).heat_ramp[0] == " "
    assert Terminal(sixteen=True, ascii=True).heat_ramp.isascii()


@pytest.mark.parametrize(
    ("answer", "shade"),
    [
        (b"\x1b]11;rgb:0000/0000/0000\x1b\\", "dark"),
        (b"\x1b]11;rgb:ffff/ffff/ffff\x07", "light"),
        (b"\x1b]11;rgb:fd/f6/e3\x07", "light"),
        (b"\x1b]11;rgb:0/2/3\x07", "dark"),
        (b"\x1b]11;rgba:ffff/ffff/dddd/ffff\x07", "light"),
        (b"\x1b]11;rgb:0000/0000/ffff\x07", "dark"),
        (b"q\x1b]11;rgb:ffff/ffff/ffff\x07", "light"),
        (b"\x1b]10;rgb:ffff/ffff/ffff\x07", None),
        (b"\x1b]11;rgb:", None),
        (b"", None),
    ],
)
def test_an_answer_is_dark_or_light(answer: bytes, shade: str | None) -> None:
    assert shade_of(answer) == shade


@pytest.mark.parametrize(
    ("value", "shade"), [("15;0", "dark"), ("0;15", "light"), ("0;default;7", "light"), ("", None)]
)
def test_some_terminals_tell_by_themselves(value: str, shade: str | None) -> None:
    assert shade_in({"COLORFGBG": value}) == shade
    assert shade_in({}) is None


class ScriptedLine:
    """A terminal that answers each question with pieces, each after some seconds of its clock."""

    def __init__(self, *answers: Sequence[tuple[float, bytes]]) -> None:
        self.now = 0.0
        self.asked: list[bytes] = []
        self._answers = list(answers)
        self._due: list[tuple[float, bytes]] = []

    def clock(self) -> float:
        return self.now

    def write(self, data: bytes) -> None:
        self.asked.append(data)
        if self._answers:
            self._due += [(self.now + wait, piece) for wait, piece in self._answers.pop(0)]

    def read(self, seconds: float) -> bytes:
        if self._due and self._due[0][0] <= self.now + seconds:
            when, piece = self._due.pop(0)
            self.now = max(self.now, when)
            return piece
        self.now += seconds
        return b""


PLACE = b"\x1b[12;1R"
LIGHT = b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\"


def test_a_terminal_that_answers_at_once_is_believed_and_its_answers_are_used_up() -> None:
    line = ScriptedLine([(0.001, PLACE)], [(0.001, LIGHT[:9]), (0.001, LIGHT[9:] + PLACE[:3]), (0.002, PLACE[3:])])
    assert ask(line, line.clock) == "light"
    assert line.read(10) == b""
    assert line.now < 10.01


def test_one_without_the_question_is_not_waited_for() -> None:
    line = ScriptedLine([(0.001, PLACE)], [(0.001, PLACE)])
    assert ask(line, line.clock) is None
    assert line.now < 0.01


def test_on_a_slow_line_the_question_is_not_asked() -> None:
    line = ScriptedLine([(0.2, PLACE)])
    assert ask(line, line.clock) is None
    assert len(line.asked) == 1
    assert line.now <= 0.05


def test_one_that_says_nothing_costs_a_tenth_of_a_second_at_most() -> None:
    line = ScriptedLine([(0.039, PLACE)])
    assert ask(line, line.clock) is None
    assert line.now <= 0.1


def test_without_a_terminal_there_is_nobody_to_ask(tmp_path: Path) -> None:
    assert ask_terminal(str(tmp_path / "absent")) is None
    (tmp_path / "file").write_text("")
    assert ask_terminal(str(tmp_path / "file")) is None


@pytest.mark.parametrize(
    ("reported", "settled"), [((0, 0), (24, 80)), ((0, 132), (24, 132)), ((50, 0), (50, 80)), ((50, 132), (50, 132))]
)
def test_a_terminal_that_tells_no_size_gets_the_usual_one(reported: tuple[int, int], settled: tuple[int, int]) -> None:
    master, slave = pty.openpty()
    try:
        termios.tcsetwinsize(slave, reported)
        settle_size(slave)
        assert termios.tcgetwinsize(slave) == settled
    finally:
        os.close(master)
        os.close(slave)
