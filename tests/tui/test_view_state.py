"""The view of a directory, kept from one watching to the next."""

import json
import os
from pathlib import Path

import pytest
from textual.widgets import Input

from seqsetvae.errors import InputError
from seqsetvae.logs.series_view import Axis
from tests.tui.logs import T0, ZONE, ScriptedSource
from tests.tui.test_app import shown
from tui.app import MonitorApp
from tui.view_state import (
    MOST_FILES,
    ViewMemory,
    ViewState,
    decode_view,
    encode_view,
    state_directory,
)

CHOSEN = ViewState(
    theme="light",
    hidden=frozenset({"heat", "tiles"}),
    run="p12-beta05",
    newest="p12-latent256",
    metric="train/loss",
    axis=Axis.EPOCH,
    log=True,
    smoothing=0.9,
    pattern="loss",
    muted=True,
)


def memory(tmp_path: Path, name: str = "logs") -> ViewMemory:
    return ViewMemory(tmp_path / name, tmp_path / "state")


def app_with(kept: ViewMemory | None, *, fresh: bool = False, **given: str) -> MonitorApp:
    source = ScriptedSource()
    run, pattern, theme = given.get("run"), given.get("pattern", ""), given.get("theme", "auto")
    return MonitorApp(
        source.store,
        source,
        run=run,
        pattern=pattern,
        theme_choice=theme,
        memory=kept,
        fresh=fresh,
        clock=lambda: T0 + 1_000,
        zone=ZONE,
    )


def test_a_view_survives_the_file(tmp_path: Path) -> None:
    assert memory(tmp_path).save(CHOSEN)
    assert memory(tmp_path).load() == (CHOSEN, None)


def test_another_directory_has_another_view_and_another_path_to_it_the_same(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "logs")
    memory(tmp_path).save(CHOSEN)
    assert memory(tmp_path, "other").load() == (ViewState(), None)
    assert memory(tmp_path, "link").load() == (CHOSEN, None)


def test_an_unchanged_view_is_not_written_again(tmp_path: Path) -> None:
    kept = memory(tmp_path)
    assert kept.save(CHOSEN)
    assert not kept.save(CHOSEN)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[]", b"null", b'{"format": 99}', b'{"format": 1, "logdir": "/else"}', b" " * 70_000],
    ids=["empty", "binary", "list", "null", "another format", "another directory", "too large"],
)
def test_what_is_no_view_is_ignored_with_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = memory(tmp_path).path
    assert path is not None
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    state, note = memory(tmp_path).load()
    assert state == ViewState()
    assert note is not None
    assert note.startswith(f"the saved view {path} was ignored: ")


def test_a_setting_that_is_none_leaves_the_others(tmp_path: Path) -> None:
    content = json.loads(encode_view(CHOSEN, "/logs"))
    odd = {
        "theme": "sepia",
        "axis": 7,
        "smoothing": True,
        "log": "yes",
        "hidden": ["heat", "doors", 3],
        "run": "r" * 5_000,
    }
    state = decode_view(json.dumps({**content, **odd}).encode(), "/logs")
    assert state == ViewState(
        hidden=frozenset({"heat"}), newest="p12-latent256", metric="train/loss", pattern="loss", muted=True
    )


def test_deeply_nested_json_is_no_view() -> None:
    with pytest.raises(InputError):
        decode_view(b"[" * 10_000, "/logs")


def test_where_nothing_can_be_written_nothing_is_kept_and_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the directory would be")
    assert not memory(tmp_path).save(CHOSEN)
    assert not ViewMemory(tmp_path, None).save(CHOSEN)
    assert ViewMemory(tmp_path, None).load() == (ViewState(), None)


def test_directories_not_seen_for_longest_are_forgotten(tmp_path: Path) -> None:
    for place in range(MOST_FILES + 5):
        memory(tmp_path, f"logs{place}").save(CHOSEN)
        path = memory(tmp_path, f"logs{place}").path
        assert path is not None
        os.utime(path, (place, place))
    memory(tmp_path, "last").save(CHOSEN)
    assert len(list((tmp_path / "state").iterdir())) == MOST_FILES
    assert memory(tmp_path, "logs0").load() == (ViewState(), None)
    assert memory(tmp_path, "last").load() == (CHOSEN, None)


@pytest.mark.parametrize(
    ("environ", "directory"),
    [
        ({"XDG_STATE_HOME": "/x", "HOME": "/h"}, "/x/seqsetvae/watch"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/seqsetvae/watch"),
        ({"HOME": "/h"}, "/h/.local/state/seqsetvae/watch"),
    ],
)
def test_views_are_kept_where_the_desktop_standard_says(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], directory: str
) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert state_directory() == Path(directory)


def test_a_user_without_a_home_keeps_no_views(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(*_: object, **__: object) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr("platformdirs.user_state_path", homeless)
    assert state_directory() is None


async def test_the_next_watching_begins_as_the_last_one_ended(tmp_path: Path) -> None:
    app = app_with(memory(tmp_path))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(app, pilot)
        await pilot.press("2", "n", "l", "x", "s", "m", "T", "w", "h", "escape")
    again = app_with(memory(tmp_path))
    async with again.run_test(size=(160, 45)) as pilot:
        await shown(again, pilot)
        assert again.keeper.view() == app.keeper.view()
        assert again.viewer.selection.run == "p12-beta05"
        assert again.theme == "seqsetvae-light"
        assert not again.query_one("#heat").display
        assert again.alarm.muted


async def test_the_command_line_wins_and_is_not_kept(tmp_path: Path) -> None:
    memory(tmp_path).save(CHOSEN)
    app = app_with(memory(tmp_path), run="p12-latent256", pattern="kl", theme="dark")
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(app, pilot)
        assert (app.viewer.selection.run, app.viewer.selection.pattern, app.theme) == (
            "p12-latent256",
            "kl",
            "seqsetvae-dark",
        )
    assert memory(tmp_path).load() == (CHOSEN, None)


async def test_a_newer_run_is_opened_in_place_of_the_kept_one(tmp_path: Path) -> None:
    memory(tmp_path).save(ViewState(run="p12-beta05", newest="one of last week"))
    app = app_with(memory(tmp_path))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(app, pilot)
        assert app.viewer.selection.run == "p12-latent256"


async def test_a_kept_filter_stands_in_its_field_and_escape_clears_it(tmp_path: Path) -> None:
    memory(tmp_path).save(ViewState(pattern="kl"))
    app = app_with(memory(tmp_path))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(app, pilot)
        assert app.viewer.selection.pattern == "kl"
        assert app.query_one("#filter", Input).value == "kl"
        await pilot.press("escape")
        assert app.viewer.selection.pattern == ""


async def test_fresh_begins_without_what_was_kept(tmp_path: Path) -> None:
    memory(tmp_path).save(CHOSEN)
    app = app_with(memory(tmp_path), fresh=True)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(app, pilot)
        assert app.panes.hidden == frozenset()
        assert app.viewer.selection.pattern == ""


async def test_a_broken_file_is_reported_once(tmp_path: Path) -> None:
    path = memory(tmp_path).path
    assert path is not None
    path.parent.mkdir(parents=True)
    path.write_text("{")
    app = app_with(memory(tmp_path))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(app, pilot)
        assert ["was ignored" in note.message for note in app._notifications] == [True]


async def test_a_terminal_that_is_closed_has_kept_the_view_already(tmp_path: Path) -> None:
    app = app_with(memory(tmp_path))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(app, pilot)
        await pilot.press("l")
        app.remember()
        await app.workers.wait_for_complete()
        assert memory(tmp_path).load()[0].log
