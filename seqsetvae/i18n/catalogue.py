"""The texts of one language by their English, and how a finished English sentence is known again.

A template such as `{path} cannot be read ({reason}): give a YAML file` matches a sentence that begins, goes on and ends
with its literal parts, in time linear in the sentence: what stands in a log may be hostile. Placeholders that begin
with `said` hold a sentence, or a name, that is translated in turn; a template with one of them matches only where what
it holds is known. Those that begin with `listed` hold names with commas between them.
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

_SAID, _LISTED = "said", "listed"


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

    @property
    def holds_sentences(self) -> bool:
        """Whether a placeholder is translated in turn."""
        return any(name.startswith(_SAID) for name in self.names)

    def values_in(self, text: str, *, rightmost: bool = False) -> dict[str, str] | None:
        """What stands for the placeholders, none of which is empty; None where the text is another one.

        The parts between them are found where they first stand, or, with `rightmost`, where they last do.
        """
        first, *between, last = self.literals
        if not text.startswith(first) or not text.endswith(last) or len(text) <= len(first) + len(last):
            return None
        inner = text[len(first) : len(text) - len(last)]
        values = _split(inner, between, rightmost=rightmost)
        return dict(zip(self.names, values, strict=True)) if values is not None else None


def _split(text: str, between: list[str], *, rightmost: bool) -> list[str] | None:
    """What stands around and between parts of a text; None where they do not, or nothing stands there."""
    if rightmost:
        found = _split(text[::-1], [part[::-1] for part in reversed(between)], rightmost=False)
        return [value[::-1] for value in reversed(found)] if found is not None else None
    values: list[str] = []
    start = 0
    for part in between:
        place = text.find(part, start + 1)
        if place < 0:
            return None
        values.append(text[start:place])
        start = place + len(part)
    return [*values, text[start:]] if start < len(text) else None


def template_of(english: str, target: str) -> Template | None:
    """Take a text apart; None where it has no placeholder."""
    literals, names = [""], []
    for literal, name, _, _ in Formatter().parse(english):
        literals[-1] += literal
        if name is not None:
            names.append(name)
            literals.append("")
    return Template(literals=tuple(literals), names=tuple(names), target=unformatted(target)) if names else None


def unescaped(text: str) -> str:
    """A text without placeholders as it is shown: with single braces; another one as it is."""
    parts = list(Formatter().parse(text))
    return "".join(literal for literal, *_ in parts) if all(name is None for _, name, *_ in parts) else text


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
        marked: By their English, which has the same placeholders: what `tr` is called with.
        said: The same, and known again with the placeholders filled in.
    """

    def __init__(self, *, marked: Mapping[str, str], said: Mapping[str, str]) -> None:
        self._texts = {unescaped(english): unescaped(target) for english, target in {**said, **marked}.items()}
        found = (template_of(english, target) for english, target in said.items())
        templates = [template for template in found if template is not None]
        # Those that hold sentences match only what is known in all its parts; the others may swallow too much.
        self._templates = sorted(templates, key=lambda template: (not template.holds_sentences, -template.weight))
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
            for rightmost in (False, True) if len(template.names) > 1 else (False,):
                values = template.values_in(english, rightmost=rightmost)
                if values is not None and self._translated(values, depth - 1):
                    return template.target.format(**values)
        return None

    def _translated(self, values: dict[str, str], depth: int) -> bool:
        """Translate what holds sentences, in place; False where one of them is not known."""
        for name in values:
            if name.startswith(_LISTED):
                values[name] = "、".join(self._found(word, depth) or word for word in values[name].split(", "))
            elif name.startswith(_SAID):
                said = self._found(values[name], depth)
                if said is None:
                    return False
                values[name] = said
        return True
