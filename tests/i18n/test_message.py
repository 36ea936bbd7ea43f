"""A message is its English sentence, and stays a message on its way to the user."""

import pickle
from pathlib import Path

import pytest

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message


def test_a_message_is_its_sentence() -> None:
    message = Message("{path} has {count:,} lines", path=Path("a.csv"), count=1_200)
    assert message == "a.csv has 1,200 lines"
    assert (message.template, message.values) == ("{path} has {count:,} lines", {"path": Path("a.csv"), "count": 1_200})


def test_braces_stand_for_themselves_in_values_and_where_there_are_none() -> None:
    assert Message("{run} is gone", run="{run}") == "{run} is gone"
    assert Message("as in {a: 1}") == "as in {a: 1}"


def test_an_error_carries_its_message() -> None:
    error = InputError("{path} is a file", path="a.csv")
    assert str(error) == "a.csv is a file"
    carried = str(error)
    assert isinstance(carried, Message)
    assert carried.template == "{path} is a file"


def test_an_error_in_an_error_is_a_message_in_a_message() -> None:
    inner = InputError("{path} is a file", path="a.csv")
    outer = str(InputError("--run_name: {reason}", reason=inner))
    assert outer == "--run_name: a.csv is a file"
    assert isinstance(outer, Message)
    assert outer.values == {"reason": "a.csv is a file"}
    assert isinstance(outer.values["reason"], Message)


@pytest.mark.parametrize("sentence", [Message("{name} is {value!r}", name="a", value=1.5), Message("as in {a: 1}")])
def test_a_message_is_the_same_in_another_process(sentence: Message) -> None:
    error = pickle.loads(pickle.dumps(InputError(sentence)))
    carried = str(error)
    assert isinstance(carried, Message)
    assert (carried, carried.template, carried.values) == (sentence, sentence.template, sentence.values)
