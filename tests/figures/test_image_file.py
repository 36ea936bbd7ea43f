"""Files of figures: the same figure gives the same bytes, and nothing says when or with what it was drawn."""

from __future__ import annotations

import io
from typing import Literal

import pytest
from matplotlib.figure import Figure
from PIL import Image

from seqsetvae.figures.image_file import png_bytes, vector_bytes


def figure() -> Figure:
    made = Figure(figsize=(2.0, 1.0), dpi=50)
    made.subplots().plot([0.0, 1.0], [1.0, 0.0])
    return made


def test_a_png_has_the_figures_size_and_no_words() -> None:
    png = png_bytes(figure())
    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.size) == ("PNG", (100, 50))
        assert set(image.info) == {"dpi"}
    assert png_bytes(figure()) == png


@pytest.mark.parametrize(("file_format", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_vectors_are_the_same_every_time(file_format: Literal["svg", "pdf"], start: bytes) -> None:
    drawn = vector_bytes(figure(), file_format)
    assert drawn.startswith(start)
    assert drawn == vector_bytes(figure(), file_format)
    for word in (b"matplotlib v", b"CreationDate", b"<dc:date>"):
        assert word.lower() not in drawn.lower()
