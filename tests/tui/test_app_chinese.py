"""The watcher in Chinese: everything on the screen is translated, and wide characters stay in their columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from seqsetvae.collapse.thresholds import ROWS
from seqsetvae.i18n.language import Language, speaking, translated
from tests.tui.logs import ScriptedSource, write_run
from tests.tui.panes.test_verdict_pane import JudgedSource
from tests.tui.replay import screens as replay
from tests.tui.test_app import app_of, shown, text_of
from tests.tui.test_app_snapshots import settled
from tui import command as commands
from tui.app import MonitorApp
from tui.bindings import KEYS, key_groups
from tui.panes.cell_pane import CellPane
from tui.panes.data_line import DataLine
from tui.panes.events_pane import EventsPane
from tui.panes.header_line import HeaderLine
from tui.panes.key_line import hints_at
from tui.panes.replay_bar import ReplayBar
from tui.panes.verdict_pane import VerdictPane
from tui.replay.playback import Opening
from tui.views.pane_names import PANES

SIZES = [(160, 45), (80, 24)]
NAMES = ["160x45", "80x24"]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    with speaking(Language.ZH):
        yield


def rows_of(app: MonitorApp) -> list[str]:
    """The screen as its rows of text."""
    width, height = app.size
    return ["".join(segment.text for segment in row) for row in app.screen._compositor.render_strips()][:height] or [
        " " * width
    ]


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
async def test_every_row_is_as_wide_as_the_screen(size: tuple[int, int]) -> None:
    """On the first screen and on everything that a key opens."""
    app = app_of(JudgedSource())
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        for key in ("", "question_mark", "t", "w", "E", "v", "d", "z", "ctrl+p", "r"):
            if key:
                await pilot.press(key)
            await pilot.pause()
            rows = rows_of(app)
            assert len(rows) == size[1], key
            assert {cell_len(row) for row in rows} == {size[0]}, key
            assert sum(bool(CHINESE.search(row)) for row in rows) > 3, key
            if key:
                await pilot.press("escape")


async def test_the_panes_speak_chinese() -> None:
    app = app_of(JudgedSource())
    async with app.run_test(size=SIZES[0]) as pilot:
        await shown(app, pilot)
        header = text_of(app, HeaderLine)
        for part in ("● 运行中", "步 999/2,000", "剩余", "患者/秒", " 橙 "):
            assert part in header
        assert "0 行损坏" in text_of(app, DataLine)
        verdict = text_of(app, VerdictPane)
        for part in (
            "橙",
            "后验塌缩",
            "自第 600 步",
            "依据",
            "活跃单元 9.0 % < 10 %",
            "建议",
            "把 --max_beta 从 0.1 降到 0.03",
        ):
            assert part in verdict
        assert {pane.heading.split("  ")[0] for pane in app.query(CellPane) if pane.heading} >= {
            "运行", "指标", "判定", "事件", "各维 KL",
        }  # fmt: skip


async def test_no_word_of_the_screen_is_left_in_english() -> None:
    app = app_of(JudgedSource())
    async with app.run_test(size=SIZES[0]) as pilot:
        await settled(pilot)
        words = set(re.findall(r"\b[A-Za-z]{4,}\b", "\n".join(rows_of(app))))
    names = {"latent", "beta", "posterior", "variance", "active_units", "recon", "patients_per_second", "train", "time"}
    units = {
        "nats",
        "rank",
        "inotify",
        "Enter",
        "SeqSetVAE",
        "free_bits",
        "max_beta",
        "mutual_information",
        "loss",
        "free",
        "bits",
    }
    message_of_the_log = {"training", "steps"}
    assert {word for word in words if word not in names | units | message_of_the_log} <= {"ckpt", "healthy", "collapse"}


async def test_a_missing_run_is_waited_for_in_chinese() -> None:
    app = app_of(ScriptedSource(()))
    async with app.run_test(size=SIZES[1]) as pilot:
        await settled(pilot)
        screen = "\n".join(rows_of(app))
        assert "正在等待 logs 中出现运行" in screen
        assert "还没有运行" in screen


async def test_toasts_and_prompts_speak_chinese() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZES[0]) as pilot:
        await shown(app, pilot)
        await pilot.press("m", "a")
        messages = [notice.message for notice in app._notifications]
        assert messages == ["已确认橙色警报：变得更糟之前保持安静"]
        assert app.query_one("#filter", Input).placeholder == "词或通配符"
        assert app.query_one("#step", Input).placeholder == "要去的步数，Enter 确认"


async def test_the_palette_lists_all_commands_in_chinese() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZES[0]) as pilot:
        await shown(app, pilot)
        commands_listed = list(app.get_system_commands(app.screen))
        assert [each.title for each in commands_listed if not CHINESE.search(each.title)] == []
        assert [each.help for each in commands_listed if not CHINESE.search(each.help)] == []
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert isinstance(app.screen, CommandPalette)
        assert app.screen.query_one(Input).placeholder == "搜索命令…"


def test_every_key_and_pane_and_setting_is_translated() -> None:
    tooltips = {binding.tooltip or binding.description for _, group in key_groups() for binding in group}
    titles = {title for title, _ in key_groups()} | {pane.title for pane in PANES}
    labels = {hint.label for place in (None, "replay", "chart", "metrics", "path") for hint in hints_at(place, 1_000)}
    meanings = {row.brief for row in ROWS.values()}
    english = tooltips | titles | labels | meanings | {binding.tooltip for binding in KEYS}
    assert {text for text in english if not CHINESE.search(translated(text))} == set()


def test_the_line_of_keys_is_filled_by_the_width_of_its_characters() -> None:
    hints = hints_at("metrics", 80)
    assert sum(hint.width for hint in hints) <= 80
    assert hints[0].width == cell_len(" q 退出 ")


async def test_the_replay_bar_speaks_chinese_and_keeps_its_width(tmp_path: Path) -> None:
    write_run(tmp_path / "p12", steps=500)
    app, _ = replay.app_of(tmp_path, opening=Opening(step=300, playing=False))
    async with app.run_test(size=SIZES[1]) as pilot:
        await replay.settled(app, pilot)
        bar = text_of(app, ReplayBar)
        assert " 回放 " in bar
        assert "r 回到现在" in bar
        assert cell_len(bar) == SIZES[1][0]


async def test_events_say_their_level_in_a_column() -> None:
    app = app_of(JudgedSource())
    async with app.run_test(size=SIZES[0]) as pilot:
        await shown(app, pilot)
        places = {
            cell_len(line[: line.index(sign)])
            for line in text_of(app, EventsPane).splitlines()
            for sign in "■▲◆●"
            if sign in line
        }
        assert len(places) == 1


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_the_screen(snap_compare: object, size: tuple[int, int]) -> None:
    assert callable(snap_compare)
    assert snap_compare(app_of(JudgedSource()), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_the_help(snap_compare: object, size: tuple[int, int]) -> None:
    async def opened(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press("question_mark")
        await pilot.pause()

    assert callable(snap_compare)
    assert snap_compare(app_of(JudgedSource()), terminal_size=size, run_before=opened)


def test_the_dialog_of_thresholds(snap_compare: object) -> None:
    async def opened(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press("t")
        await pilot.pause()
        for field in pilot.app.screen.query(Input):
            field.cursor_blink = False

    assert callable(snap_compare)
    assert snap_compare(app_of(JudgedSource()), terminal_size=SIZES[1], run_before=opened)


async def test_the_menu_of_exports_counts_in_chinese() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZES[1]) as pilot:
        await shown(app, pilot)
        await pilot.press("E")
        await pilot.pause()
        prompts = [str(option.prompt) for option in app.screen.query_one(OptionList).options]
        assert prompts[-1].strip().endswith("整个运行存为 Parquet，7 个指标")


class Console:
    """Runs the command as a user does, with an environment."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def run(self, *words: str, lang: str = "") -> tuple[int, str, str]:
        """Status, output and error output."""
        for name in ("LC_ALL", "LC_MESSAGES", "LC_CTYPE", "LANG", "TERM"):
            self._monkeypatch.delenv(name, raising=False)
        if lang:
            self._monkeypatch.setenv("LANG", lang)
        with speaking(Language.EN):
            try:
                status = commands.main(words)
            except SystemExit as ended:  # --help
                status = int(ended.code or 0)
        out, err = self._capsys.readouterr()
        return status, out, err


