"""From codes to variables: which codes keep their values, which become presence events, and which are too rare.

A code that has values often enough is a variable of its own. Events without a value are *presence* events: value 1 of
the code, or of `CODE//NO_VALUE` where the code has values as well. Codes are hierarchical, with parts divided by
`//`. Codes rarer than the least count are folded, as presence, into the longest beginning that is frequent enough when
its rare codes are added up, as `BEGINNING//OTHER`; the rest is `OTHER`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

SEPARATOR = "//"
NO_VALUE = "NO_VALUE"
OTHER = "OTHER"


@dataclass(slots=True)
class CodeCounts:
    """How often each code comes with a value, and without."""

    valued: Counter[str] = field(default_factory=Counter)
    bare: Counter[str] = field(default_factory=Counter)

    def add(self, other: "CodeCounts") -> None:
        """Add what was counted elsewhere."""
        self.valued.update(other.valued)
        self.bare.update(other.bare)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRule:
    """How a code's events are converted: `valued` ones keep their value, all others are presence of `presence`."""

    valued: bool
    presence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The rule of every code; one that was not counted is rare.

    Attributes:
        rules: By code.
        folds: The beginnings that rare codes are folded into.
    """

    rules: Mapping[str, CodeRule]
    folds: frozenset[str]

    def rule(self, code: str) -> CodeRule:
        """Return what becomes of a code's events."""
        known = self.rules.get(code)
        return known if known is not None else CodeRule(valued=False, presence=_folded(code, self.folds))


def fold_codes(counts: CodeCounts, min_count: int) -> Vocabulary:
    """Decide what becomes of every code that was counted; a variable takes at least `min_count` events."""
    rules: dict[str, CodeRule] = {}
    rare: Counter[str] = Counter()
    pending: dict[str, bool] = {}
    for code in sorted(counts.valued.keys() | counts.bare.keys()):
        valued, bare = counts.valued[code], counts.bare[code]
        if valued >= min_count:
            if bare >= min_count or not bare:
                rules[code] = CodeRule(valued=True, presence=f"{code}{SEPARATOR}{NO_VALUE}")
            else:
                pending[code] = True
                rare[code] += bare
        elif valued + bare >= min_count:
            rules[code] = CodeRule(valued=False, presence=code)
        else:
            pending[code] = False
            rare[code] += valued + bare
    folds = _frequent_beginnings(rare, min_count)
    for code, keeps_values in pending.items():
        rules[code] = CodeRule(valued=keeps_values, presence=_folded(code, folds))
    return Vocabulary(rules=rules, folds=folds)


def _frequent_beginnings(rare: Mapping[str, int], min_count: int) -> frozenset[str]:
    """Return the beginnings under which rare codes add up to enough, longest first; a code counts for one of them."""
    folds: set[str] = set()
    left = {tuple(code.split(SEPARATOR)): count for code, count in rare.items()}
    for length in range(max(map(len, left), default=1) - 1, 0, -1):
        sums: Counter[tuple[str, ...]] = Counter()
        for parts, count in left.items():
            if len(parts) > length:
                sums[parts[:length]] += count
        enough = {beginning for beginning, count in sums.items() if count >= min_count}
        folds |= {SEPARATOR.join(beginning) for beginning in enough}
        left = {parts: count for parts, count in left.items() if len(parts) <= length or parts[:length] not in enough}
    return frozenset(folds)


def _folded(code: str, folds: frozenset[str]) -> str:
    parts = code.split(SEPARATOR)
    for length in range(len(parts) - 1, 0, -1):
        beginning = SEPARATOR.join(parts[:length])
        if beginning in folds:
            return f"{beginning}{SEPARATOR}{OTHER}"
    return OTHER
