"""Write the reference pages of both languages from the code: settings, options, keys and thresholds.

python -m docs.reference
"""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tui.options
from seqsetvae.cli import analyze, bench, import_logs, prepare, visualize
from seqsetvae.collapse.thresholds import ROWS, Thresholds
from seqsetvae.commandline.config_flags import build_parser
from seqsetvae.commandline.help_formatter import HelpFormatter
from seqsetvae.i18n.language import Language, speaking, translated
from seqsetvae.training.config import TrainConfig
from tui.bindings import key_groups
from tui.dialogs.help_dialog import key_text

DOCS = Path(__file__).resolve().parent

WIDE = 10_000
"""Columns of help texts: they are not broken into lines."""

Words = Mapping[str, str]

WORDS: dict[Language, Words] = {
    Language.EN: {
        "argument": "argument", "option": "option", "setting": "setting", "default": "default", "meaning": "meaning",
        "key": "key", "does": "does", "required": "required", "cores": "number of cores",
        "Keys": "Keys of seqsetvae-watch", "Thresholds": "Thresholds of the detector",
        "thresholds": "Flags of `seqsetvae-train`, keys of the section `collapse` in YAML, and names in the file that "
        "`seqsetvae-watch` takes with `--thresholds`. `none` is the detector's own choice.",
        "Limits": "Limits of metrics",
        "limits": "With `--detector original`, the rules of the original code hold: the default, and that of "
        "`--fast_detection`.",
        "metric": "metric", "abnormal": "abnormal", "below": "below", "above": "above", "unit": "unit",
        "nats": "nats", "share": "share", "checks": "checks", "range": "range", "original": "original rule",
        "settings": "Every setting is a flag, and a key in the YAML file of `--config`.",
        "judging": "In YAML, these may also be under the key `collapse`.",
        "Data": "Data", "Output": "Output", "Model": "Model", "Objective": "Objective",
        "Optimization": "Optimization", "Validation": "Validation, checkpoints, resuming",
        "Verdict": "Verdict on the posterior", "Monitoring": "Monitoring",
    },
    Language.ZH: {
        "argument": "参数", "option": "选项", "setting": "设置", "default": "默认值", "meaning": "含义",
        "key": "按键", "does": "作用", "required": "必填", "cores": "核数",
        "Keys": "seqsetvae-watch 的按键", "Thresholds": "检测器的阈值",
        "thresholds": "既是 `seqsetvae-train` 的参数，也是 YAML 中 `collapse` 一节的键，以及 `seqsetvae-watch` 用 "
        "`--thresholds` 读取的文件中的名字。`none` 表示由检测器自己决定。",
        "Limits": "指标的界限",
        "limits": "使用 `--detector original` 时，采用原始代码的规则：先是默认值，再是 `--fast_detection` 的值。",
        "metric": "指标", "abnormal": "异常", "below": "低于", "above": "高于", "unit": "单位",
        "nats": "奈特", "share": "比例", "checks": "检查次数", "range": "取值", "original": "原始规则",
        "settings": "每项设置既是命令行参数，也是 `--config` 所指 YAML 文件中的键。",
        "judging": "在 YAML 中，这些也可以放在键 `collapse` 之下。",
        "Data": "数据", "Output": "输出位置", "Model": "模型", "Objective": "目标函数",
        "Optimization": "优化", "Validation": "验证、检查点与续训",
        "Verdict": "对后验的判定", "Monitoring": "监测",
    },
}  # fmt: skip
"""What the pages say beside the texts of the programs."""

SETTING_GROUPS = {
    "data_dir": "Data",
    "output_dir": "Output",
    "reduced_dim": "Model",
    "max_beta": "Objective",
    "learning_rate": "Optimization",
    "val_check_interval": "Validation",
    "update_frequency": "Verdict",
    "disable_metrics_monitoring": "Monitoring",
}
"""The first setting of each group of `seqsetvae-train`."""

