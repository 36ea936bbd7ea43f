"""`--help` in the language that is spoken."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from seqsetvae.i18n.language import is_translated, told
from seqsetvae.i18n.wrapping import wrapped


class HelpFormatter(argparse.HelpFormatter):
    """Translates a parser's texts as they are printed, and breaks lines by the width of characters."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """The usage, behind a word for it."""
        super().add_usage(usage, actions, groups, told("usage: ") if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        """A group's heading."""
        super().start_section(told(heading) if heading else heading)

    def add_text(self, text: str | None) -> None:
        """A description or an epilog."""
        super().add_text(told(text) if text else text)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return told(action.help) if action.help else action.help

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(" ".join(text.split()), width) if is_translated() else super()._split_lines(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if not is_translated():
            return super()._fill_text(text, width, indent)
        return "\n".join(indent + line for line in wrapped(" ".join(text.split()), width - len(indent)))
