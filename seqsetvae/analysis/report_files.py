"""All files of a report, written whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from seqsetvae.analysis.collapse_text import collapse_text
from seqsetvae.analysis.page import page
from seqsetvae.analysis.report_pictures import Format, draw_sheet, pictured, vector_file
from seqsetvae.analysis.run_styles import Scene
from seqsetvae.analysis.run_summary import RunSummary
from seqsetvae.analysis.sheets import SHEETS
from seqsetvae.atomic_file import write_whole

COLLAPSE, PAGE = "collapse_analysis.txt", "report.html"

#: Files of a report, for a progress line.
PARTS = len(SHEETS) + 2


def write_report(
    scene: Scene,
    summaries: Sequence[RunSummary],
    save_dir: Path,
    *,
    title: str,
    file_format: Format = "png",
    progress: Callable[[], None] = lambda: None,
) -> list[Path]:
    """Write the pictures, the text and the page, and return their paths.

    Args:
        scene: The runs and how they are drawn.
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
    for sheet in SHEETS:
        figure = draw_sheet(sheet, scene)
        pictures.append((sheet, pictured(figure, sheet)))
        content = pictures[-1][1].whole if file_format == "png" else vector_file(figure, file_format)
        write(f"{sheet.stem}.{file_format}", content)
    write(COLLAPSE, collapse_text([drawn.run for drawn in scene.runs], summaries).encode())
    write(PAGE, page(scene, summaries, pictures, title=title).encode())
    return written
