"""A frozen dataclass as command-line flags and as YAML.

Every field becomes `--field_name` (hyphens do as well), its type decides what is accepted, its `help` metadata what
`--help` says. Precedence: command line, then the YAML file of `--config`, then the default.

Fields whose metadata names a `section` may stand under that key in YAML, and do so where settings are printed:

    collapse:
      detector: posterior
      on_collapse: {orange: [lower_beta], red: [save, stop]}
"""

from __future__ import annotations

import argparse
import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import yaml

from seqsetvae.commandline.former_flags import advice_on
from seqsetvae.commandline.program_parser import ProgramParser, underscored
from seqsetvae.commandline.user_path import user_path
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.settings_file import InvalidYamlError, read_settings

C = TypeVar("C")

#: The type of a field of several words.
WORDS = tuple[str, ...]
#: Up to here, every whole number is a float too.
LARGEST_EXACT = 1 << 53
#: Settings that there are not of which a message names so many.
_MOST_UNKNOWN = 8
TRUE, FALSE, NONE = ("true", "yes", "1", "on"), ("false", "no", "0", "off"), ("none", "null")


def build_parser(config_type: type[Any], *, prog: str, description: str) -> ProgramParser:
    """Return a parser with one flag per field, and `--config` and `--print_config`."""
    parser = ProgramParser(prog=prog, description=description, allow_abbrev=False)
    parser.add_argument("--config", metavar="FILE", help="YAML file with settings, named like the flags")
    parser.add_argument("--print_config", action="store_true", help="print all settings as YAML and exit")
    hints = typing.get_type_hints(config_type)
    for field in dataclasses.fields(config_type):
        default = Message("required") if field.default is dataclasses.MISSING else _shown(field.default)
        parser.add_argument(
            f"--{field.name}",
            default=argparse.SUPPRESS,
            metavar=_metavar(hints[field.name]),
            help=Message("{meaning} ({default})", meaning=Message(field.metadata["help"]), default=default),
            **_counted(hints[field.name]),
        )
    return parser


def parse_config(
    config_type: type[C],
    parser: ProgramParser,
    argv: Sequence[str],
    *,
    inherit: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
) -> tuple[C, bool]:
    """Return the settings and whether `--print_config` was given.

    Args:
        config_type: The dataclass.
        parser: From `build_parser`.
        argv: The words behind the program's name.
        inherit: Gets the settings given so far and returns others that stand in for the defaults.

    Raises:
        InputError: an unknown flag or key, or a value that its field does not take.
    """
    given = vars(parser.parse_args([underscored(word) for word in argv]))
    print_config = bool(given.pop("print_config"))
    file = given.pop("config")
    values: dict[str, Any] = {}
    if file is not None:
        path = _path(file, "--config")
        in_file = _from_yaml(path, config_type, parser.prog)
        values.update(_converted(config_type, in_file, lambda name: f"{name} in {path}"))
    values.update(_converted(config_type, given, lambda name: f"--{name}"))
    values = {**(inherit(values) if inherit else {}), **values}
    for field in dataclasses.fields(config_type):  # type: ignore[arg-type]  # mypy does not know it is a dataclass
        if field.default is dataclasses.MISSING and field.name not in values:
            raise InputError("--{name} is missing: {meaning}", name=field.name, meaning=Message(field.metadata["help"]))
    return config_type(**values), print_config


def _today(value: Any, former: Mapping[str, str]) -> Any:
    """Return a value as it is written today; `former` has today's by the original's."""
    return former.get(str(value).lower(), value)


def to_yaml(config_type: type[Any], values: Mapping[str, Any]) -> str:
    """Return settings of a dataclass as YAML that `--config` reads back, its sections under their names."""
    sections = _sections(config_type)
    arranged: dict[str, Any] = {}
    for name, value in values.items():
        place = arranged.setdefault(sections[name], {}) if name in sections else arranged
        place[name] = value
    text: str = yaml.safe_dump(arranged, sort_keys=False, allow_unicode=True)
    return text


