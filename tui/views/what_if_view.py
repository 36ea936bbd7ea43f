"""What other thresholds would have changed, as panes show it."""

from __future__ import annotations

from dataclasses import dataclass

from seqsetvae.collapse.verdict_history import LevelChange
from seqsetvae.i18n.language import tr
from seqsetvae.stream.records import Level


@dataclass(frozen=True, kw_only=True, slots=True)
class WhatIfView:
    """Other thresholds beside the run's own, up to a moment. All text is safe to show.

    Attributes:
        settings: the other settings, in words.
        state: how far the log has been judged, or why it cannot be; empty when all of it is.
        level: the level that they would show at the moment, None without checks.
        sentences: for each level that either reached, when; the gravest first.
        marks: where each level would have begun first.
        changed: the first of the sentences that states a difference, or else the first.
    """

    settings: str
    state: str = ""
    level: Level | None = None
    sentences: tuple[str, ...] = ()
    marks: tuple[LevelChange, ...] = ()
    changed: str = ""

    @property
    def notice(self) -> str:
        """One line: the gravest level for which anything differs."""
        found = ", ".join(part for part in (self.state, self.changed) if part)
        return tr("what if {settings}: {found}", settings=self.settings, found=found)
