from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.data.prepare.code_folding import CodeCounts, CodeRule, fold_codes


def rules(
    valued: dict[str, int] | None = None, bare: dict[str, int] | None = None, *, min_count: int = 10
) -> dict[str, CodeRule]:
    return dict(fold_codes(CodeCounts(valued=Counter(valued), bare=Counter(bare)), min_count).rules)


class TestFrequentCodes:
    def test_one_with_values_keeps_them(self) -> None:
        assert rules({"HR": 10})["HR"].valued

    def test_one_without_values_is_presence_of_itself(self) -> None:
        assert rules(bare={"ADMISSION": 10}) == {"ADMISSION": CodeRule(valued=False, presence="ADMISSION")}

    def test_one_with_and_without_is_two_variables(self) -> None:
        """A presence of 1 among heart rates would be a heart rate of 1."""
        assert rules({"HR": 10}, {"HR": 12}) == {"HR": CodeRule(valued=True, presence="HR//NO_VALUE")}

    def test_one_whose_values_are_too_few_is_presence_of_itself(self) -> None:
        assert rules({"LAB": 3}, {"LAB": 8}) == {"LAB": CodeRule(valued=False, presence="LAB")}


class TestRareCodes:
    def test_they_are_folded_into_the_longest_beginning_that_is_frequent(self) -> None:
        found = rules(bare={"DX//A//1": 6, "DX//A//2": 6, "DX//B//1": 4, "DX//C//1": 7})
        assert found["DX//A//1"].presence == found["DX//A//2"].presence == "DX//A//OTHER"
        assert found["DX//B//1"].presence == found["DX//C//1"].presence == "DX//OTHER"

    def test_what_a_longer_beginning_took_does_not_count_for_a_shorter(self) -> None:
        found = rules(bare={"DX//A//1": 6, "DX//A//2": 6, "DX//B//1": 4})
        assert found["DX//B//1"].presence == "OTHER"

    def test_those_without_a_common_beginning_are_other(self) -> None:
        assert rules(bare={"A": 1, "B//C": 1})["B//C"] == CodeRule(valued=False, presence="OTHER")

    def test_the_few_bare_events_of_a_code_with_values_are_folded(self) -> None:
        assert rules({"LAB//K": 50}, {"LAB//K": 4, "LAB//NA": 7}) == {
            "LAB//K": CodeRule(valued=True, presence="LAB//OTHER"),
            "LAB//NA": CodeRule(valued=False, presence="LAB//OTHER"),
        }

    def test_one_that_was_never_counted_is_rare(self) -> None:
        vocabulary = fold_codes(CodeCounts(bare=Counter({"DX//A": 6, "DX//B": 6})), 10)
        assert vocabulary.rule("DX//NEW").presence == "DX//OTHER"
        assert vocabulary.rule("NEW").presence == "OTHER"


codes = st.lists(st.sampled_from("ABC"), min_size=1, max_size=4).map("//".join)


@given(st.dictionaries(codes, st.integers(1, 30)), st.dictionaries(codes, st.integers(1, 30)), st.integers(1, 40))
def test_every_variable_but_other_has_the_least_count(
    valued: dict[str, int], bare: dict[str, int], min_count: int
) -> None:
    events: Counter[str] = Counter()
    for code, rule in rules(valued, bare, min_count=min_count).items():
        events[code if rule.valued else rule.presence] += valued.get(code, 0)
        events[rule.presence] += bare.get(code, 0)
    assert sum(events.values()) == sum(valued.values()) + sum(bare.values())
    assert [name for name, count in events.items() if 0 < count < min_count and name != "OTHER"] == []
