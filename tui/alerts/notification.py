"""An alert for the terminal, and through it for the desktop: the bell and the OSC sequences for notifications.

Text from a log stands between an escape sequence's beginning and its end here, so whatever could end it, or begin
another one, is taken out first.
"""

from __future__ import annotations

from collections.abc import Mapping

from seqsetvae.i18n.language import tr, translated
from tui.alerts.alerts import Alert
from tui.views.event_text import event_text
from tui.views.format import clean

BELL = "\a"

_ESC = "\x1b"
_TITLE, _BODY = 60, 200
"""Characters of a notification's title and text; desktops show no more, and terminals have buffers of their own."""

_OSC_777 = ("rxvt", "foot")
_OSC_9 = ("iTerm.app", "WezTerm", "ghostty", "kitty")


def announcement(alert: Alert, environ: Mapping[str, str]) -> str:
    """The characters that ring and notify, for the terminal that the environment describes.

    Terminals know OSC 9 (iTerm2, kitty, WezTerm, Windows Terminal) or OSC 777 (VTE, foot, rxvt). Where the
    environment does not say which, as over SSH and inside tmux, both are sent: the unknown one is ignored. tmux hands
    them on where its option `allow-passthrough` is on.
    """
    term = environ.get("TERM", "")
    if term in ("", "dumb", "linux"):  # the Linux console prints what it does not know
        return BELL
    title = _inside(tr("SeqSetVAE: {run} is {level}", run=alert.run, level=translated(alert.level.value)), _TITLE)
    body = _inside(event_text(alert.event), _BODY)
    program = environ.get("TERM_PROGRAM", "")
    nine, seven = f"{_ESC}]9;{title}: {body}{BELL}", f"{_ESC}]777;notify;{title};{body}{BELL}"
    if program in _OSC_9:
        sequences = [nine]
    elif "VTE_VERSION" in environ or term.startswith(_OSC_777):
        sequences = [seven]
    else:
        sequences = [nine, seven]
    if environ.get("TMUX"):
        sequences = [_through_tmux(sequence) for sequence in sequences]
    return BELL + "".join(sequences)


def _inside(text: str, limit: int) -> str:
    """Text that may stand in a sequence: no control characters, and no `;`, which separates its fields."""
    return clean(text, limit).replace(";", ",")


def _through_tmux(sequence: str) -> str:
    return f"{_ESC}Ptmux;{sequence.replace(_ESC, _ESC * 2)}{_ESC}\\"
