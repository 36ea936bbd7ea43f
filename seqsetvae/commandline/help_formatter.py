"""`--help` in the language that is spoken."""

from __future__ import annotations

import argparse

from seqsetvae.i18n.language import is_translated, translated
from seqsetvae.i18n.message import Message
from seqsetvae.i18n.wrapping import wrapped


class HelpFormatter(argparse.HelpFormatter):
    """Translates a parser's texts as they are printed, and breaks lines by the width of characters."""

    def start_section(self, heading: str | None) -> None:
        """A group's heading."""
        super().start_section(translated(heading) if heading else heading)

    def add_text(self, text: str | None) -> None:
        """A description or an epilog."""
        super().add_text(translated(text) if text else text)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = translated(action.help or "")
        return text.replace("%", "%%") if isinstance(action.help, Message) else text

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(" ".join(text.split()), width) if is_translated() else super()._split_lines(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if not is_translated():
            return super()._fill_text(text, width, indent)
        return "\n".join(indent + line for line in wrapped(" ".join(text.split()), width - len(indent)))