PROGRAMS: dict[str, Callable[[], argparse.ArgumentParser]] = {
    "watch": tui.options.make_parser,
    "prepare": prepare.make_parser,
    "analyze": analyze.make_parser,
    "visualize": visualize.make_parser,
    "import": import_logs.make_parser,
    "bench": bench.make_parser,
}
"""The parsers of the programs; that of `seqsetvae-train` is made from its settings."""


def main() -> None:
    """Write all pages."""
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def pages() -> dict[Path, str]:
    """The text of every generated page."""
    found = {}
    for language, words in WORDS.items():
        with speaking(language):
            texts = {name: program_page(make(), words) for name, make in PROGRAMS.items()}
            texts |= {"train": train_page(words), "keys": keys_page(words), "thresholds": thresholds_page(words)}
        found.update({DOCS / language / "reference" / f"{name}.md": text for name, text in texts.items()})
    return found


def program_page(parser: argparse.ArgumentParser, words: Words) -> str:
    """A program: its arguments and options, then those of each of its commands."""
    lines = [f"# {parser.prog}", *_description(parser), *_tables(parser, words, level=2)]
    for command in commands_of(parser):
        lines += [f"## {command.prog}", *_description(command), *_tables(command, words, level=3)]
    return _joined(lines)


def train_page(words: Words) -> str:
    """The settings of `seqsetvae-train`, by subject."""
    parser = build_parser(TrainConfig, prog="seqsetvae-train", description="")
    settings = [field.name for field in dataclasses.fields(TrainConfig)]
    general = [action for action in _optional(parser) if action.dest not in settings]
    lines = [f"# {parser.prog}", words["settings"], _table([words["option"], words["meaning"]], map(_row, general))]
    starts = [*map(settings.index, SETTING_GROUPS), len(settings)]
    for title, start, end in zip(SETTING_GROUPS.values(), starts, starts[1:], strict=False):
        lines += [f"## {words[title]}", *([words["judging"]] if title == "Verdict" else [])]
        lines.append(_settings_table(parser, settings[start:end], words))
    return _joined(lines)


def keys_page(words: Words) -> str:
    """Every key of the watcher, by subject, as its help has them."""
    lines = [f"# {words['Keys']}"]
    for title, bindings in key_groups():
        rows = [(_keys(key_text(binding)), _text(translated(binding.tooltip))) for binding in bindings]
        lines += [f"## {_text(translated(title))}", _table([words["key"], words["does"]], rows)]
    return _joined(lines)


def thresholds_page(words: Words) -> str:
    """The settings of the detector, and for those that limit a metric, what is beyond them."""
    parser = build_parser(TrainConfig, prog="seqsetvae-train", description="")
    heads = [words[head] for head in ("setting", "metric", "abnormal", "unit", "range", "original")]
    limits = _table(
        heads, [_limit(field, words) for field in dataclasses.fields(Thresholds) if ROWS[field.name].metric]
    )
    return _joined([
        f"# {words['Thresholds']}", words["thresholds"], _settings_table(parser, list(ROWS), words),
        f"## {words['Limits']}", words["limits"], limits,
    ])  # fmt: skip


def _limit(field: dataclasses.Field[Any], words: Words) -> Sequence[str]:
    """A threshold: its metric, the side that is abnormal, its unit and range, and the rules of the original code."""
    row = ROWS[field.name]
    beyond = words["below" if row.low else "above"]
    rule = translated(field.metadata["range"].rule)
    original = f"`posterior/{row.original_metric}` < {row.original[0]:g}, {row.original[1]:g}" if row.original else ""
    return (
        f"`--{field.name}`",
        f"`posterior/{row.metric}`",
        beyond,
        words.get(row.unit, ""),
        _text(rule),
        _text(original),
    )


