"""The actions on a verdict: the words of `--on_collapse`, and what they mean at each check.

    --on_collapse save stop
    --on_collapse warn orange=lower_beta red=save stop "command:notify.sh --run p12"

An action belongs to a level and acts there and above. Decisions depend on the checks alone, so that all ranks of a
run, and a run that was resumed, decide alike.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self

from seqsetvae.collapse.verdict import LEVELS, Condition, Verdict
from seqsetvae.errors import InputError
from seqsetvae.stream.records import Level

#: Levels that an action can be given for.
ACTING_LEVELS = LEVELS[1:]
#: What lowering does to max β, how many checks it is given to help, and how often it is done in a run.
BETA_FACTOR, BETA_CHECKS, BETA_TIMES = 0.5, 5, 6
#: Conditions that a lower weight of KL cannot improve, or makes worse.
NOT_FOR_BETA = (Condition.KL_EXPLOSION, Condition.DIVERGENCE, Condition.OVER_CONFIDENT)

_COMMAND = "command:"


class ActionKind(StrEnum):
    """A kind of action."""

    WARN = "warn"
    SAVE = "save"
    LOWER_BETA = "lower_beta"
    STOP = "stop"
    COMMAND = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something to do from a level on.

    Attributes:
        level: The lowest level at which it is done.
        kind: What is done.
        command: The words of a command line; empty for other kinds.
    """

    level: Level
    kind: ActionKind
    command: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{_COMMAND}{shlex.join(self.command)}" if self.kind is ActionKind.COMMAND else str(self.kind)


@dataclass(frozen=True, slots=True)
class ResponsePlan:
    """All actions of a run; of each kind but commands one, for the lowest level that was named."""

    planned: tuple[Action, ...] = ()

    @classmethod
    def parse(cls, words: Iterable[str]) -> Self:
        """Return the plan that the words of `--on_collapse` mean.

        Raises:
            ValueError: a word is not of the form `[LEVEL=]ACTION`; the sentence names it and the choices.
        """
        plan = cls()
        for word in words:
            plan = plan.including(parse_action(word))
        return plan

    def including(self, action: Action) -> Self:
        """Return this plan with one more action."""
        if action.kind is ActionKind.COMMAND:
            return type(self)((*self.planned, action))
        known = next((other for other in self.planned if other.kind is action.kind), None)
        if known is not None and known.level.severity <= action.level.severity:
            return self
        return type(self)((*(other for other in self.planned if other is not known), action))

    def actions(self, level: Level) -> tuple[Action, ...]:
        """Return what is to be done at a level: what was planned for it and for those below."""
        return tuple(action for action in self.planned if action.level.severity <= level.severity)

    def level_of(self, kind: ActionKind) -> Level | None:
        """Return the lowest level at which something is done, or None where it never is."""
        levels = [action.level for action in self.planned if action.kind is kind]
        return min(levels, key=lambda level: level.severity, default=None)


def parse_action(word: str) -> Action:
    """Return the action that `[LEVEL=]ACTION` means; without a level, `warn` acts from yellow on, the others at red.

    Raises:
        ValueError: it means none.
    """
    left, equals, right = word.partition("=")
    named = equals != "" and ":" not in left  # an equals sign behind a colon belongs to a command
    text = right if named else word
    levels = [str(level) for level in ACTING_LEVELS]
    if named and left not in levels:
        raise InputError(
            "--on_collapse {word!r} names no level, choose one of {levels}", word=word, levels=", ".join(levels)
        )
    command: tuple[str, ...] = ()
    if text.startswith(_COMMAND):
        kind, command = ActionKind.COMMAND, _command(word, text.removeprefix(_COMMAND))
    elif text != ActionKind.COMMAND and text in list(ActionKind):
        kind = ActionKind(text)
    else:
        raise InputError(
            "--on_collapse {word!r} is no action, choose one of warn, save, lower_beta, stop, command:CMD", word=word
        )
    default = Level.YELLOW if kind is ActionKind.WARN else Level.RED
    return Action(level=Level(left) if named else default, kind=kind, command=command)


