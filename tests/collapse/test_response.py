"""What `--on_collapse` means, word by word, and what is decided at each check."""

from __future__ import annotations

import json

import pytest

from seqsetvae.collapse.response import (
    BETA_TIMES,
    ActionKind,
    Decision,
    ResponsePlan,
    ResponseState,
    decide,
    parse_action,
)
from seqsetvae.collapse.verdict import LEVELS, Condition, Verdict
from seqsetvae.stream.records import Level
from tests.scripted_detector import CONDITIONS, levels

GREEN, YELLOW, ORANGE, RED = LEVELS


def verdict(level: Level, step: int = 1, condition: Condition | None = None) -> Verdict:
    return Verdict(
        step=step,
        level=level,
        condition=condition or CONDITIONS[level],
        reasons=(),
        advice=(),
        since=step,
        checks=1,
        changed=True,
    )


def decisions(
    words: str,
    script: str,
    *,
    patience: int = 5,
    condition: Condition | None = None,
    state: ResponseState | None = None,
) -> list[Decision]:
    """Return what is decided at each check of a script of levels, see `tests.scripted_detector.levels`."""
    plan, state, found = ResponsePlan.parse(words.split()), state or ResponseState(), []
    for step, level in enumerate(levels(script), start=1):
        decision, state = decide(plan, state, verdict(level, step, condition), patience=patience)
        found.append(decision)
    return found


def checks_where(found: list[Decision], kind: str) -> list[int]:
    """Return the numbers of the checks, from 1, at which something is done."""
    return [number for number, decision in enumerate(found, start=1) if kind in decision.actions]


class TestWords:
    @pytest.mark.parametrize(
        ("word", "level", "kind"),
        [
            ("warn", YELLOW, ActionKind.WARN),
            ("save", RED, ActionKind.SAVE),
            ("lower_beta", RED, ActionKind.LOWER_BETA),
            ("stop", RED, ActionKind.STOP),
            ("red=warn", RED, ActionKind.WARN),
            ("orange=lower_beta", ORANGE, ActionKind.LOWER_BETA),
            ("yellow=save", YELLOW, ActionKind.SAVE),
        ],
    )
    def test_an_action_has_a_level_of_its_own_or_the_one_before_it(
        self, word: str, level: Level, kind: ActionKind
    ) -> None:
        action = parse_action(word)
        assert (action.level, action.kind, action.command) == (level, kind, ())

    @pytest.mark.parametrize(
        ("word", "level", "command"),
        [
            ("command:notify.sh --run p12", RED, ("notify.sh", "--run", "p12")),
            ("command:mail -s 'it is red' me", RED, ("mail", "-s", "it is red", "me")),
            ("command:notify --run=p12", RED, ("notify", "--run=p12")),
            ("yellow=command:a=b c:d", YELLOW, ("a=b", "c:d")),
        ],
    )
    def test_a_command_is_split_as_a_shell_would(self, word: str, level: Level, command: tuple[str, ...]) -> None:
        action = parse_action(word)
        assert (action.level, action.kind, action.command) == (level, ActionKind.COMMAND, command)

    @pytest.mark.parametrize(
        ("word", "complaint"),
        [
            ("explode", "'explode' is no action, choose one of warn, save, lower_beta, stop, command:CMD"),
            ("command", "'command' is no action"),
            ("", "'' is no action"),
            ("red=", "'red=' is no action"),
            ("Warn", "'Warn' is no action"),
            ("purple=warn", "'purple=warn' names no level, choose one of yellow, orange, red"),
            ("green=warn", "'green=warn' names no level"),
            ("info=stop", "'info=stop' names no level"),
            ("command:", "'command:' names no program, give one as in command:notify.sh"),
            ("command:say 'it", '"command:say \'it" is no command line: No closing quotation'),
        ],
    )
    def test_any_other_word_is_refused_with_the_choices(self, word: str, complaint: str) -> None:
        with pytest.raises(ValueError, match="--on_collapse") as caught:
            parse_action(word)
        assert str(caught.value).startswith(f"--on_collapse {complaint}")


class TestPlans:
    def test_an_action_holds_for_its_level_and_above(self) -> None:
        plan = ResponsePlan.parse(["warn", "orange=lower_beta", "save", "stop"])
        done = {level: [str(action) for action in plan.actions(level)] for level in LEVELS}
        assert done == {
            GREEN: [],
            YELLOW: ["warn"],
            ORANGE: ["warn", "lower_beta"],
            RED: ["warn", "lower_beta", "save", "stop"],
        }

    @pytest.mark.parametrize("words", [["red=save", "orange=save"], ["orange=save", "red=save"]])
    def test_of_two_levels_the_lower_counts(self, words: list[str]) -> None:
        plan = ResponsePlan.parse(words)
        assert plan.level_of(ActionKind.SAVE) is ORANGE
        assert len(plan.actions(RED)) == 1

    def test_several_commands_are_all_run(self) -> None:
        plan = ResponsePlan.parse(["command:b", "yellow=command:a"])
        assert [str(action) for action in plan.actions(RED)] == ["command:b", "command:a"]
        assert [str(action) for action in plan.actions(YELLOW)] == ["command:a"]

    def test_no_words_do_nothing(self) -> None:
        plan = ResponsePlan.parse([])
        assert plan.actions(RED) == ()
        assert plan.level_of(ActionKind.WARN) is None


