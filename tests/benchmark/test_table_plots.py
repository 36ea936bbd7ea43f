"""Every table as a picture: what it is called, its axes with units, what it is compared with."""

from typing import Any

import pytest
from matplotlib.figure import Figure

from seqsetvae.benchmark.table_plots import DRAWERS, draw, draw_png

FIGURES: dict[str, dict[str, Any]] = {
    "train": {
        "peak_flops": {"32": 100.0, "bf16-mixed": 200.0},
        "rows": [
            {"name": "batched", "batch_size": size, "precision": precision, "compiled": compiled,
             "patients_per_second": 10.0 + size, "flops_per_patient": 2.0}
            for size in (1, 4)
            for precision, compiled in (("32", False), ("32", True), ("bf16-mixed", False))
        ] + [{"name": "reference", "batch_size": 4, "precision": "32", "compiled": False, "patients_per_second": 1.0,
              "flops_per_patient": 0.0}],
    },
    "memory": {
        "memory": 2**34,
        "rows": [
            {"batch_size": 1, "process": 2**28, "weights": 2**24, "gradients": 2**24, "optimizer": 2**25,
             "activations": 2**27, "peak": 2**29},
            {"batch_size": 4, "peak": None},
        ],
    },
    "batches": {"rows": [{"batch_size": 4, "packed": 0.02, "rectangular": 0.1, "sets": 0.7}]},
    "collapse": {
        "runs": 4,
        "posterior": {"summary": {"alive": 2, "dead": 2, "caught": 2, "false_orange": 0, "false_red": 0,
                                  "orange_delay": 1.0, "red_delay": 5.0}},
        "original": {"summary": {"alive": 2, "dead": 2, "caught": 0, "false_orange": 0, "false_red": 0,
                                 "orange_delay": None, "red_delay": None}},
    },
    "watch": {
        "logs": [
            {"lines": lines, "metrics": 12,
             "rows": [{"name": name, "seconds": 1.0, "peak_memory": 2**25} for name in ("seqsetvae-watch", "loop")]}
            for lines in (1_000, 100_000)
        ]
    },
}  # fmt: skip


def words(figure: Figure) -> set[str]:
    found = {text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))}  # type: ignore[attr-defined]
    return {word for word in found if word}


@pytest.mark.parametrize("command", DRAWERS)
def test_axes_are_named_and_the_machine_is_said(command: str) -> None:
    figure = draw(command, FIGURES[command], "Abacus 9000")
    assert "Abacus 9000" in words(figure)
    assert figure.axes
    for ax in figure.axes:
        assert ax.get_title()
        assert ax.get_ylabel()


@pytest.mark.parametrize("command", DRAWERS)
def test_it_is_a_png(command: str) -> None:
    assert draw_png(command, FIGURES[command], "x").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("command", "compared"),
    [
        ("train", {"arithmetic limit, 32: 50", "per-set reference: 1", "precision 32, compiled"}),
        ("memory", {"activations", "448"}),
        ("batches", {"packed", "sets × largest set", "70"}),
        ("collapse", {"--detector original", "–", "dead called red\n(of 2)"}),
        ("watch", {"loop", "32"}),
    ],
)
def test_each_figure_stands_beside_another(command: str, compared: set[str]) -> None:
    assert compared - words(draw(command, FIGURES[command], "x")) == set()