def _settings_table(parser: argparse.ArgumentParser, names: Sequence[str], words: Words) -> str:
    """Settings with their defaults, which end the help of each."""
    defaults = {field.name: field for field in dataclasses.fields(TrainConfig)}
    actions = {action.dest: action for action in parser._actions}
    rows = []
    for name in names:
        meaning, default = re.fullmatch(r"(.*?) ?[(（]([^()（）]*)[)）]", _help(actions[name])).groups()  # type: ignore[union-attr]
        required = defaults[name].default is dataclasses.MISSING
        typed, _ = _row(actions[name])
        rows.append((typed, words["required"] if required else f"`{default}`", _text(meaning)))
    return _table([words["setting"], words["default"], words["meaning"]], rows)


def _tables(parser: argparse.ArgumentParser, words: Words, *, level: int) -> Iterator[str]:
    """The arguments of a parser and its options; named groups have a heading of their own."""
    arguments = [action for action in parser._get_positional_actions() if not _is_choice_of_commands(action)]
    if arguments:
        rows = [(f"`{_metavar(action)}`", _text(_help(action, words))) for action in arguments]
        yield _table([words["argument"], words["meaning"]], rows)
    own = {id(action) for group in _named_groups(parser) for action in group._group_actions}
    common = {"help", "lang"} if level > 2 else set()  # those of the program's commands are the program's
    options = [action for action in _optional(parser) if id(action) not in own and action.dest not in common]
    yield _table([words["option"], words["meaning"]], (_row(action, words) for action in options))
    for group in _named_groups(parser):
        yield f"{'#' * level} {_sentence(translated(group.title or ''))}"
        yield _table([words["option"], words["meaning"]], (_row(action, words) for action in group._group_actions))


def _keys(names: str) -> str:
    """Keys as code; `…` stands for those between its neighbours."""
    return " ".join(f"`{key}`" if key != "…" else key for key in names.split())


def _named_groups(parser: argparse.ArgumentParser) -> list[argparse._ArgumentGroup]:
    """The groups that the program itself has made; argparse begins with two of its own."""
    return parser._action_groups[2:]


def commands_of(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """The parsers of a program's commands; empty where it has none."""
    return [
        command
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for command in action.choices.values()
    ]


def _is_choice_of_commands(action: argparse.Action) -> bool:
    return isinstance(action, argparse._SubParsersAction)


def _optional(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._get_optional_actions() if action.help != argparse.SUPPRESS]


def _row(action: argparse.Action, words: Words | None = None) -> tuple[str, str]:
    """An option as it is typed, and what it means."""
    value = _metavar(action)
    names = " ".join(f"`{name}`" for name in action.option_strings)
    return (f"{names[:-1]} {value}`" if value else names), _text(_help(action, words))


def _metavar(action: argparse.Action) -> str:
    """What stands for the values of an argument."""
    if action.nargs == 0:
        return ""
    name = action.metavar or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper())
    value = " ".join(name) if isinstance(name, tuple) else name.replace("|", " or ")
    return {"?": f"[{value}]", "*": f"[{value} ...]", "+": f"{value} ..."}.get(str(action.nargs), value)


def _help(action: argparse.Action, words: Words | None = None) -> str:
    """What `--help` says, in the language that is spoken; what depends on this machine is said in words."""
    before = action.default
    if action.dest == "jobs" and words is not None:
        action.default = words["cores"]
    try:
        return HelpFormatter("", width=WIDE)._expand_help(action) if action.help else ""
    finally:
        action.default = before


def _description(parser: argparse.ArgumentParser) -> Iterator[str]:
    formatter = HelpFormatter("", width=WIDE)
    formatter.add_text(parser.description)
    if text := re.sub(r"^`[^`]+`[:：] ?", "", formatter.format_help().strip()):
        yield _text(_sentence(text))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _text(text: str) -> str:
    """A text of a program as Markdown, with flags and names of files as code."""
    escaped = re.sub(r"([*|])", r"\\\1", text).replace("<", "&lt;")
    return re.sub(r"(?<![\w`-])(--[a-z][\w-]*)", r"`\1`", escaped)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