@pytest.fixture
def console(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Console:
    return Console(capsys, monkeypatch)


def test_the_report_speaks_the_language_of_the_locale(console: Console, tmp_path: Path) -> None:
    write_run(tmp_path / "p12")
    _, chinese_report, _ = console.run(str(tmp_path), "--once", lang="zh_CN.UTF-8")
    assert "最新" in chinese_report
    assert "有 1 次运行" in chinese_report
    _, english, _ = console.run(str(tmp_path), "--once")
    assert not CHINESE.search(english)


def test_the_report_has_straight_columns(console: Console, tmp_path: Path) -> None:
    write_run(tmp_path / "p12")
    _, report, _ = console.run(str(tmp_path), "--once", "--lang", "zh")
    rows = report.splitlines()
    head = next(row for row in rows if row.startswith("指标"))
    table = [row for row in rows if re.match(r"\w+/\w+ ", row)]
    assert len(table) > 5
    assert {cell_len(row.rstrip()) for row in table} == {cell_len(head.rstrip())}
    box = [row for row in rows if row.startswith(("╭", "│", "╰"))]
    assert {cell_len(row) for row in box} == {100}


def test_what_programs_read_is_the_same_in_all_languages(console: Console, tmp_path: Path) -> None:
    write_run(tmp_path / "p12")
    _, english, _ = console.run(str(tmp_path), "--once", "--json")
    _, in_china, _ = console.run(str(tmp_path), "--once", "--json", "--lang", "zh")
    without_silence = re.compile(r'"(silence|elapsed|left)_seconds": .*')
    assert without_silence.sub("", in_china) == without_silence.sub("", english)


@pytest.mark.parametrize("lang", ["C", "zh_CN.GB18030"])
def test_without_utf8_even_an_explicit_wish_gets_english(console: Console, lang: str) -> None:
    status, _, err = console.run("nowhere", "--lang", "zh", lang=lang)
    assert (status, CHINESE.search(err)) == (2, None)
    assert CHINESE.search(console.run("nowhere", "--lang", "zh", "--no-ascii", lang=lang)[2])


def test_a_wrong_word_gets_one_sentence_in_chinese(console: Console) -> None:
    assert console.run("--nonsense", "--lang", "zh") == (
        2, "", "seqsetvae-watch: 不认识的参数：--nonsense；见 seqsetvae-watch --help\n",
    )  # fmt: skip
    assert console.run("nowhere", lang="zh_CN.UTF-8")[2] == (
        "seqsetvae-watch: nowhere 不存在；请给出 seqsetvae-train 的 --log_dir 所指的目录\n"
    )
    assert console.run("nowhere", "--lang", "fr") == (2, "", "seqsetvae-watch: --lang is 'fr', choose en or zh\n")


def test_the_help_names_the_program_and_no_line_is_too_wide(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, text, _ = console.run("--help", "--lang", "zh")
    assert text.startswith("用法： seqsetvae-watch [-h]")
    assert max(map(cell_len, text.splitlines())) <= 80
    assert "打印最新运行的一份报告后退出" in text
