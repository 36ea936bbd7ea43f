"""The settings that a run takes over from the checkpoint it resumes or tests, and what it does not take from there.

A checkpoint may come from anywhere. It decides how training goes on, never what is executed and where files go:
commands and directories come from the command line or its `--config` alone. Without them, a run goes on where it was:
checkpoints beside the one that is resumed, the log where its own manifest lies.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from seqsetvae.collapse.response import ActionKind
from seqsetvae.commandline.config_flags import convert
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import tr
from seqsetvae.stream.records import Manifest
from seqsetvae.stream.run_directory import MANIFEST, read_manifest
from seqsetvae.training.checkpoint_contents import CheckpointHeader
from seqsetvae.training.config import TrainConfig

#: Settings of one call.
PER_CALL = frozenset(("resume_from_checkpoint", "pretrained_ckpt", "test_checkpoint", "run_name", "allow_other_data"))
#: Where files go.
PLACES = frozenset(("output_dir", "log_dir"))
#: What the words of `--on_collapse` have that run a program.
COMMAND = f"{ActionKind.COMMAND}:"


def settings_of(header: CheckpointHeader) -> dict[str, Any]:
    """Return the settings that a checkpoint holds, without those of other versions of this program.

    Raises:
        InputError: one has another type than its flag.
    """
    hints = typing.get_type_hints(TrainConfig)
    return {
        name: convert(list(value) if isinstance(value, tuple) else value, hints[name], f"{name} in {header.path}")
        for name, value in header.config.items()
        if name in hints
    }


def inherited_settings(
    header: CheckpointHeader, given: Mapping[str, Any], *, resuming: bool, say: Callable[[str], object]
) -> dict[str, Any]:
    """Return the settings that stand in for the defaults.

    Args:
        header: Of the checkpoint that is resumed or tested.
        given: The settings of the command line and of its `--config`.
        resuming: Whether the run goes on; a test has no place of its own.
        say: Gets a sentence for each thing that the checkpoint asks for and that is left out.

    Raises:
        InputError: a setting cannot be used.
    """
    found = settings_of(header)
    settings = {name: value for name, value in found.items() if name not in PER_CALL | PLACES}
    settings["on_collapse"] = _without_commands(header, found, say if "on_collapse" not in given else _unsaid)
    _check_ranges(header, settings, given)
    if resuming:
        settings["output_dir"] = str(header.path.absolute().parent.parent)
        settings["log_dir"] = _log_directory(header, found)
        for name in sorted(PLACES - given.keys()):
            asked = found.get(name)
            if asked is not None and Path(asked).resolve() != Path(settings[name]).resolve():
                say(_left_out(header, name, asked, settings[name]))
    return settings


def is_log_of(header: CheckpointHeader, run_directory: Path) -> bool:
    """Return whether a directory holds the log of a checkpoint's run: started when it was, or with its checkpoints."""
    manifest = read_manifest(run_directory / MANIFEST)
    if not isinstance(manifest, Manifest):
        return False
    if header.run_started is not None and manifest.started == header.run_started:
        return True
    output = manifest.config.get("output_dir")
    return isinstance(output, str) and (Path(output) / manifest.run).resolve() == header.path.resolve().parent


def _unsaid(sentence: str) -> None:
    del sentence


def _without_commands(
    header: CheckpointHeader, found: Mapping[str, Any], say: Callable[[str], object]
) -> tuple[str, ...]:
    words: tuple[str, ...] = found.get("on_collapse", TrainConfig.on_collapse)
    commands = [word for word in words if COMMAND in word]
    if commands:
        sentence = tr(
            "checkpoint {path} asks for --on_collapse {commands}, which is left out: commands come from this command "
            "line or its --config alone.",
            path=header.path, commands=" ".join(commands),
        )  # fmt: skip
        say(sentence)
    return tuple(word for word in words if word not in commands)


def _check_ranges(header: CheckpointHeader, settings: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Check settings where they come from; those that are given here are not the checkpoint's."""
    required = {known.name: "." for known in fields(TrainConfig) if known.name == "data_dir"}
    own = {name: value for name, value in given.items() if name not in PER_CALL}
    try:
        TrainConfig(**{**required, **settings, **own})
    except InputError as error:
        TrainConfig(**{**required, **given})  # what is wrong with these is said of them
        raise InputError("checkpoint {path} cannot be used: {reason}", path=header.path, reason=error) from error


def _log_directory(header: CheckpointHeader, found: Mapping[str, Any]) -> str:
    """Return the directory that holds the log of the run, the default where none does."""
    asked, default = found.get("log_dir"), TrainConfig.log_dir
    if asked is not None and header.run_name is not None and is_log_of(header, Path(asked) / header.run_name):
        return str(asked)
    return default


def _left_out(header: CheckpointHeader, name: str, asked: str, place: str) -> str:
    return tr(
        "checkpoint {path} asks for --{name} {asked}, where this run does not lie: {place} is used, or what --{name} "
        "says.",
        path=header.path, name=name, asked=asked, place=place,
    )  # fmt: skip
