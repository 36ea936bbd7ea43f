"""All files of a report, written whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from seqsetvae.analysis.collapse_text import collapse_text
from seqsetvae.analysis.figure_rendering import draw_figure, rendered
from seqsetvae.analysis.page import page
from seqsetvae.analysis.report_figures import FIGURES
from seqsetvae.analysis.run_styles import Comparison
from seqsetvae.analysis.run_summary import RunSummary
from seqsetvae.atomic_file import write_whole
from seqsetvae.figures.image_file import Format, vector_bytes

COLLAPSE, PAGE = "collapse_analysis.txt", "report.html"

#: Files of a report, for a progress line.
PARTS = len(FIGURES) + 2


def write_report(
    comparison: Comparison,
    summaries: Sequence[RunSummary],
    save_dir: Path,
    *,
    title: str,
    file_format: Format = "png",
    progress: Callable[[], None] = lambda: None,
) -> list[Path]:
    """Write the pictures, the text and the page, and return their paths.

    Args:
        comparison: The runs and how they are drawn.
        summaries: One for each run.
        save_dir: Where files go; an earlier report there is replaced.
        title: Of the page.
        file_format: Of the pictures; those in the page are always PNG.
        progress: Called after each of the `PARTS` files.

    Raises:
        OSError: a file cannot be written.
    """
    save_dir.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []

    def write(name: str, content: bytes) -> None:
        write_whole(save_dir / name, content)
        written.append(save_dir / name)
        progress()

    pictures = []
    for spec in FIGURES:
        figure = draw_figure(spec, comparison)
        pictures.append((spec, rendered(figure, spec)))
        content = pictures[-1][1].whole if file_format == "png" else vector_bytes(figure, file_format)
        write(f"{spec.stem}.{file_format}", content)
    write(COLLAPSE, collapse_text([styled.run for styled in comparison.runs], summaries).encode())
    write(PAGE, page(comparison, summaries, pictures, title=title).encode())
    return written
