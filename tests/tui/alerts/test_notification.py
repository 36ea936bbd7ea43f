"""The escape sequences of a notification: the right ones for a terminal, and nothing of a log that could end them."""

import re

from seqsetvae.stream.records import EventRecord, Level
from tests.tui.logs import T0
from tui.alerts.alerts import Alert
from tui.alerts.notification import BELL, announcement


def alert(run: str = "p12", message: str = "active units 9 % < 10 %") -> Alert:
    return Alert(run=run, event=EventRecord(t=T0, step=600, level=Level.ORANGE, kind="collapse", message=message))


def test_a_terminal_that_says_its_name_gets_the_sequence_that_it_knows() -> None:
    nine = announcement(alert(), {"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"})
    assert nine == "\a\x1b]9;SeqSetVAE: p12 is orange: active units 9 % < 10 %\a"
    seven = announcement(alert(), {"TERM": "xterm-256color", "VTE_VERSION": "7600"})
    assert seven == "\a\x1b]777;notify;SeqSetVAE: p12 is orange;active units 9 % < 10 %\a"
    assert announcement(alert(), {"TERM": "foot"}) == seven


def test_where_nobody_knows_the_terminal_both_are_sent() -> None:
    both = announcement(alert(), {"TERM": "xterm-256color"})
    assert both.count("\x1b]9;") == both.count("\x1b]777;") == 1


def test_tmux_is_asked_to_hand_them_on() -> None:
    sent = announcement(alert(), {"TERM": "tmux-256color", "TERM_PROGRAM": "tmux", "TMUX": "/tmp/tmux-0/default,1,0"})
    wrapped = re.findall(r"\x1bPtmux;\x1b(\x1b\][^\x1b]*\a)\x1b\\", sent)
    assert [sequence.split(";")[0] for sequence in wrapped] == ["\x1b]9", "\x1b]777"]
    assert sent.startswith(BELL), "the bell goes to tmux itself, which marks the window"


def test_a_console_that_would_print_the_sequence_is_only_rung() -> None:
    for term in ("linux", "dumb", ""):
        assert announcement(alert(), {"TERM": term}) == BELL


def test_nothing_of_a_log_ends_the_sequence_or_begins_another() -> None:
    evil = "x\a\x1b]0;owned\x07\x1b\\\x9c\x9dmore;fields\n\u202e"
    sent = announcement(alert(run=evil, message=evil), {"TERM": "foot"})
    assert re.fullmatch(r"\a\x1b\]777;notify;[^\x00-\x1f\x7f-\x9f;\u202e]+;[^\x00-\x1f\x7f-\x9f;\u202e]+\a", sent)


def test_a_long_message_is_cut() -> None:
    assert len(announcement(alert(run="r" * 10_000, message="m" * 10_000), {"TERM": "foot"})) < 300
