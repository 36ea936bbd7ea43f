"""What the documents say is there: every flag, command, file, number and version; and both languages say the same."""

from __future__ import annotations

import dataclasses
import itertools
import re
import shlex
import tomllib
from argparse import ArgumentParser, _SubParsersAction
from pathlib import Path

import pytest
import yaml
from textual.keys import key_to_character

import seqsetvae
import tui.options
from seqsetvae.cli import analyze, bench, import_logs, prepare, train, visualize
from seqsetvae.collapse.response import ActionKind
from seqsetvae.commandline.config_flags import build_parser, parse_config
from seqsetvae.stream.codec import decode_event
from seqsetvae.stream.records import Level
from seqsetvae.training.config import TrainConfig
from tests.pages import (
    ALL,
    ENGLISH,
    FLAG,
    FORMAT_PAGE,
    IMPORT_PAGE,
    PAIRS,
    READMES,
    ROOT,
    VERDICT,
    blocks_of,
    prose_of,
    text_of,
)
from tui.bindings import key_groups

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CONSTRAINTS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
)

#: Flags of other programs that the READMEs name.
FOREIGN_FLAGS = {"--extra-index-url"}
#: What argparse adds, and every program has.
HELP = {"-h", "--help"}


def programs() -> dict[str, ArgumentParser]:
    """The parser of every console script."""
    return {
        "seqsetvae-train": build_parser(TrainConfig, prog="seqsetvae-train", description=""),
        "seqsetvae-prepare": prepare._parser(),
        "seqsetvae-bench": bench._parser(),
        "seqsetvae-analyze": analyze._parser(),
        "seqsetvae-visualize": visualize._parser(),
        "seqsetvae-import": import_logs._parser(),
        "seqsetvae-watch": tui.options.parser(),
    }


