"""The chart as a picture, and the menu of all that can be taken along."""

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqsetvae.errors import InputError
from seqsetvae.logs.series_view import Axis, AxisPoints
from tests.tui.logs import T0, ZONE, ScriptedSource, write_run
from tests.tui.test_app import app_of, shown
from tui.app import MonitorApp
from tui.chart.plot import Mark, Plot, PlotCurve, Threshold
from tui.chart.raster import CURVE_ROLES, Role
from tui.chart.scale import ScaleKind
from tui.dialogs.menu_dialog import MenuScreen
from tui.export.chart_picture import ChartPicture, write_picture

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

STEPS = np.arange(100.0)


def picture(values: Any, **options: Any) -> ChartPicture:
    points = AxisPoints.of(STEPS[: len(values)], np.asarray(values, dtype=float))
    return ChartPicture(run="p12", metric="posterior/kl", axis=Axis.STEP, plot=Plot(points=points, **options))


def svg(seen: ChartPicture, tmp_path: Path) -> str:
    write_picture(seen, tmp_path / "a.svg")
    return (tmp_path / "a.svg").read_text(encoding="utf-8")


def texts(drawn: str) -> list[str]:
    """What is written in a picture: matplotlib notes each text beside its outlines."""
    return [line.split("<!-- ")[1].split(" -->")[0] for line in drawn.splitlines() if "<!-- " in line]


def test_it_has_title_axes_units_limits_and_curves(tmp_path: Path) -> None:
    limit = Threshold(value=50.0, label="≥ 50")
    beside = PlotCurve(points=AxisPoints.of(STEPS, STEPS / 2), role=CURVE_ROLES[0])
    plot = Plot(
        points=AxisPoints.of(STEPS, STEPS), thresholds=(limit,), others=(beside,), marks=(Mark(x=30, role=Role.RED),)
    )
    seen = ChartPicture(run="p12", metric="posterior/kl", axis=Axis.STEP, plot=plot, others=("other run",))
    drawn = svg(seen, tmp_path)
    assert {"p12: posterior/kl", "step", "posterior/kl", "≥ 50", "other run"} <= set(texts(drawn))
    assert "#8c0f24" in drawn  # the event at red


def test_a_png_is_one_and_nothing_is_written_over(tmp_path: Path) -> None:
    write_picture(picture(STEPS), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(FileExistsError):
        write_picture(picture(STEPS), tmp_path / "a.png")


@pytest.mark.parametrize("kind", list(ScaleKind))
@pytest.mark.parametrize(
    "values",
    [[1.0], [0.0, 0.0], [-1.0, 0.0, 1e6], [1.0, np.nan, np.inf, -np.inf, 2.0], [np.nan, np.nan], [1e-100, 1e100]],
    ids=["one point", "zeros", "signs", "not finite", "nothing finite", "extremes"],
)
def test_awkward_series_are_drawn(tmp_path: Path, values: list[float], kind: ScaleKind) -> None:
    assert "</svg>" in svg(picture(values, y_kind=kind), tmp_path)


def test_names_from_a_log_are_never_formulas(tmp_path: Path) -> None:
    plot = Plot(
        points=AxisPoints.of(STEPS, STEPS), others=(PlotCurve(points=AxisPoints.of(STEPS, STEPS), role=CURVE_ROLES[1]),)
    )
    seen = ChartPicture(run=r"$\frac{1$", metric="$x$", axis=Axis.STEP, plot=plot, others=("_$a$",))
    assert {r"$\frac{1$: $x$", "$x$"} <= set(texts(svg(seen, tmp_path)))


def test_without_matplotlib_the_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(InputError, match="pip install matplotlib"):
        write_picture(picture(STEPS), tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def app_on_disk(tmp_path: Path) -> MonitorApp:
    """An app whose run is on disk too."""
    source = ScriptedSource(("a",), steps=50)
    write_run(tmp_path / "logs" / "a", steps=50)
    return MonitorApp(source.store, source, theme_choice="dark", clock=lambda: T0 + 1_000, zone=ZONE)


WRITTEN = [
    ("p", "a-posterior-kl-20231114-223000.png", b"\x89PNG"),
    ("v", "a-posterior-kl-20231114-223000.svg", b"<?xml"),
    ("s", "a-posterior-kl-20231114-223000-2.svg", b"<svg"),
    ("c", "a-posterior-kl-20231114-223000.csv", b"step,epoch,t,posterior/kl\n"),
    ("m", "a-20231114-223000.csv", b"step,epoch,t,posterior/kl,posterior/variance"),
    ("t", "a-20231114-223000.parquet", b"PAR1"),
]
"""The menu's letters, their files, and how each begins."""


async def test_every_entry_of_the_menu_writes_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    monkeypatch.chdir(tmp_path)
    app = app_on_disk(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(app, pilot)
        for key, name, beginning in WRITTEN:
            await pilot.press("E", key)
            await pilot.pause()
            await app.workers.wait_for_complete()
            assert (tmp_path / name).read_bytes().startswith(beginning)
            assert not isinstance(app.screen, MenuScreen)
        await pilot.pause()
        assert str(tmp_path / WRITTEN[-1][1]) in [note.message for note in app._notifications]


async def test_the_filter_chooses_and_a_second_file_gets_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = app_on_disk(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(app, pilot)
        await pilot.press("slash", *"loss", "enter")
        for _ in range(2):
            await pilot.press("E", "m")
            await app.workers.wait_for_complete()
        for name in ("a-20231114-223000.csv", "a-20231114-223000-2.csv"):
            assert (tmp_path / name).read_text().splitlines()[0] == "step,epoch,t,train/loss"


async def test_where_nothing_can_be_written_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.setattr(Path, "cwd", lambda: tmp_path / "absent")
    app = app_on_disk(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(app, pilot)
        await pilot.press("E", "s")
        await pilot.pause()
        await pilot.press("E", "c")
        await app.workers.wait_for_complete()
        await pilot.pause()
        said = [note.message for note in app._notifications if note.severity == "error"]
        assert len(said) == 2
        assert all("cannot be written: No such file or directory" in sentence for sentence in said)


async def test_without_a_run_there_is_nothing_to_choose() -> None:
    app = app_of(ScriptedSource(()))
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(app, pilot)
        await pilot.press("E")
        assert not isinstance(app.screen, MenuScreen)
        assert ["no run to export" in note.message for note in app._notifications] == [True]
