"""The page: opens without a network, escapes what logs say, and has everything."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from seqsetvae.analysis import page as page_module
from seqsetvae.analysis.figure_rendering import draw_figure, rendered
from seqsetvae.analysis.page import page
from seqsetvae.analysis.report_figures import FIGURES, ReportFigure
from seqsetvae.analysis.run_curves import RunCurves
from seqsetvae.analysis.run_styles import Comparison, comparison_of
from seqsetvae.analysis.run_summary import summary_of
from tests.analysis.runs import collapsing, loaded, training

VOID = {"meta", "img", "br"}


class Reader(HTMLParser):
    """Collects tags, attributes and text; every element that opens must close."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def close(self) -> None:
        super().close()
        assert self._open == []


def comparison(*runs: RunCurves) -> Comparison:
    return comparison_of(runs, smooth=0.6)


def page_of(*runs: RunCurves, title: str = "Two runs", specs: Sequence[ReportFigure] = FIGURES[1:2]) -> str:
    compared = comparison(*runs)
    pictures = [(spec, rendered(draw_figure(spec, compared), spec)) for spec in specs]
    return page(compared, [summary_of(run) for run in runs], pictures, title=title)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    place = tmp_path_factory.mktemp("logs")
    return read(page_of(loaded(place / "good"), loaded(place / "bad", collapsing), specs=FIGURES))


def test_every_panel_is_in_the_page_with_words_for_who_cannot_see_it(two: Reader) -> None:
    images = [attributes for tag, attributes in two.tags if tag == "img"]
    assert len(images) == sum(len(spec.panels) for spec in FIGURES)
    for attributes in images:
        source, alt = attributes["src"], attributes["alt"]
        assert source is not None
        assert alt is not None
        assert alt.endswith("of 2 runs")
        assert base64.b64decode(source.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")


def test_nothing_is_loaded_from_elsewhere(two: Reader) -> None:
    assert not {"script", "link", "iframe", "object", "a"} & {tag for tag, _ in two.tags}
    links = [v for _, attributes in two.tags for k, v in attributes.items() if k in ("src", "href", "srcset")]
    assert all(link is not None and link.startswith("data:") for link in links)
    assert "url(" not in "".join(two.text)
    assert "@import" not in "".join(two.text)


def test_it_is_made_for_phones_and_for_dark_screens(two: Reader) -> None:
    views = [attributes.get("content") for tag, attributes in two.tags if attributes.get("name") == "viewport"]
    assert views == ["width=device-width, initial-scale=1"]
    assert "prefers-color-scheme: dark" in "".join(two.text)


def test_runs_and_verdicts_are_reported_in_words(two: Reader) -> None:
    words = " ".join(" ".join(two.text).split())
    assert "red, collapse" in words
    assert "green, healthy" in words
    assert "Verdict over time" in words
    assert "→ lower --max_beta from 0.1 to 0.03" in words
    assert "Training curves smoothed by 0.6" in words


def test_what_logs_say_is_text_and_never_markup(tmp_path: Path) -> None:
    hostile = loaded(
        tmp_path / "<img src=x onerror=alert(1)>&\"'\x1b", training, window_size="<script>alert(2)</script>"
    )
    html = page_of(hostile, title=f"Run {hostile.name}")
    reader = read(html)
    assert [tag for tag, _ in reader.tags if tag == "script"] == []
    assert all(set(attributes) <= {"src", "alt"} for tag, attributes in reader.tags if tag == "img")
    assert "\x1b" not in html
    assert "<img src=x onerror=alert(1)>&\"'\N{REPLACEMENT CHARACTER}" in "".join(reader.text)
    assert "<script>alert(2)</script>" in "".join(reader.text)


def test_of_a_sweep_the_text_file_has_what_the_page_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "DETAILS", 1)
    reader = read(page_of(*(loaded(tmp_path / f"run{i}", steps=20) for i in range(3))))
    assert [tag for tag, _ in reader.tags].count("details") == 1
    assert "2 more runs are in collapse_analysis.txt" in "".join(reader.text)
    assert "run2" in "".join(reader.text)


def test_a_log_without_a_verdict_says_so(tmp_path: Path) -> None:
    assert "not judged" in page_of(loaded(tmp_path / "run", training))
