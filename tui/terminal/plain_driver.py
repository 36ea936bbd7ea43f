"""Textual's driver for a terminal that knows ASCII alone; POSIX only, other consoles know Unicode."""

from __future__ import annotations

from textual.drivers.linux_driver import LinuxDriver

from tui.terminal.plain_text import to_ascii


class PlainDriver(LinuxDriver):
    """Everything that is written to the terminal is ASCII."""

    def write(self, data: str) -> None:
        """Write characters and escape sequences."""
        super().write(to_ascii(data))
