"""What the user chose to see of a log directory, kept from one watching to the next.

A small file for each directory, below `$XDG_STATE_HOME/seqsetvae/watch`. It is a convenience: where it cannot be
written, nothing is kept and nothing is said; one that cannot be understood is ignored with one sentence.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from seqsetvae.atomic_file import write_whole
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.logs.series_view import Axis
from seqsetvae.small_file import read_small_file
from seqsetvae.strict_json import decode, encode
from tui.chart.smooth import STEPS
from tui.terminal.theme_names import THEMES
from tui.views.pane_names import PANE_IDS

FORMAT = 1
"""Of the file; another one is not understood."""

MOST_FILES = 200
"""Directories that are remembered; those not seen for longest are forgotten."""

_MOST_BYTES = 65_536
"""Larger than any view; what is larger is something else."""

_LONGEST_TEXT = 1_000
"""Characters of a name or a filter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewState:
    """A view. Where nothing was chosen, None or the default stands.

    `newest` is the run that was the newest when `run` was chosen: once there is a newer one, the choice is over.
    """

    theme: str = "auto"
    hidden: frozenset[str] = frozenset()
    run: str | None = None
    newest: str | None = None
    metric: str | None = None
    axis: Axis = Axis.STEP
    log: bool = False
    smoothing: float = 0.0
    pattern: str = ""
    muted: bool = False


def encode_view(state: ViewState, logdir: str) -> bytes:
    """The file's content; `logdir` says to people, and to the reader, whose view it is."""
    return encode({"format": FORMAT, "logdir": logdir, **asdict(state), "hidden": sorted(state.hidden)}) + b"\n"


def decode_view(data: bytes, logdir: str) -> ViewState:
    """The view in a file's content.

    A single setting that is none is left at its default: another version may know other themes.

    Raises:
        InputError: it is no view of this directory at all.
    """
    try:
        found = decode(data)
    except ValueError:
        raise InputError("it is not JSON") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError("it is not of format {format}", format=FORMAT)
    if found.get("logdir") != logdir:
        raise InputError("it belongs to another directory")
    hidden = found.get("hidden")
    chosen: dict[str, Any] = {
        "hidden": PANE_IDS.intersection(filter(_is_text, hidden)) if isinstance(hidden, list) else None,
        "theme": _one_of(found.get("theme"), THEMES),
        "run": _text(found.get("run")),
        "newest": _text(found.get("newest")),
        "metric": _text(found.get("metric")),
        "axis": _one_of(found.get("axis"), tuple(Axis)),
        "log": _flag(found.get("log")),
        "smoothing": _one_of(found.get("smoothing"), STEPS),
        "pattern": _text(found.get("pattern")),
        "muted": _flag(found.get("muted")),
    }
    return replace(ViewState(), **{name: value for name, value in chosen.items() if value is not None})


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT


def _text(value: object) -> object:
    return value if _is_text(value) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _one_of(value: object, choices: tuple[Any, ...]) -> object:
    return next((choice for choice in choices if choice == value and not isinstance(value, bool)), None)


def state_directory() -> Path | None:
    """Where views are kept; None for a user without a home."""
    from platformdirs import user_state_path  # takes longer to load than all that a report needs of this file

    try:
        return user_state_path("seqsetvae", appauthor=False) / "watch"
    except RuntimeError:
        return None


class ViewMemory:
    """The file of one log directory.

    Args:
        logdir: the directory; its real path names the file, so that another path to the same place is the same view.
        directory: where views are kept; None keeps nothing.
    """

    def __init__(self, logdir: Path, directory: Path | None) -> None:
        self._logdir = str(logdir.resolve()).encode(errors="surrogateescape").decode(errors="replace")
        self._directory = directory
        self._written: ViewState | None = None

    @property
    def path(self) -> Path | None:
        """The file."""
        if self._directory is None:
            return None
        return self._directory / f"{hashlib.sha256(self._logdir.encode()).hexdigest()[:32]}.json"

    def load(self) -> tuple[ViewState, str | None]:
        """The view as it was kept, and a sentence where there is a file that holds none."""
        state, note = ViewState(), None
        try:
            data = _read(self.path) if self.path is not None else None
            if data is not None:
                state = decode_view(data, self._logdir)
        except (InputError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            note = Message("the saved view {path} was ignored: {reason}", path=self.path, reason=reason)
        self._written = state
        return state, note

    def save(self, state: ViewState) -> bool:
        """Keep a view unless it is the one that is kept already; whether the file was written."""
        path = self.path
        if path is None or state == self._written:
            return False
        self._written = state
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(path, encode_view(state, self._logdir))
            _forget_oldest(path.parent)
        except OSError:  # a home that is full or read-only keeps no views, which is no reason to stop
            return False
        return True


def _read(path: Path) -> bytes | None:
    try:
        return read_small_file(path, _MOST_BYTES)
    except FileNotFoundError:
        return None


def _forget_oldest(directory: Path) -> None:
    ages: list[tuple[float, Path]] = []
    for path in directory.glob("*.json"):
        try:
            ages.append((path.stat().st_mtime, path))
        except FileNotFoundError:  # another watcher tidies up too
            continue
    for _, path in sorted(ages)[: max(len(ages) - MOST_FILES, 0)]:
        path.unlink(missing_ok=True)