def _command(word: str, line: str) -> tuple[str, ...]:
    try:
        command = tuple(shlex.split(line))
    except ValueError as error:
        raise InputError("--on_collapse {word!r} is no command line: {reason}", word=word, reason=error) from error
    if not command:
        raise InputError("--on_collapse {word!r} names no program, give one as in command:notify.sh", word=word)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do at one check.

    Attributes:
        tell: Write an event: level or condition has changed.
        warn: Print it on the console too.
        save: Keep a checkpoint of the collapse.
        lower_beta: Multiply max β by `BETA_FACTOR`.
        stop: End training.
        recommend_stop: Say that training had better end; where nobody has asked for `stop`.
        commands: Command lines to run.
    """

    tell: bool = False
    warn: bool = False
    save: bool = False
    lower_beta: bool = False
    stop: bool = False
    recommend_stop: bool = False
    commands: tuple[tuple[str, ...], ...] = ()

    @property
    def acts(self) -> bool:
        """Whether something is to be done beyond events and warnings."""
        return self.save or self.lower_beta or self.stop or bool(self.commands)

    @property
    def actions(self) -> list[str]:
        """What is done, in words."""
        flags = {
            ActionKind.WARN: self.warn,
            ActionKind.SAVE: self.save,
            ActionKind.LOWER_BETA: self.lower_beta,
            ActionKind.STOP: self.stop,
        }
        done = [str(kind) for kind, chosen in flags.items() if chosen]
        return [*done, *(f"{_COMMAND}{shlex.join(command)}" for command in self.commands)]

    def to_data(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "commands": [list(command) for command in self.commands]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Return the decision that `to_data` made the values of."""
        return cls(**{**data, "commands": tuple(tuple(command) for command in data["commands"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseState:
    """What later decisions depend on.

    Attributes:
        level, condition: Of the last verdict, None before the first.
        checks: Checks that they have lasted.
        lowered: How often max β was lowered.
        waited: Checks at the level of `lower_beta` since then, None where the run was below it in between.
        stopping: Checks running at the level of `stop`, or at red where nobody has asked for it.
        saved: Whether a checkpoint was kept since the run was last green.
    """

    level: Level | None = None
    condition: Condition | None = None
    checks: int = 0
    lowered: int = 0
    waited: int | None = None
    stopping: int = 0
    saved: bool = False

    @property
    def beta_factor(self) -> float:
        """What max β is multiplied with by now."""
        return BETA_FACTOR**self.lowered

    def to_data(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            **asdict(self),
            "level": None if self.level is None else str(self.level),
            "condition": None if self.condition is None else str(self.condition),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Return the state that `to_data` made the values of."""
        level, condition = data["level"], data["condition"]
        enums = {
            "level": None if level is None else Level(level),
            "condition": None if condition is None else Condition(condition),
        }
        return cls(**{**data, **enums})


def decide(
    plan: ResponsePlan, state: ResponseState, verdict: Verdict, *, patience: int
) -> tuple[Decision, ResponseState]:
    """Return what to do at a check, and the state for the next.

    Args:
        plan: What is to be done.
        state: Before the check.
        verdict: The check's.
        patience: Checks running at the level of `stop` after which training ends, or had better end.
    """
    changed = (state.level, state.condition) != (verdict.level, verdict.condition)
    lower, waited = _lowering(plan, state, verdict)
    stops_at = plan.level_of(ActionKind.STOP)
    stopping = state.stopping + 1 if _reaches(stops_at or Level.RED, verdict.level) else 0
    stop = stops_at is not None and stopping >= patience
    save = not state.saved and _reaches(plan.level_of(ActionKind.SAVE), verdict.level)
    warned = plan.level_of(ActionKind.WARN)
    decision = Decision(
        tell=changed,
        warn=changed and (_reaches(warned, verdict.level) or _reaches(warned, state.level)),
        save=save,
        lower_beta=lower,
        stop=stop,
        recommend_stop=stops_at is None and stopping == patience,
        commands=tuple(
            action.command
            for action in plan.actions(verdict.level)
            if action.kind is ActionKind.COMMAND and not _reaches(action.level, state.level)
        ),
    )
    after = replace(
        state,
        level=verdict.level,
        condition=verdict.condition,
        checks=1 if changed else state.checks + 1,
        lowered=state.lowered + lower,
        waited=waited,
        # A run that is resumed after its stop is given the same patience again.
        stopping=0 if stop else stopping,
        saved=verdict.level is not Level.GREEN and (state.saved or save),
    )
    return decision, after


def _lowering(plan: ResponsePlan, state: ResponseState, verdict: Verdict) -> tuple[bool, int | None]:
    """Return whether to lower β at this check, and how many checks the last lowering has had by then."""
    if not _reaches(plan.level_of(ActionKind.LOWER_BETA), verdict.level):
        return False, None
    waited = None if state.waited is None else state.waited + 1
    due = waited is None or waited >= BETA_CHECKS
    if due and state.lowered < BETA_TIMES and verdict.condition not in NOT_FOR_BETA:
        return True, 0
    return False, waited


def _reaches(threshold: Level | None, level: Level | None) -> bool:
    return threshold is not None and level is not None and level.severity >= threshold.severity
