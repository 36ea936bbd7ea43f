"""A program of the user's that is run for an alert: started without a shell, given JSON."""

from __future__ import annotations

import shlex
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from seqsetvae.commandline.user_command import TIMEOUT, run_command
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import tr, translated
from seqsetvae.stream.codec import encode_event
from seqsetvae.stream.values import clean_text
from seqsetvae.strict_json import decode, encode
from tui.alerts.alerts import Alert
from tui.views.format import clean

_COMPLAINT = 300
"""Characters of its standard error that are shown when it fails."""


def command_words(line: str) -> tuple[str, ...]:
    """The words of a command, as a shell would split them; its program is looked for now, not at the first alert.

    Raises:
        InputError: there is no word, no such program, or a quote is open.
    """
    try:
        words = tuple(shlex.split(line))
    except ValueError as error:
        raise InputError(
            "--on-alert {line!r:.80} cannot be read ({reason}); close its quotes", line=line, reason=error
        ) from None
    if not words:
        raise InputError("--on-alert needs a command, such as 'notify.sh p12'")
    if shutil.which(words[0]) is None:
        raise InputError(
            "--on-alert: there is no program {name!r:.80}; give its path, and make it executable", name=words[0]
        )
    return words


class AlertCommand:
    """Runs a command for every alert, each in a thread of its own.

    Args:
        words: The command.
        logdir: Where the runs are, for the command's input.
        complain: Called, in such a thread, with a sentence about a command that failed.
        timeout: Seconds that it is given.
    """

    def __init__(
        self,
        words: tuple[str, ...],
        logdir: Path,
        *,
        complain: Callable[[str], None],
        timeout: float = TIMEOUT,
    ) -> None:
        self._words = words
        self._logdir = logdir
        self._complain = complain
        self._timeout = timeout
        self._threads: list[threading.Thread] = []

    def start(self, alert: Alert) -> None:
        """Run the command; returns at once. Its input is one JSON object: the event, its `run` and `logdir`."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        # A daemon: quitting the viewer does not wait for it. The command is a process of its own, and goes on.
        thread = threading.Thread(target=self._run, args=(self._input(alert),), name="on-alert", daemon=True)
        self._threads.append(thread)
        thread.start()

    def finish(self) -> None:
        """Return when all commands have ended."""
        for thread in self._threads:
            thread.join()

    def _input(self, alert: Alert) -> bytes:
        event = decode(encode_event(alert.event))
        where = {"logdir": clean_text(str(self._logdir)), "run": clean_text(alert.run)}  # names need not be UTF-8
        return encode({**where, **event}) + b"\n"

    def _run(self, text: bytes) -> None:
        failure = run_command(self._words, text, timeout=self._timeout)
        if failure is not None:
            command, reason = clean(shlex.join(self._words), 80), translated(failure.reason)
            said = tr("--on-alert {command} {reason}", command=command, reason=reason)
            complaint = clean(failure.stderr.strip(), _COMPLAINT)
            self._complain(tr("{sentence}: {complaint}", sentence=said, complaint=complaint) if complaint else said)