class TestTelling:
    def test_each_change_is_reported_once(self) -> None:
        assert [decision.tell for decision in decisions("", "ggyyoog")] == [True, False, True, False, True, False, True]

    def test_another_name_at_the_same_level_is_a_change(self) -> None:
        plan, state = ResponsePlan(), ResponseState()
        _, state = decide(plan, state, verdict(ORANGE, condition=Condition.COLLAPSE), patience=5)
        decision, state = decide(plan, state, verdict(ORANGE, condition=Condition.DECODER_IGNORES_Z), patience=5)
        assert decision.tell
        assert state.checks == 1

    def test_the_checks_of_a_verdict_are_counted(self) -> None:
        state = ResponseState()
        for level in levels("gyyy"):
            _, state = decide(ResponsePlan(), state, verdict(level), patience=5)
        assert state.checks == 3

    def test_warnings_start_at_their_level_and_end_with_the_all_clear(self) -> None:
        assert checks_where(decisions("warn", "ggyyogg"), "warn") == [3, 5, 6]
        assert checks_where(decisions("orange=warn", "gyorog"), "warn") == [3, 4, 5, 6]


class TestSaving:
    def test_a_collapse_is_kept_once_until_the_run_is_green_again(self) -> None:
        assert checks_where(decisions("save", "gorrorrygor"), "save") == [3, 11]


class TestLoweringBeta:
    def test_it_is_lowered_on_entering_its_level_and_after_each_five_checks_more(self) -> None:
        assert checks_where(decisions("orange=lower_beta", "go" + "r" * 11), "lower_beta") == [2, 7, 12]

    def test_the_five_checks_start_anew_when_the_level_was_left(self) -> None:
        assert checks_where(decisions("orange=lower_beta", "ooyooooo" + "o"), "lower_beta") == [1, 4, 9]

    def test_it_is_lowered_six_times_at_most(self) -> None:
        found = decisions("lower_beta", "r" * 100)
        assert len(checks_where(found, "lower_beta")) == BETA_TIMES == 6

    def test_a_halved_beta_is_a_quarter_after_two_times(self) -> None:
        assert [ResponseState(lowered=times).beta_factor for times in range(3)] == [1.0, 0.5, 0.25]

    @pytest.mark.parametrize("condition", [Condition.KL_EXPLOSION, Condition.DIVERGENCE, Condition.OVER_CONFIDENT])
    def test_what_a_lower_beta_makes_worse_does_not_lower_it(self, condition: Condition) -> None:
        assert checks_where(decisions("lower_beta", "rrrrrrrr", condition=condition), "lower_beta") == []

    def test_it_is_lowered_as_soon_as_the_condition_is_one_that_it_helps(self) -> None:
        plan, state = ResponsePlan.parse(["lower_beta"]), ResponseState()
        _, state = decide(plan, state, verdict(RED, condition=Condition.KL_EXPLOSION), patience=5)
        decision, _ = decide(plan, state, verdict(RED, condition=Condition.COLLAPSE), patience=5)
        assert decision.lower_beta


class TestStopping:
    def test_only_checks_at_red_one_after_the_other_stop(self) -> None:
        assert checks_where(decisions("stop", "rrorrr", patience=3), "stop") == [6]

    def test_patience_of_one_stops_at_the_first(self) -> None:
        assert checks_where(decisions("stop", "gor", patience=1), "stop") == [3]

    def test_stopping_may_begin_at_orange(self) -> None:
        assert checks_where(decisions("orange=stop", "yoro", patience=3), "stop") == [4]

    def test_a_run_that_goes_on_after_its_stop_has_its_patience_again(self) -> None:
        assert checks_where(decisions("stop", "rrrrrr", patience=3), "stop") == [3, 6]

    def test_where_nobody_asked_for_it_a_stop_is_recommended_once(self) -> None:
        found = decisions("warn", "orrrrrorrr", patience=3)
        assert [number for number, decision in enumerate(found, start=1) if decision.recommend_stop] == [4, 10]
        assert checks_where(found, "stop") == []
        assert not any(decision.recommend_stop for decision in decisions("stop", "rrrrrr", patience=3))


class TestCommands:
    def test_a_command_is_run_when_its_level_is_entered(self) -> None:
        found = decisions("orange=command:page", "gyoorogor")
        assert checks_where(found, "command:page") == [3, 8]

    def test_a_resumed_run_does_not_repeat_it(self) -> None:
        assert checks_where(decisions("command:page", "rr", state=ResponseState(level=RED)), "command:page") == []


def test_without_a_plan_changes_are_reported_and_nothing_is_done() -> None:
    found = decisions("", "gyorrrrrrrr")
    assert not any(decision.acts or decision.warn for decision in found)


@pytest.mark.parametrize("script", ["", "gyorr", "rrrrrrr", "rg"])
def test_a_state_from_json_decides_alike(script: str) -> None:
    plan = ResponsePlan.parse(["warn", "save", "orange=lower_beta", "stop", "command:page me"])
    state = ResponseState()
    for level in levels(script):
        _, state = decide(plan, state, verdict(level), patience=4)
    restored = ResponseState.from_data(json.loads(json.dumps(state.to_data())))
    assert restored == state
    for level in LEVELS:
        decision, _ = decide(plan, restored, verdict(level), patience=4)
        assert Decision.from_data(json.loads(json.dumps(decision.to_data()))) == decision