def _converted(config_type: type[Any], given: Mapping[str, Any], shown: Callable[[str], str]) -> dict[str, Any]:
    """Return settings as their fields have them; `shown` is how a message names one."""
    hints = typing.get_type_hints(config_type)
    known = {field.name: field.metadata for field in dataclasses.fields(config_type)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        values[name] = convert(_today(value, known[name].get("former", {})), hints[name], shown(name))
        if known[name].get("path") and values[name] is not None:
            values[name] = str(_path(values[name], shown(name)))
    return values


def convert(value: Any, hint: Any, name: str) -> Any:
    """Return `value` (text from a command line, or what YAML made of it) as `hint` says.

    Raises:
        InputError: it does not fit; the sentence names `name` and the value.
    """
    if isinstance(hint, types.UnionType):
        if value is None or (isinstance(value, str) and value.lower() in NONE):
            return None
        (inner,) = (argument for argument in get_args(hint) if argument is not type(None))
        return convert(value, inner, name)
    if get_origin(hint) is Literal:
        if str(value) in get_args(hint):
            return str(value)
        raise InputError(
            "{name} is {value!r:.60}, choose one of {choices}",
            name=name,
            value=value,
            choices=", ".join(get_args(hint)),
        )
    if hint == WORDS:
        return _words(value, name)
    if hint is bool:
        return _boolean(value, name)
    if value is None or isinstance(value, bool | list | dict):
        raise InputError("{name} is {value!r:.60}, expected {kind}", name=name, value=value, kind=_metavar(hint))
    try:
        return _whole(value) if hint is int else hint(value)
    except (ValueError, OverflowError) as error:  # text, and infinity
        raise InputError(
            "{name} is {value!r:.60}, expected {kind}", name=name, value=value, kind=_metavar(hint)
        ) from error


def _path(text: str, name: str) -> Path:
    try:
        return user_path(text)
    except InputError as error:
        raise InputError("{name}: {reason}", name=name, reason=error) from error


def _whole(value: Any) -> int:
    """Return a whole number, which may be written as 1e6 or 16.0 too."""
    if not isinstance(value, float):
        try:
            return int(value)
        except ValueError:
            pass
    number = float(value)
    if not number.is_integer() or abs(number) > LARGEST_EXACT:
        raise ValueError
    return int(number)


def _boolean(value: Any, name: str) -> bool:
    text = str(value).lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise InputError("{name} is {value!r:.60}, expected true or false", name=name, value=value)


def _words(value: Any, name: str) -> tuple[str, ...]:
    """Return words from a list, from one alone, or from `{key: [word]}`, which stands for `key=word`."""
    if isinstance(value, dict):
        return tuple(f"{key}={word}" for key, words in value.items() for word in _word_list(words, f"{name}, {key},"))
    return _word_list(value, name)


def _word_list(value: Any, name: str) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else value
    if value is None or (isinstance(words, list) and len(words) == 1 and str(words[0]).lower() in NONE):
        return ()
    if isinstance(words, list) and all(isinstance(word, str) for word in words):
        return tuple(words)
    raise InputError("{name} is {value!r:.60}, expected words", name=name, value=value)


def _from_yaml(path: Path, config_type: type[Any], program: str) -> dict[str, Any]:
    try:
        loaded = read_settings(path)
    except OSError as error:
        raise InputError("--config {path} cannot be read: {reason}", path=path, reason=error.strerror) from error
    except InvalidYamlError as error:
        raise InputError("--config {path} is not valid YAML: {reason}", path=path, reason=error) from error
    if not isinstance(loaded, dict):
        raise InputError("--config {path} holds no settings, expected lines such as batch_size: 16", path=path)
    named = _flattened(path, loaded, _sections(config_type))
    known = [field.name for field in dataclasses.fields(config_type)]
    unknown = [name for name in named if name not in known]
    if unknown:
        raise InputError(
            "--config {path} has unknown settings: {names}{advice}",
            path=path, names=", ".join(unknown[:_MOST_UNKNOWN]),
            advice=(advice_on(program, unknown[0], known) if len(unknown) == 1 else None) or "",
        )  # fmt: skip
    return named


def _flattened(path: Path, loaded: Mapping[Any, Any], sections: Mapping[str, str]) -> dict[str, Any]:
    """Return a file's settings without its sections; a key that has no place in a section keeps the section's name."""
    named = _underscored(path, loaded)
    for section in sorted(set(sections.values()) & named.keys()):
        content = named.pop(section)
        if not isinstance(content, dict):
            example = next(name for name, place in sections.items() if place == section)
            raise InputError(
                "{section} in {path} is {value!r}, expected settings such as {example}",
                section=section,
                path=path,
                value=content,
                example=example,
            )
        for name, value in _underscored(path, content).items():
            if sections.get(name) != section:
                name = f"{section}.{name}"
            if name in named:
                raise InputError(
                    "--config {path} has {name} twice, under {section} and outside of it; keep one",
                    path=path,
                    name=name,
                    section=section,
                )
            named[name] = value
    return named


def _underscored(path: Path, table: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a table with underscores for the hyphens of its keys."""
    named: dict[str, Any] = {}
    for key, value in table.items():
        name = str(key).replace("-", "_")
        if name in named:
            raise InputError("--config {path} has {name} twice; keep one", path=path, name=name)
        named[name] = value
    return named


def _sections(config_type: type[Any]) -> dict[str, str]:
    """Return the section of each field that has one."""
    fields = dataclasses.fields(config_type)
    return {field.name: field.metadata["section"] for field in fields if "section" in field.metadata}


def _counted(hint: Any) -> dict[str, Any]:
    """Return argparse's arguments for a flag that has not exactly one value."""
    if hint is bool:
        return {"nargs": "?", "const": "true"}
    return {"nargs": "*"} if hint == WORDS else {}


def _metavar(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "{" + ",".join(get_args(hint)) + "}"
    if isinstance(hint, types.UnionType):
        return "|".join(_metavar(argument) if argument is not type(None) else "none" for argument in get_args(hint))
    names: dict[Any, str] = {int: "INTEGER", float: "NUMBER", bool: "true|false", str: "TEXT", WORDS: "WORD"}
    return names[hint]


def _shown(default: Any) -> str:
    if default is None:
        return "none"
    if isinstance(default, tuple):
        return " ".join(default) or "none"
    return str(default).lower() if isinstance(default, bool) else str(default)
