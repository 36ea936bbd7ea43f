"""The texts of one language by their English, and how a finished English sentence is known again.

A template such as `{path} cannot be read ({reason}): give a YAML file` matches a sentence that begins, goes on and ends
with its literal parts, in time linear in the sentence: what stands in a log may be hostile. Placeholders that begin
with `said` hold a sentence, or a name, that is translated in turn; a template with one of them matches only where what
it holds is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter

LONGEST = 1_000
"""Characters of a sentence that is looked for; ours are shorter."""

_DEEPEST = 4
"""Sentences within sentences that are looked for."""

_REMEMBERED = 2_048
"""Sentences whose translation is kept: more than a screen shows."""

_SAID = "said"


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """An English text in parts: `literals` stand around `names`, one more of the former than of the latter."""

    literals: tuple[str, ...]
    names: tuple[str, ...]
    target: str

    @property
    def weight(self) -> int:
        """Literal characters: the more of them agree, the surer is the match."""
        return sum(map(len, self.literals))

    def values_in(self, text: str) -> dict[str, str] | None:
        """What stands for the placeholders, none of which is empty; None where the text is another one."""
        first, last = self.literals[0], self.literals[-1]
        if not text.startswith(first) or not text.endswith(last):
            return None
        values: dict[str, str] = {}
        end, start = len(text) - len(last), len(first)
        for name, literal in zip(self.names[:-1], self.literals[1:-1], strict=True):
            found = text.find(literal, start + 1, end)
            if found < 0:
                return None
            values[name] = text[start:found]
            start = found + len(literal)
        if start >= end:
            return None
        return {**values, self.names[-1]: text[start:end]}


def template_of(english: str, target: str) -> Template | None:
    """Take a text apart; None where it has no placeholder."""
    literals, names = [""], []
    for literal, name, _, _ in Formatter().parse(english):
        literals[-1] += literal
        if name is not None:
            names.append(name)
            literals.append("")
    return Template(literals=tuple(literals), names=tuple(names), target=unformatted(target)) if names else None


def unformatted(template: str) -> str:
    """A template whose placeholders take text as it is: numbers in a finished sentence are formatted already."""
    parts = []
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(literal.replace("{", "{{").replace("}", "}}"))
        if name is not None:
            parts.append(f"{{{name}}}")
    return "".join(parts)


class Catalogue:
    """The texts of one language.

    Args:
        texts: By their English. Both have the same placeholders.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        found = (template_of(english, target) for english, target in texts.items())
        templates = [template for template in found if template is not None]
        self._templates = sorted(templates, key=lambda template: -template.weight)
        self.known = lru_cache(_REMEMBERED)(self._known)

    def exact(self, english: str) -> str:
        """The text for an English one that stands in the code."""
        return self._texts.get(english, english)

    def _known(self, english: str) -> str:
        """The text for a finished English one; as it is where it is not known."""
        return self._found(english, _DEEPEST) or english

    def _found(self, english: str, depth: int) -> str | None:
        if english in self._texts:
            return self._texts[english]
        if depth == 0 or len(english) > LONGEST:
            return None
        for template in self._templates:
            values = template.values_in(english)
            if values is None:
                continue
            for name in [name for name in values if name.startswith(_SAID)]:
                said = self._found(values[name], depth - 1)
                if said is None:
                    break
                values[name] = said
            else:
                return template.target.format(**values)
        return None