def subcommands(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    """The parsers of a program's commands by name; empty where it has none."""
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            return dict(action.choices)
    return {}


def flags_of(parser: ArgumentParser) -> set[str]:
    """Every flag that a program takes, its commands' included."""
    own = {option for action in parser._actions for option in action.option_strings}
    return own.union(*map(flags_of, subcommands(parser).values())) - HELP


def shell_lines(path: Path) -> list[str]:
    """The lines of all shell blocks, continued lines joined."""
    blocks = [content.replace("\\\n", " ") for language, content in blocks_of(path) if language == "sh"]
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def shown_default(field: dataclasses.Field[object]) -> str | None:
    """A default as the tables spell it; None where there is none."""
    if field.default is dataclasses.MISSING:
        return None
    if field.default is None or isinstance(field.default, bool):
        return str(field.default).lower()
    return " ".join(field.default) if isinstance(field.default, tuple) else str(field.default)


def settings_of(readme: Path) -> str:
    """The section on the settings of `seqsetvae-train`."""
    found = re.search(r"^## (?:Settings|设置)$(.*?)^## ", text_of(readme), flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def table_row(readme: Path, flag: str) -> tuple[str, str]:
    """Default and meaning of a flag in the tables of settings."""
    found = re.findall(rf"^\| `{flag}` \| (.*?) \| (.+) \|$", settings_of(readme), flags=re.MULTILINE)
    assert len(found) == 1, f"{readme.name}: {flag} needs one row `| {flag} | default | meaning |`, found {len(found)}"
    (row,) = found
    return row[0].strip("`"), row[1]


def test_programs_are_the_console_scripts() -> None:
    assert set(programs()) == set(PYPROJECT["project"]["scripts"])
    assert train.PROGRAM in programs()


@READMES
@pytest.mark.parametrize("field", dataclasses.fields(TrainConfig), ids=lambda field: field.name)
def test_every_setting_is_in_the_tables_with_its_default(field: dataclasses.Field[object], readme: Path) -> None:
    default, meaning = table_row(readme, f"--{field.name}")
    expected = shown_default(field)
    assert default == expected or (expected is None and default in ("required", "必填"))
    if readme == ENGLISH:
        assert meaning == field.metadata["help"]
    else:
        assert re.search(r"[\u4e00-\u9fff]", meaning), f"--{field.name} is not translated"


@READMES
def test_the_tables_hold_no_setting_that_is_gone(readme: Path) -> None:
    rows = set(re.findall(r"^\| `(--\w+)` \|", settings_of(readme), flags=re.MULTILINE))
    assert rows == flags_of(programs()["seqsetvae-train"])


@READMES
@pytest.mark.parametrize("program", PYPROJECT["project"]["scripts"])
def test_every_flag_is_documented(program: str, readme: Path) -> None:
    parser = programs()[program]
    named = set(re.findall(r"`(--[\w-]+)`", text_of(readme)))
    assert flags_of(parser) - named == set()


#: How the tables write keys that are no character.
KEY_NAMES = {
    "left": "←", "right": "→", "up": "↑", "down": "↓", "shift+left": "Shift-←", "shift+right": "Shift-→",
    "pageup": "PageUp", "pagedown": "PageDown", "home": "Home", "end": "End", "tab": "Tab", "shift+tab": "Shift-Tab",
    "enter": "Enter", "escape": "Esc", "space": "Space", "ctrl+p": "Ctrl-P",
    "minus": "-", "slash": "/", "plus": "+",
}  # fmt: skip


def keys_of_the_watcher() -> set[str]:
    """Every key that the watcher's help lists, as the tables write it."""
    bindings = (binding for _, group in key_groups() for binding in group)
    keys = {key for binding in bindings for key in binding.key.split(",")} - {"…"}
    return {KEY_NAMES.get(key) or key_to_character(key) or key for key in keys}


def keys_in_tables(readme: Path) -> set[str]:
    """The keys in the first column of the tables of keys."""
    tables = re.findall(
        r"^\| (?:key|key in a replay|按键|回放中的按键) \|.*\n(?:\|.*\n)+", text_of(readme), re.MULTILINE
    )
    assert len(tables) == 2
    rows = [row.split(" | ")[0] for table in tables for row in table.splitlines()]
    return set(re.findall(r"`([^`]+)`", " ".join(rows)))


@READMES
def test_every_key_is_documented_and_no_other(readme: Path) -> None:
    assert keys_in_tables(readme) == keys_of_the_watcher()


@READMES
def test_the_tools_are_all_named_at_a_glance(readme: Path) -> None:
    found = re.search(r"^## (?:The tools|工具)$(.*?)^## ", text_of(readme), flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    assert set(re.findall(r"^\| `(seqsetvae-\w+)` \|", found[1], flags=re.MULTILINE)) == set(programs())


@ALL
def test_every_flag_that_is_named_exists(page: Path) -> None:
    known = HELP.union(*map(flags_of, programs().values()))
    named = set(FLAG.findall(text_of(page))) - {"--flag"}
    assert named - known - FOREIGN_FLAGS == set()


@READMES
def test_every_program_and_its_commands_are_named(readme: Path) -> None:
    text = text_of(readme)
    for program in programs():
        assert program in text
    named = set(re.findall(r"seqsetvae-[a-z]+", text))
    assert named == set(programs())


@READMES
def test_shown_command_lines_parse(readme: Path) -> None:
    """Each line with one of our programs uses commands and flags that this very program has."""
    seen = set()
    for line in shell_lines(readme):
        match = re.search(r"(seqsetvae-[a-z]+)((?: .*)?)$", line)
        if match is None:
            continue
        program, words = match[1], match[2].split()
        seen.add(program)
        parser = programs()[program]
        if commands := subcommands(parser):
            assert words[0] in commands, line
            parser = commands[words[0]]
        assert set(filter(FLAG.fullmatch, words)) <= flags_of(parser), line
    assert seen == set(programs())


def test_shown_trainings_have_valid_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    parser = build_parser(TrainConfig, prog="seqsetvae-train", description="")
    lines = [line for line in shell_lines(ENGLISH) if line.startswith("seqsetvae-train ") and "--data_dir" in line]
    plans = [parse_config(TrainConfig, parser, shlex.split(line)[1:])[0].response_plan() for line in lines]
    assert {kind for plan in plans for kind in ActionKind if plan.level_of(kind) is not None} == set(ActionKind)


@READMES
def test_make_targets_exist(readme: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, flags=re.MULTILINE))
    in_blocks = re.findall(r"^make ([a-z]+)$", "\n".join(shell_lines(readme)), flags=re.MULTILINE)
    in_prose = re.findall(r"`make ([a-z]+)`", prose_of(readme))
    assert in_blocks
    assert set(in_blocks + in_prose) <= targets


@ALL
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)#][^)]*)\)", text_of(page)) if not link.startswith("http")]
    assert links
    assert [link for link in links if not (page.parent / link).exists()] == []


@READMES
def test_the_layout_is_that_of_the_checkout(readme: Path) -> None:
    layout = re.findall(r"^\| `([\w./-]+(?:/|\.py))` \|", text_of(readme), flags=re.MULTILINE)
    assert len(layout) > 10
    assert [path for path in layout if not (ROOT / path).exists()] == []


@READMES
def test_anchors_are_headings(readme: Path) -> None:
    anchors = re.findall(r"\]\(#([^)]+)\)", text_of(readme))
    headings = [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for _, title in headings_of(readme)]
    assert anchors
    assert set(anchors) <= set(headings)


@READMES
def test_extras_are_those_of_the_package(readme: Path) -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    rows = re.findall(r"^\| `([a-z]+)` \|", text_of(readme), flags=re.MULTILINE)
    assert set(extras) <= set(rows)
    assert set(re.findall(r'"\.\[([a-z,]+)\]"', text_of(readme))) <= set(extras)


def headings_of(path: Path) -> list[tuple[int, str]]:
    """Level and title of every heading outside code."""
    return [(len(marks), title) for marks, title in re.findall(r"^(#+) (.+)$", prose_of(path), flags=re.MULTILINE)]


@PAIRS
def test_both_languages_have_the_same_structure(english: Path, chinese: Path) -> None:
    assert [level for level, _ in headings_of(english)] == [level for level, _ in headings_of(chinese)]
    assert blocks_of(english) == blocks_of(chinese)


@PAIRS
def test_both_languages_have_the_same_tables_and_lists(english: Path, chinese: Path) -> None:
    def shape(path: Path) -> list[tuple[str, int]]:
        lines = (line for line in prose_of(path).splitlines() if line.startswith(("|", "- ", "![")))
        return [(line[0], line.count(" | ")) for line in lines]

    assert shape(english) == shape(chinese)


@PAIRS
def test_both_languages_name_the_same_things_in_code(english: Path, chinese: Path) -> None:
    def names(path: Path) -> set[str]:
        return set(re.findall(r"`([^`\n]+)`", prose_of(path)))

    assert names(english) ^ names(chinese) == set()


@pytest.mark.parametrize("page", [ENGLISH, VERDICT, FORMAT_PAGE, IMPORT_PAGE], ids=lambda page: page.name)
def test_prose_fits_the_line_length(page: Path) -> None:
    long = [
        line
        for line in prose_of(page).splitlines()
        if len(line) > 120 and not line.startswith(("|", "![")) and "http" not in line
    ]
    assert long == []


def test_the_python_example_is_valid() -> None:
    examples = [content for language, content in blocks_of(ENGLISH) if language == "python"]
    assert examples
    for example in examples:
        compile(example, "README.md", "exec")


def test_the_yaml_example_is_a_settings_file(tmp_path: Path) -> None:
    (example,) = [content for language, content in blocks_of(ENGLISH) if language == "yaml"]
    (tmp_path / "own.yaml").write_text(example, encoding="utf-8")
    parser = build_parser(TrainConfig, prog="seqsetvae-train", description="")
    config, _ = parse_config(TrainConfig, parser, ["--data_dir", "d", "--config", str(tmp_path / "own.yaml")])
    assert config.check_schedule().every is None
    assert config.mutual_information_threshold == 0.2
    assert config.early_stop_patience == 3
    assert config.response_plan().level_of(ActionKind.LOWER_BETA) is Level.ORANGE
    assert config.response_plan().level_of(ActionKind.COMMAND) is Level.RED


def test_the_log_example_is_of_this_format() -> None:
    from seqsetvae.stream.codec import decode_metrics, decode_system

    (example,) = [content for language, content in blocks_of(ENGLISH) if language == "json"]
    metrics, event, system = (line.encode() for line in example.splitlines())
    assert decode_metrics(metrics).values["posterior/kl_per_dim"] == (0.41, 0.02)
    assert decode_event(event).kind == "resumed"
    assert decode_system(system).rank == 0


def test_the_changelog_knows_this_version() -> None:
    versions = re.findall(r"^## \[([^\]]+)\]", text_of(ROOT / "CHANGELOG.md"), flags=re.MULTILINE)
    assert versions[0] == seqsetvae.__version__


@pytest.mark.parametrize("name", ["train.yaml", "demo.yaml"])
def test_example_settings_are_settings(name: str) -> None:
    settings = yaml.safe_load(text_of(ROOT / "examples" / name))
    TrainConfig(**settings)


def test_the_slurm_example_uses_flags_that_exist() -> None:
    script = text_of(ROOT / "examples" / "slurm_train.sh")
    command = script[script.index("srun --kill") : script.index("step=$!")]
    flags = FLAG.findall(command[command.index("seqsetvae-train") :])
    assert set(flags) <= flags_of(programs()["seqsetvae-train"])
    assert {"--devices", "--num_nodes", "--strategy"} <= set(flags)


def test_pre_commit_uses_the_pinned_ruff() -> None:
    config = yaml.safe_load(text_of(ROOT / ".pre-commit-config.yaml"))
    revisions = {repo["repo"].rpartition("/")[2]: repo["rev"] for repo in config["repos"] if "rev" in repo}
    assert revisions == {"ruff-pre-commit": f"v{CONSTRAINTS['ruff']}"}


def test_every_requirement_is_pinned() -> None:
    project = PYPROJECT["project"]
    requirements = itertools.chain(project["dependencies"], *project["optional-dependencies"].values())
    names = {re.split(r"[<>=~!\[; ]", requirement)[0].lower().replace("_", "-") for requirement in requirements}
    assert names - {name.lower().replace("_", "-") for name in CONSTRAINTS} == set()


def test_the_watcher_installs_without_torch() -> None:
    heavy = ("torch", "lightning", "pandas", "pyarrow")
    assert [need for need in PYPROJECT["project"]["dependencies"] if any(name in need for name in heavy)] == []


def test_continuous_integration_runs_the_documented_test_command() -> None:
    script = text_of(ROOT / ".ci" / "run")
    assert script.splitlines()[-1] == "make test"
    assert "make test" in shell_lines(ENGLISH)
