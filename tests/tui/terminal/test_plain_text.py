"""ASCII for terminals that know nothing else: every character of the screen, and its width."""

import io
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.tui.logs import ScriptedSource, write_run
from tests.tui.test_app import app_of, shown, text_of
from tui.panes.cell_pane import CellPane
from tui.panes.events_pane import EventsPane
from tui.panes.runs_pane import RunsPane
from tui.terminal.plain_text import PlainFile, to_ascii


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("╭─ Runs ─╮", "+- Runs -+"),
        ("●◆▲■", "o*^#"),
        ("KL ≥ 0.64 · σ²", "KL > 0.64 - s2"),
        ("10⁻² 3·10⁴ 10 ²", "1e-2 3*1e4 10 2"),
        ("café", "cafe"),
        ("名前", "????"),
        ("e\u0301", "e"),
        ("\x1b[31m│\x1b[0m", "\x1b[31m|\x1b[0m"),
        ("⠉⠒⠤⣀", "'--_"),
        ("⠛⠶⣤⣿⡇⠀⠡", "'-.#| :"),
    ],
)
def test_signs_become_the_nearest_ones(text: str, plain: str) -> None:
    assert to_ascii(text) == plain


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=5))
def test_any_text_becomes_ascii(text: str) -> None:
    assert to_ascii(text).isascii()


@given(st.characters(min_codepoint=0x2500, max_codepoint=0x28FF))
def test_what_charts_and_borders_are_made_of_keeps_its_width(character: str) -> None:
    assert len(to_ascii(character)) == cell_len(character)


async def test_every_pane_keeps_the_width_of_its_lines() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(app, pilot)
        for pane in app.query(CellPane):
            for strip in pane.strips():
                assert len(to_ascii(strip.text)) == strip.cell_length


def test_a_report_is_ascii_as_it_is_written() -> None:
    out = io.StringIO()
    PlainFile(out).write("≥ 1 · …")
    assert out.getvalue() == "> 1 - ~"


def c_locale(tmp_path: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TERM": "xterm", "XDG_STATE_HOME": str(tmp_path / "state"), "COLORFGBG": "15;0"}


def test_in_the_c_locale_a_report_is_ascii(tmp_path: Path) -> None:
    run = write_run(tmp_path / "logs" / "a")
    words = [sys.executable, "-X", "utf8=0", "-m", "tui.command", str(run.parent), "--once"]
    done = subprocess.run(words, capture_output=True, env=c_locale(tmp_path), check=True, timeout=240)
    assert done.stdout.isascii()
    assert b"posterior/kl" in done.stdout


def test_in_the_c_locale_all_that_reaches_the_terminal_is_ascii(tmp_path: Path) -> None:
    run = write_run(tmp_path / "logs" / "a")
    master, slave = pty.openpty()
    words = [sys.executable, "-m", "tui.command", str(run.parent)]
    watcher = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env=c_locale(tmp_path))
    os.close(slave)
    written, quit_sent, end = b"", False, time.monotonic() + 60
    try:
        while time.monotonic() < end and (not quit_sent or watcher.poll() is None):
            if select.select([master], [], [], 0.2)[0]:
                written += os.read(master, 65_536)
            if not quit_sent and b"50 lines" in written:
                os.write(master, b"q")
                quit_sent = True
    except OSError:  # Linux reports the closed end of a terminal as an error
        pass
    finally:
        watcher.kill()
        watcher.wait()
        os.close(master)
    assert quit_sent
    assert written.isascii()
    assert b"+-" in written
    assert b"Runs" in written


async def test_without_colours_the_screen_is_drawn_and_levels_keep_their_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_of(ScriptedSource())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(app, pilot)
        assert app.no_color
        assert "▲ orange" in text_of(app, EventsPane)
        unstyled = app.query_one(RunsPane).render_line(1_000)  # below what is drawn: a filter of colours needs a style
        assert all(segment.style is not None for segment in unstyled)
