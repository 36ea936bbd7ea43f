"""Figures as the bytes of files: the same figure gives the same bytes, without dates and versions."""

from __future__ import annotations

from io import BytesIO
from typing import Literal

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

Format = Literal["png", "svg", "pdf"]
#: Of zlib; twice as fast as its default, for files a tenth larger.
COMPRESSION = 3


def rasterized(figure: Figure) -> Image.Image:
    """Return a figure as an image of its own dots per inch; may be called in any thread."""
    canvas = FigureCanvasAgg(figure)  # becomes the figure's canvas, whatever the user's default is
    canvas.draw()  # type: ignore[no-untyped-call]
    dots = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    image = Image.frombuffer("RGBA", canvas.get_width_height(), dots).convert("RGB")
    image.info["dpi"] = (figure.dpi, figure.dpi)
    return image


def png_of(image: Image.Image) -> bytes:
    """Return an image, or a part of one, as a PNG file."""
    buffer = BytesIO()
    image.save(buffer, format="PNG", compress_level=COMPRESSION, dpi=image.info["dpi"])
    return buffer.getvalue()


def png_bytes(figure: Figure) -> bytes:
    """Return a figure as a PNG file; may be called in any thread."""
    return png_of(rasterized(figure))


def vector_bytes(figure: Figure, file_format: Literal["svg", "pdf"]) -> bytes:
    """Return a figure as an SVG or PDF file; only for the main thread, since settings are changed for a moment."""
    undated = dict.fromkeys(("Creator", "Producer", "CreationDate") if file_format == "pdf" else ("Creator", "Date"))
    buffer = BytesIO()
    with rc_context({"svg.hashsalt": "seqsetvae"}):  # names of clip paths are random otherwise
        figure.savefig(buffer, format=file_format, metadata=undated)
    return buffer.getvalue()
