"""What the documents say is there: flags, commands, files, links and versions; both languages say the same."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from argparse import ArgumentParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

import seqsetvae
from docs import reference
from seqsetvae.collapse.response import ActionKind
from seqsetvae.commandline.config_flags import build_parser, parse_config
from seqsetvae.stream.records import Level
from seqsetvae.training.config import TrainConfig
from tests.pages import (
    ALL_PAGES,
    DOCS,
    FLAG,
    PAIRS,
    README,
    README_CHINESE,
    ROOT,
    VERDICT,
    WRITTEN,
    anchors_of,
    blocks_of,
    commands_of,
    headings_of,
    in_chinese,
    name_of,
    prose_of,
    text_of,
)

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CONSTRAINTS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
)

CONTRIBUTING = ROOT / "CONTRIBUTING.md"
LINKED = [*ALL_PAGES, *reference.pages(), CONTRIBUTING]
"""The pages whose links are followed."""

ROOMS = r"(?:seqsetvae|tui|tests|examples|benchmarks|docs)/"
"""How paths of the checkout begin."""

#: Flags of pip, of pytest and of an example, and one that stands for any.
OTHER_FLAGS = {"--extra-index-url", "--snapshot-update", "--beta", "--flag", "--signal"}


def programs() -> dict[str, ArgumentParser]:
    """The parser of every console script."""
    train = build_parser(TrainConfig, prog="seqsetvae-train", description="")
    return {parser.prog: parser for parser in (train, *(make() for make in reference.PROGRAMS.values()))}


def flags_of(parser: ArgumentParser) -> set[str]:
    """Every flag that a program takes, its commands' included."""
    own = {option for action in parser._actions for option in action.option_strings}
    return own.union(*map(flags_of, reference.commands_of(parser)))


def subcommands(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    """The parsers of a program's commands by name; empty where it has none."""
    return {command.prog.split()[-1]: command for command in reference.commands_of(parser)}


def test_the_reference_is_of_every_program() -> None:
    assert set(programs()) == set(PYPROJECT["project"]["scripts"])


@pytest.mark.parametrize(("page", "text"), reference.pages().items(), ids=map(name_of, reference.pages()))
def test_generated_pages_are_current(page: Path, text: str) -> None:
    assert text_of(page) == text, "`make docs` writes the generated pages"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_is_missing_from_the_site(language: str) -> None:
    settings = tomllib.loads((DOCS / f"{language}.toml").read_text(encoding="utf-8"))
    groups = [[entry] if isinstance(entry, str) else next(iter(entry.values())) for entry in settings["project"]["nav"]]
    found = {str(page.relative_to(DOCS / language)) for page in (DOCS / language).rglob("*.md")}
    assert sorted(itertools.chain(*groups)) == sorted(found)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_site_builds_without_a_warning_and_needs_no_network(language: str, tmp_path: Path) -> None:
    pytest.importorskip("zensical", reason='the site needs the extra "docs"')
    copy = shutil.copytree(DOCS, tmp_path / "docs", ignore=shutil.ignore_patterns("site", ".cache"))
    program = Path(sys.executable).parent / "zensical"
    build = [str(program), "build", "--strict", "--config-file", f"{language}.toml"]
    done = subprocess.run(build, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    site = copy / "site" / language
    for page in site.rglob("*.html"):
        loaded = re.findall(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="([^"]+)"', text_of(page))
        assert [source for source in loaded if re.match(r"(?:https?:)?//", source)] == []
    index = json.loads(text_of(site / "search.json"))
    assert index["config"]["lang"] == [language]
    assert len(index["items"]) > 100


@pytest.mark.parametrize("page", LINKED, ids=name_of)
def test_links_and_anchors_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", prose_of(page)):
        if link.startswith("http"):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = Path(os.path.normpath(page.parent / path)) if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link
        if DOCS in page.parents:
            assert target.is_relative_to(DOCS / page.relative_to(DOCS).parts[0]), f"{link} leaves the site"


@pytest.mark.parametrize("page", [*ALL_PAGES, CONTRIBUTING], ids=name_of)
def test_paths_of_the_checkout_exist(page: Path) -> None:
    named = re.findall(rf"`({ROOMS}[\w./-]*)`", text_of(page))
    assert [path for path in named if not (ROOT / path).exists() and not path.startswith("docs/site")] == []


@pytest.mark.parametrize("page", [*ALL_PAGES, CONTRIBUTING], ids=name_of)
def test_every_flag_that_is_named_exists(page: Path) -> None:
    known = OTHER_FLAGS.union(*map(flags_of, programs().values()))
    prose = {flag.replace("-", "_").replace("__", "--", 1) for flag in FLAG.findall(text_of(page))}
    assert prose - {flag.replace("-", "_").replace("__", "--", 1) for flag in known} == set()


@pytest.mark.parametrize("page", ALL_PAGES, ids=name_of)
def test_every_program_that_is_named_exists(page: Path) -> None:
    assert set(re.findall(r"seqsetvae-[a-z]+", text_of(page))) <= set(programs())


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_shown_command_lines_parse(page: Path) -> None:
    """Each line with one of our programs uses commands and flags that this very program has."""
    for line in commands_of(page):
        match = re.search(r"(seqsetvae-[a-z]+)((?: .*)?)$", line)
        if match is None or line.startswith("ssh"):
            continue
        parser, words = programs()[match[1]], shlex.split(match[2])
        if commands := subcommands(parser):
            parser = commands[words[0]]
        assert set(filter(FLAG.fullmatch, words)) <= flags_of(parser), line


def test_shown_trainings_have_valid_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    parser = build_parser(TrainConfig, prog="seqsetvae-train", description="")
    lines = [line for page in WRITTEN for line in commands_of(page) if line.startswith("seqsetvae-train --data_dir")]
    plans = [parse_config(TrainConfig, parser, shlex.split(line)[1:])[0].response_plan() for line in lines]
    assert {kind for plan in plans for kind in ActionKind if plan.level_of(kind) is not None} == set(ActionKind)


@pytest.mark.parametrize("page", [*ALL_PAGES, CONTRIBUTING], ids=name_of)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, flags=re.MULTILINE))
    named = re.findall(r"`make ([a-z]+)", prose_of(page)) + re.findall(r"^make ([a-z]+)$", "\n".join(commands_of(page)))
    assert set(named) <= targets


