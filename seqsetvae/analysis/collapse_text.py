"""What the detector says of every run, over time: the text of `collapse_analysis.txt`, and the parts of it."""

from __future__ import annotations

from collections.abc import Sequence

from seqsetvae.analysis.run_curves import CHANGES, RunCurves
from seqsetvae.analysis.run_summary import HEADINGS, RunSummary, text_table
from seqsetvae.collapse.verdict import LEVELS
from seqsetvae.posterior.course_report import Section, sections
from seqsetvae.stream.records import Level
from seqsetvae.stream.values import printable

OVER_TIME = "Verdict over time"
REPORTED = "What the run itself said"
#: A section that only the trainer can write: a log does not say which files there are.
CHECKPOINTS = "Checkpoints"


def collapse_text(runs: Sequence[RunCurves], summaries: Sequence[RunSummary]) -> str:
    """Return the report of all runs as plain text."""
    rows = [HEADINGS, *(tuple(map(printable, summary.cells())) for summary in summaries)]
    return "\n\n".join(["\n".join([*_title("Posterior collapse"), *text_table(rows)]), *map(_text_of, runs)]) + "\n"


def verdict_sections(run: RunCurves) -> list[Section]:
    """Return what is said of a run; without checks, why there is nothing to say."""
    problems = [Section(title="Problems", rows=tuple((printable(text),) for text in run.problems))]
    found = problems if run.problems else []
    if run.history.latest is None:
        why = "the log has no posterior/kl, which the detector needs"
        return [*found, Section(title="Not judged", rows=((why,),))]
    found += [Section(title=OVER_TIME, rows=_over_time(run), header=True)]
    if run.reported:
        found.append(Section(title=REPORTED, rows=_reported(run)))
    final = sections(run.history, run.thresholds, ())
    return [*found, *(section for section in final if section.title != CHECKPOINTS)]


def _text_of(run: RunCurves) -> str:
    blocks = ["\n".join(_title(printable(run.name)))]
    for section in verdict_sections(run):
        blocks.append("\n".join([section.title, *(f"  {line}" for line in text_table(section.rows))]))
    return "\n\n".join(blocks)


def _title(text: str) -> list[str]:
    return [text, "=" * len(text)]


def _over_time(run: RunCurves) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = [("from step", "level", "condition", "why, and what to do next")]
    for verdict in run.changes:
        sentences = [*verdict.reasons, *(f"→ {advice}" for advice in verdict.advice)] or [""]
        rows.append((f"{verdict.step:,}", str(verdict.level), str(verdict.condition), printable(sentences[0])))
        rows += [("", "", "", printable(sentence)) for sentence in sentences[1:]]
    left_out = run.history.changes + 1 - len(run.changes)
    if left_out > 0:
        rows.append(("", "", "", f"{left_out:,} more changes: only the first {CHANGES} are listed"))
    return tuple(rows)


def _reported(run: RunCurves) -> tuple[tuple[str, str], ...]:
    """Return the first step of each level by the run's own events, and whether the replay agrees."""
    own = [level for level in LEVELS[1:] if level in run.reported]
    rows = [(f"first {level}", f"step {run.reported[level]:,}") for level in own] or [("", "never above green")]
    again = run.history.first_at_least(Level.RED)
    if again != run.reported.get(Level.RED):
        rows.append(("", "the replay comes to another red: settings or version of the detector differ"))
    return tuple(rows)
