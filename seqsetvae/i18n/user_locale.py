"""What the environment says of language and characters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from seqsetvae.i18n.language import Language

_INITIAL = Path("/proc/self/environ")

_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python sets LC_CTYPE to when it is started in the C locale, whatever the terminal knows."""

_SIMPLIFIED = ("zh", "zh_cn", "zh_sg", "zh_hans")
"""Locales of who reads simplified characters; others read English more easily."""


def knows_ascii_alone(environ: Mapping[str, str]) -> bool:
    """Whether the locale, or the kind of terminal, has no characters but ASCII.

    A locale that is not named at all says nothing of the terminal, as in many containers: it is taken to know UTF-8,
    as nearly all do. The console of Linux has UTF-8 but a font without braille.
    """
    if environ.get("TERM") == "linux":
        return True
    named = _named(environ, "LC_CTYPE")
    return bool(named) and "utf" not in named.lower()


def started_with(environ: Mapping[str, str], initial: Path = _INITIAL) -> dict[str, str]:
    """The environment as it was when the program was started.

    Python writes `LC_CTYPE` into its own environment when it begins in the C locale; `initial` tells, where the
    system has it, whether the user did.
    """
    out = dict(environ)
    if out.get("LC_CTYPE") in _COERCED:
        try:
            block = initial.read_bytes()
        except OSError:
            return out
        if not any(entry.startswith(b"LC_CTYPE=") for entry in block.split(b"\0")):
            del out["LC_CTYPE"]
    return out


def language_of(environ: Mapping[str, str]) -> Language:
    """The language of a locale's messages."""
    name = _named(environ, "LC_MESSAGES").partition(".")[0].partition("@")[0].lower().replace("-", "_")
    is_simplified = name in _SIMPLIFIED or name.startswith("zh_hans_")
    return Language.ZH if is_simplified else Language.EN


def _named(environ: Mapping[str, str], category: str) -> str:
    return next((environ[name] for name in ("LC_ALL", category, "LANG") if environ.get(name)), "")