def test_extras_are_those_of_the_package() -> None:
    extras = set(PYPROJECT["project"]["optional-dependencies"])
    start = text_of(DOCS / "en" / "index.md")
    assert set(re.findall(r"^\| `([a-z]+)` \|", start, flags=re.MULTILINE)) == extras
    for page in ALL_PAGES:
        assert {
            name for names in re.findall(r'"\.\[([a-z,]+)\]"', text_of(page)) for name in names.split(",")
        } <= extras


@pytest.mark.parametrize("page", [README, README_CHINESE], ids=name_of)
def test_the_readme_is_one_page_with_a_picture_and_a_link_to_every_page(page: Path) -> None:
    assert 6_000 <= page.stat().st_size <= 8_192
    assert "](docs/watcher.svg)" in text_of(page)
    language = "en" if page == README else "zh"
    linked = {(ROOT / link).resolve() for link in re.findall(r"\]\((docs/[^)#]+)", text_of(page))}
    assert set((DOCS / language).rglob("*.md")) - linked == set()


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


def test_every_page_is_there_in_both_languages() -> None:
    assert {page.name for page in (DOCS / "zh").glob("*.md")} == {page.name for page in (DOCS / "en").glob("*.md")}


@pytest.mark.parametrize("page", [*WRITTEN, CONTRIBUTING], ids=name_of)
def test_prose_fits_the_line_length(page: Path) -> None:
    long = [
        line
        for line in prose_of(page).splitlines()
        if len(line) > 120 and not line.startswith(("|", "![")) and "http" not in line
    ]
    assert long == []


def test_python_examples_name_what_is_there() -> None:
    """Their imports run; what follows, tests of the single pages run."""
    examples = [content for page in WRITTEN for language, content in blocks_of(page) if language == "python"]
    assert len(examples) >= 4
    for example in examples:
        compile(example, "a page", "exec")
        imports = "\n".join(line for line in example.splitlines() if re.match(r"(?:from|import) ", line))
        exec(imports, {})


def test_the_yaml_example_is_a_settings_file(tmp_path: Path) -> None:
    (example,) = [content for language, content in blocks_of(VERDICT) if language == "yaml"]
    (tmp_path / "own.yaml").write_text(example, encoding="utf-8")
    parser = build_parser(TrainConfig, prog="seqsetvae-train", description="")
    config, _ = parse_config(TrainConfig, parser, ["--data_dir", "d", "--config", str(tmp_path / "own.yaml")])
    assert config.check_schedule().every is None
    assert config.mutual_information_threshold == 0.2
    assert config.early_stop_patience == 3
    assert config.response_plan().level_of(ActionKind.LOWER_BETA) is Level.ORANGE
    assert config.response_plan().level_of(ActionKind.COMMAND) is Level.RED


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
    assert "make test" in text_of(README)
    assert in_chinese(README) == README_CHINESE
