"""A dataclass as flags and as YAML: what is accepted, what wins, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from seqsetvae.commandline.config_flags import build_parser, parse_config, to_yaml
from seqsetvae.commandline.program_parser import underscored
from seqsetvae.errors import InputError
from seqsetvae.training.config import TrainConfig


@dataclass(frozen=True, kw_only=True)
class Settings:
    where: str = field(metadata={"help": "a place"})
    how_many: int = field(default=4, metadata={"help": "a number; 50 % of them"})
    rate: float = field(default=0.1, metadata={"help": "a rate"})
    fast: bool = field(default=False, metadata={"help": "hurry"})
    limit: int | None = field(default=10, metadata={"help": "an end"})
    name: str | None = field(default=None, metadata={"help": "a name"})
    colour: Literal["red", "32"] = field(default="red", metadata={"help": "a colour"})
    tags: tuple[str, ...] = field(default=("new",), metadata={"help": "words"})
    depth: int = field(default=1, metadata={"help": "how deep", "section": "sea"})
    fish: tuple[str, ...] = field(default=(), metadata={"help": "who is there", "section": "sea"})

    def __post_init__(self) -> None:
        if self.how_many < 1:
            raise InputError("--how_many must be at least 1, got {how_many}", how_many=self.how_many)


def parse(*words: str, **options: Any) -> Settings:
    parser = build_parser(Settings, prog="prog", description="A program.")
    return parse_config(Settings, parser, words, **options)[0]


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


class TestWords:
    def test_defaults_stand_where_nothing_is_given(self) -> None:
        assert parse("--where", "here") == Settings(where="here")

    @pytest.mark.parametrize("words", [["--how-many", "7"], ["--how_many", "7"], ["--how-many=7"], ["--how_many=7"]])
    def test_hyphens_are_underscores(self, words: list[str]) -> None:
        assert parse("--where", "here", *words).how_many == 7

    def test_values_keep_their_hyphens(self) -> None:
        assert parse("--where=a-b--c-d", "--name", "run-1") == Settings(where="a-b--c-d", name="run-1")
        assert underscored("--data-dir=--x-y") == "--data_dir=--x-y"
        assert underscored("-a-b") == "-a-b"

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (["--fast"], True),
            (["--fast", "true"], True),
            (["--fast=YES"], True),
            (["--fast", "on"], True),
            (["--fast", "1"], True),
            (["--fast", "false"], False),
            (["--fast=no"], False),
            (["--fast", "0"], False),
            (["--fast", "Off"], False),
        ],
    )
    def test_a_switch_is_bare_or_has_a_value(self, words: list[str], expected: bool) -> None:
        assert parse("--where", "here", *words).fast is expected

    @pytest.mark.parametrize("word", ["none", "None", "null"])
    def test_what_is_optional_can_be_none(self, word: str) -> None:
        assert parse("--where", "here", "--limit", word, "--name", word) == Settings(where="here", limit=None)

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (["--tags", "a", "b c"], ("a", "b c")),
            (["--tags=a"], ("a",)),
            (["--tags", "a=b:--c"], ("a=b:--c",)),
            (["--tags", "none"], ()),
            (["--tags"], ()),
            ([], ("new",)),
        ],
    )
    def test_a_flag_may_take_several_words(self, words: list[str], expected: tuple[str, ...]) -> None:
        assert parse("--where", "here", *words, "--fast").tags == expected

    def test_numbers_may_be_negative_and_scientific(self) -> None:
        found = parse("--where", "here", "--rate", "1e-4", "--limit=-1")
        assert (found.rate, found.limit) == (1e-4, -1)

    def test_the_last_of_several_wins(self) -> None:
        assert parse("--where", "a", "--where", "b").where == "b"

    @pytest.mark.parametrize(
        ("words", "complaint"),
        [
            (["--how_many", "four"], "--how_many is 'four', expected INTEGER"),
            (["--how_many", "4.5"], "--how_many is '4.5', expected INTEGER"),
            (["--how_many", "none"], "--how_many is 'none', expected INTEGER"),
            (["--how_many", ""], "--how_many is '', expected INTEGER"),
            (["--how_many", "0"], "--how_many must be at least 1, got 0"),
            (["--rate", "fast"], "--rate is 'fast', expected NUMBER"),
            (["--fast", "perhaps"], "--fast is 'perhaps', expected true or false"),
            (["--limit", "x"], "--limit is 'x', expected INTEGER"),
            (["--colour", "blue"], "--colour is 'blue', choose one of red, 32"),
            (["--how_man", "4"], "--how_man is no flag of prog; did you mean --how_many?"),
            (["stray"], "unrecognized arguments: stray"),
            (["--how_many"], "argument --how_many: expected one argument"),
        ],
    )
    def test_what_does_not_fit_is_named(self, words: list[str], complaint: str) -> None:
        with pytest.raises(InputError) as caught:
            parse("--where", "here", *words)
        assert str(caught.value).startswith(complaint)
        assert "\n" not in str(caught.value)

    def test_what_is_missing_is_named_with_its_meaning(self) -> None:
        with pytest.raises(InputError, match="--where is missing: a place"):
            parse("--fast")


class TestYaml:
    def test_the_command_line_wins_over_the_file_and_the_file_over_the_default(self, config_file: Path) -> None:
        config_file.write_text("where: file\nhow_many: 5\nrate: 2\n")
        found = parse("--config", str(config_file), "--how_many", "6")
        assert found == Settings(where="file", how_many=6, rate=2.0)

    def test_keys_may_have_hyphens(self, config_file: Path) -> None:
        config_file.write_text("where: here\nhow-many: 5\n")
        assert parse("--config", str(config_file)).how_many == 5

    def test_yamls_own_types_are_taken_and_its_mistakes_understood(self, config_file: Path) -> None:
        """YAML 1.1 reads 1e-4 as text, and a name or a choice made of digits as a number."""
        config_file.write_text("where: 2024\nrate: 1e-4\nfast: yes\nlimit: null\ncolour: 32\n")
        assert parse("--config", str(config_file)) == Settings(
            where="2024", rate=1e-4, fast=True, limit=None, colour="32"
        )

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            ("how_many: four", "how_many in {file} is 'four', expected INTEGER"),
            ("how_many: 4.5", "how_many in {file} is '4.5', expected INTEGER"),
            ("how_many: [4]", "how_many in {file} is ['4'], expected INTEGER"),
            ("how_many: true", "how_many in {file} is 'true', expected INTEGER"),
            ("how_many: .inf", "how_many in {file} is '.inf', expected INTEGER"),
            ("how_many: 2024-01-31", "how_many in {file} is '2024-01-31', expected INTEGER"),
            ("how_many:", "how_many in {file} is None, expected INTEGER"),
            ("where: {a: 1}", "where in {file} is {'a': '1'}, expected TEXT"),
            ("fast: 2", "fast in {file} is '2', expected true or false"),
            ("colour: blue", "colour in {file} is 'blue', choose one of red, 32"),
            ("tags: [[1], b]", "tags in {file} is [['1'], 'b'], expected words"),
            ("tags: {a: {b: c}}", "tags in {file}, a, is {'b': 'c'}, expected words"),
            ("sea: 3", "sea in {file} is '3', expected settings such as depth"),
            ("sea: {where: here}", "--config {file} has unknown settings: sea.where"),
            ("sea: {depth: deep}", "depth in {file} is 'deep', expected INTEGER"),
            ("depth: 3\nsea: {depth: 3}", "--config {file} has depth twice, under sea and outside of it; keep one"),
            ("speed: 3\n4: 5", "--config {file} has unknown settings: speed, 4"),
            ("- where", "--config {file} holds no settings, expected lines such as batch_size: 16"),
            ("", "--config {file} holds no settings, expected lines such as batch_size: 16"),
            ("where: [", "--config {file} is not valid YAML: "),
            ("[" * 5_000, "--config {file} is not valid YAML: its lists or tables are nested too deep"),
            (
                "how_many: 4\nhow_many: 5",
                "--config {file} is not valid YAML: line 2: how_many stands in line 1 too",
            ),
            ("how-many: 4\nhow_many: 5", "--config {file} has how_many twice; keep one"),
            ("sea: {depth: 3, depth: 4}", "--config {file} is not valid YAML: line 1: depth stands in line 1 too"),
            ("how_many: 12:30", "how_many in {file} is '12:30', expected INTEGER"),
            ("how_many: 0x10", "how_many in {file} is '0x10', expected INTEGER"),
            ("how_many: 1e400", "how_many in {file} is '1e400', expected INTEGER"),
            ("where: ~", "where in {file} is None, expected TEXT"),
            ("[where]: here", "--config {file} is not valid YAML: line 1: a key is a list or a table"),
            ("where:\n\there", "--config {file} is not valid YAML: "),
            ("where: a\n---\nwhere: b", "--config {file} is not valid YAML: expected a single document"),
            ("where: &a [*a]", "--config {file} is not valid YAML: line 1: the value holds itself"),
            ("where: !!binary aGk=", "--config {file} is not valid YAML: line 1: the tag tag:yaml.org,2002:binary has"),
            ("<<: 3", "--config {file} is not valid YAML: line 1: << stands before what is no table"),
            (
                "\n".join(["a: &a0 [x, x]", *(f"b{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 30))]),
                "--config {file} is not valid YAML: line 16: aliases expand to more than 100,000 values",
            ),
            ("where: !!python/object/apply:os.getcwd []", "--config {file} is not valid YAML: "),
        ],
    )
    def test_what_does_not_fit_is_named_with_its_file(self, config_file: Path, content: str, complaint: str) -> None:
        config_file.write_text(content)
        with pytest.raises(InputError) as caught:
            parse("--where", "here", "--config", str(config_file))
        assert str(caught.value).startswith(complaint.replace("{file}", str(config_file)))
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ("0123", "0123"), ("1e3", "1e3"), ("yes", "yes"), ("2001-99-99", "2001-99-99"), ("1_000", "1_000"),
            ("12:30", "12:30"), ("0x10", "0x10"), (".inf", ".inf"), ("'null'", None), ("null", None), ("~", None),
            ("", None), ("=", "="), ("<<", "<<"), ("!!int 07", "07"),
        ],
    )  # fmt: skip
    def test_a_text_is_what_is_written(self, config_file: Path, written: str, expected: str | None) -> None:
        config_file.write_text(f"where: here\nname: {written}\n")
        assert parse("--config", str(config_file)).name == expected

    @pytest.mark.parametrize(("written", "expected"), [("0123", 123), ("1_000", 1000), ("16.0", 16), ("1e3", 1000)])
    def test_whole_numbers(self, config_file: Path, written: str, expected: int) -> None:
        config_file.write_text(f"where: here\nhow_many: {written}\n")
        assert parse("--config", str(config_file)).how_many == expected

    @pytest.mark.parametrize(
        "content",
        [
            b"\xef\xbb\xbfwhere: here\nhow_many: 5\n",
            b"where: here\r\nhow_many: 5\r\n",
            b'{"where": "here", "how_many": 5}',
            b"where: &place here\nhow_many: 5\nname: *place",
            b"---\nwhere: here\n<<: {how_many: 5, where: there}\n...\n",
            b"<<: [{how_many: 5}, {how_many: 6}]\nwhere: here",
        ],
    )
    def test_other_ways_to_write_it(self, config_file: Path, content: bytes) -> None:
        config_file.write_bytes(content)
        found = parse("--config", str(config_file))
        assert (found.where, found.how_many) == ("here", 5)

    def test_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"--config .*none\.yaml cannot be read: No such file"):
            parse("--config", str(tmp_path / "none.yaml"))

    def test_bytes_that_are_no_text(self, config_file: Path) -> None:
        config_file.write_bytes("where: here".encode("utf-16"))
        with pytest.raises(InputError, match="is not valid YAML: it is not UTF-8 text; save it as UTF-8"):
            parse("--config", str(config_file))

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ("tags: [a, b c]", ("a", "b c")),
            ("tags: a", ("a",)),
            ("tags: []", ()),
            ("tags: null", ()),
            ("tags: {a: [b, c], d: e}", ("a=b", "a=c", "d=e")),
        ],
    )
    def test_words_are_a_list_or_one_or_a_mapping(
        self, config_file: Path, content: str, expected: tuple[str, ...]
    ) -> None:
        config_file.write_text(f"where: here\n{content}\n")
        assert parse("--config", str(config_file)).tags == expected

    @pytest.mark.parametrize(
        "content", ["sea: {depth: 3, fish: [eel]}", "depth: 3\nfish: eel", "depth: 3\nsea: {fish: eel}"]
    )
    def test_what_belongs_to_a_section_may_stand_there_or_outside(self, config_file: Path, content: str) -> None:
        config_file.write_text(f"where: here\n{content}\n")
        found = parse("--config", str(config_file))
        assert (found.depth, found.fish) == (3, ("eel",))

    def test_the_command_line_wins_over_a_section(self, config_file: Path) -> None:
        config_file.write_text("where: here\nsea: {depth: 3}\n")
        assert parse("--config", str(config_file), "--depth", "4").depth == 4

    def test_settings_are_printed_under_their_sections(self) -> None:
        printed = yaml.safe_load(to_yaml(Settings, {"where": "here", "depth": 3, "fish": ["eel"], "rate": 0.5}))
        assert printed == {"where": "here", "sea": {"depth": 3, "fish": ["eel"]}, "rate": 0.5}

    def test_what_is_printed_is_read_back(self, config_file: Path) -> None:
        original = TrainConfig(
            data_dir="Daten/Müller: 1", run_name="none-such", max_sequence_length=None, val_check_interval=1.0,
            detector="original", on_collapse=("orange=lower_beta", "command:notify.sh --run 'p 12'"),
        )  # fmt: skip
        config_file.write_text(to_yaml(TrainConfig, original.to_dict()), encoding="utf-8")
        parser = build_parser(TrainConfig, prog="prog", description="")
        assert parse_config(TrainConfig, parser, ["--config", str(config_file)]) == (original, False)

    def test_the_file_is_in_the_order_of_the_flags(self) -> None:
        assert list(yaml.safe_load(to_yaml(TrainConfig, TrainConfig(data_dir="x").to_dict())))[:2] == [
            "data_dir",
            "params_map_path",
        ]


class TestInheriting:
    def test_what_is_inherited_stands_in_for_defaults_only(self, config_file: Path) -> None:
        config_file.write_text("rate: 0.5\n")
        found = parse(
            "--config", str(config_file), "--how_many", "9",
            inherit=lambda _: {"where": "there", "rate": 0.7, "how_many": 8, "limit": None},
        )  # fmt: skip
        assert found == Settings(where="there", rate=0.5, how_many=9, limit=None)

    def test_it_gets_what_was_given(self) -> None:
        seen: dict[str, Any] = {}

        def inherit(given: Mapping[str, Any]) -> Mapping[str, Any]:
            seen.update(given)
            return {}

        parse("--where", "here", "--limit", "none", inherit=inherit)
        assert seen == {"where": "here", "limit": None}


def test_help_names_every_flag_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse("--help")
    assert caught.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for expected in (
        "--how_many INTEGER a number; 50 % of them (4)",
        "--fast [true|false] hurry (false)",
        "--limit INTEGER|none an end (10)",
        "--colour {red,32}",
        "--tags [WORD ...] words (new)",
        "--where TEXT a place (required)",
    ):
        assert expected in shown
