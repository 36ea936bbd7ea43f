"""One page with everything, that opens without a network: pictures are in it, text from logs is escaped.

Panels stand alone here, one below the other on a phone. On a dark screen they are inverted, hues kept.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape

from seqsetvae.analysis.collapse_text import verdict_sections
from seqsetvae.analysis.figure_rendering import RenderedFigure, smoothing_words
from seqsetvae.analysis.report_figures import ReportFigure
from seqsetvae.analysis.run_styles import Comparison, StyledRun
from seqsetvae.analysis.run_summary import HEADINGS, RunSummary
from seqsetvae.posterior.course_report import Section
from seqsetvae.stream.records import Level
from seqsetvae.stream.values import printable

#: Runs whose verdicts are written in full; of a sweep's others, the table says the level, and the text file the rest.
DETAILS = 40

STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #222222; --muted: #5a5a5a; --line: #e2e2e2; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: .5rem 0; } h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
.muted { color: var(--muted); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); }
table.runs td { white-space: nowrap; }
.panels { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); }
figure { margin: 0; } img { width: 100%; height: auto; display: block; }
details { border-top: 1px solid var(--line); padding: .5rem 0; } summary { cursor: pointer; }
.key { display: inline-block; min-width: 1.4em; text-align: center; }
.level { padding: 0 .4em; border-radius: .3em; border: 1px solid var(--muted); }
.green { background: #c3e4d5; color: #111; } .yellow { background: #eec32b; color: #111; }
.orange { background: #d2691e; color: #fff; } .red { background: #7d1128; color: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #171717; --ink: #e8e8e8; --muted: #a6a6a6; --line: #383838; }
  img, .key { filter: invert(.91) hue-rotate(180deg); }
}
"""


def page(
    comparison: Comparison,
    summaries: Sequence[RunSummary],
    pictures: Sequence[tuple[ReportFigure, RenderedFigure]],
    *,
    title: str,
) -> str:
    """Return the page.

    Args:
        comparison: The runs.
        summaries: One for each run.
        pictures: The figures as they were specified and styled.
        title: What the page is about, as text.
    """
    parts = [
        "<!doctype html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(title)}</title>", f"<style>{STYLE}{_colours(comparison)}</style>", "</head>", "<body>",
        f"<h1>{_text(title)}</h1>", *_table_of_runs(comparison, summaries),
    ]  # fmt: skip
    for spec, picture in pictures:
        parts += _figure(spec, picture, comparison)
    parts += [*_verdicts(comparison, summaries), "</body>", "</html>"]
    return "\n".join(parts) + "\n"


def _text(text: str) -> str:
    """Return a text from a log for a page: what a terminal would obey is replaced, what a browser would is escaped."""
    return escape(printable(text), quote=True)


def _colours(comparison: Comparison) -> str:
    """Return a class for each run's colour."""
    styles = [styled.style for styled in comparison.shown if styled.style is not None]
    return "".join(f".run{style.place} {{ color: {style.colour}; }}\n" for style in styles)


def _key(styled: StyledRun) -> str:
    """Return the marker that a run has in the figures."""
    if styled.style is None:
        return '<span class="key muted" aria-hidden="true">·</span>'
    return f'<span class="key run{styled.style.place}" aria-hidden="true">{styled.style.sign}</span>'


def _table_of_runs(comparison: Comparison, summaries: Sequence[RunSummary]) -> Iterator[str]:
    yield '<div class="wide"><table class="runs">'
    yield "<thead><tr>" + "".join(f'<th scope="col">{_text(heading)}</th>' for heading in HEADINGS) + "</tr></thead>"
    yield "<tbody>"
    for styled, summary in zip(comparison.runs, summaries, strict=True):
        name, state, steps, auroc, auprc, judged, *first = summary.cells()
        cells = [f"<td>{_text(cell)}</td>" for cell in (state, steps, auroc, auprc)]
        cells += [f"<td>{_badge(summary.level, judged)}</td>", *(f"<td>{_text(cell)}</td>" for cell in first)]
        yield f'<tr><th scope="row">{_key(styled)} {_text(name)}</th>{"".join(cells)}</tr>'
    yield "</tbody></table></div>"
    if len(comparison.shown) < len(comparison.runs):
        yield (
            f'<p class="muted">The figures show {len(comparison.shown)} of {len(comparison.runs)} runs in colour, '
            "those of the best validation AUROC; the others are thin lines behind them.</p>"
        )


def _badge(level: Level | None, words: str) -> str:
    return _text(words) if level is None else f'<span class="level {level}">{_text(words)}</span>'


def _figure(spec: ReportFigure, picture: RenderedFigure, comparison: Comparison) -> Iterator[str]:
    yield f"<h2>{_text(spec.title)}</h2>"
    if comparison.smooth and spec.smoothed:
        yield f'<p class="muted">T{smoothing_words(comparison)[1:]}.</p>'
    yield '<div class="panels">'
    whose = "the run" if comparison.single else f"{len(comparison.runs)} runs"
    for panel, png in zip(spec.panels, picture.panels, strict=True):
        data = base64.b64encode(png).decode("ascii")
        alt = _text(f"{panel.title} of {whose}")
        yield f'<figure><img src="data:image/png;base64,{data}" alt="{alt}"></figure>'
    yield "</div>"


def _verdicts(comparison: Comparison, summaries: Sequence[RunSummary]) -> Iterator[str]:
    yield "<h2>Verdicts</h2>"
    for styled, summary in list(zip(comparison.runs, summaries, strict=True))[:DETAILS]:
        judged = "not judged" if summary.level is None else f"{summary.level}, {summary.condition}"
        yield "<details open>" if comparison.single else "<details>"
        yield f"<summary>{_key(styled)} {_text(styled.run.name)} {_badge(summary.level, judged)}</summary>"
        yield f'<p class="muted">{_text(str(styled.run.path))}</p>'
        for section in verdict_sections(styled.run):
            yield from _section(section)
        yield "</details>"
    if len(comparison.runs) > DETAILS:
        yield f'<p class="muted">{len(comparison.runs) - DETAILS} more runs are in collapse_analysis.txt.</p>'


def _section(section: Section) -> Iterator[str]:
    yield f"<h3>{_text(section.title)}</h3>"
    yield '<div class="wide"><table>'
    for i, row in enumerate(section.rows):
        tag = "th" if section.header and i == 0 else "td"
        yield "<tr>" + "".join(f"<{tag}>{_text(cell)}</{tag}>" for cell in row) + "</tr>"
    yield "</table></div>"
