"""Reading files of settings, thresholds or names: YAML, of which JSON is a part."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.small_file import LARGEST_SETTINGS, read_small_file

if TYPE_CHECKING:
    import yaml

#: Tags of what stays text, and of what does not.
_TEXT, _NULL, _MERGE = frozenset({"str", "int", "float", "bool", "timestamp"}), "null", "merge"
_TAGS = "tag:yaml.org,2002:"
#: Values that the aliases of a file may expand to. Settings are some dozens; a few lines can expand to billions.
_MOST_VALUES = 100_000


class InvalidYamlError(InputError):
    """A file is no YAML; the message is the reason, without the file."""


def read_settings(path: Path) -> object:
    """What a YAML or JSON file holds: tables and lists of texts, as they are written, and None for null.

    What a text means is for the setting to say. YAML's own guesses make 83 of `run_name: 0123`, 750 of `12:30`, and
    dates of dates.

    Raises:
        InvalidYamlError: it is neither, or has a key twice.
        InputError: it is no regular file, or longer than any file of settings.
        OSError: it cannot be read.
    """
    import yaml  # few give such a file, and all would wait for it to load

    content = read_small_file(path, LARGEST_SETTINGS)
    try:
        loader = yaml.SafeLoader(content.decode("utf-8-sig"))
        loader.yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in resolvers if tag in (_TAGS + _NULL, _TAGS + _MERGE)]
            for first, resolvers in loader.yaml_implicit_resolvers.items()
        }
        node = loader.get_single_node()
        return None if node is None else _Document().value(node)
    except UnicodeDecodeError:
        raise InvalidYamlError(Message("it is not UTF-8 text; save it as UTF-8")) from None
    except RecursionError:
        raise InvalidYamlError(Message("its lists or tables are nested too deep")) from None
    except yaml.YAMLError as error:
        raise InvalidYamlError(" ".join(str(error).split())) from error


class _Document:
    """What the nodes of one file hold; where an alias stands for a node once more, its values count once more."""

    def __init__(self) -> None:
        self._held: dict[yaml.Node, object] = {}
        self._counts: dict[yaml.Node, int] = {}
        self._open: list[yaml.Node] = []

    def value(self, node: yaml.Node) -> object:
        """Return what a node holds.

        Raises:
            InvalidYamlError: it holds itself or too much, has a key twice, or a tag that is not known here.
        """
        if node in self._open:
            raise _wrong(node, Message("the value holds itself"))
        if node not in self._held:
            self._open.append(node)
            self._counts[node] = 1
            self._held[node] = self._read(node)
            self._open.pop()
        if self._open:
            self._counts[self._open[-1]] += self._counts[node]
        if self._counts[node] > _MOST_VALUES:
            raise _wrong(node, Message("aliases expand to more than {count:,} values", count=_MOST_VALUES))
        return self._held[node]

    def _read(self, node: yaml.Node) -> object:
        import yaml  # as above

        kind = node.tag.removeprefix(_TAGS)
        if isinstance(node.value, str) and kind in _TEXT | {_NULL, _MERGE}:
            return None if kind == _NULL else node.value
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            return [self.value(child) for child in node.value]
        if isinstance(node, yaml.MappingNode) and kind == "map":
            return self._table(node)
        raise _wrong(node, Message("the tag {tag} has no meaning here", tag=node.tag))

    def _table(self, node: yaml.Node) -> dict[object, object]:
        own: dict[object, object] = {}
        merged: dict[object, object] = {}
        lines: dict[object, int] = {}
        for key_node, value_node in node.value:
            key, value = self.value(key_node), self.value(value_node)
            if key_node.tag == _TAGS + _MERGE:
                for table in reversed(value if isinstance(value, list) else [value]):
                    if not isinstance(table, dict):
                        raise _wrong(value_node, Message("<< stands before what is no table"))
                    merged = {**merged, **table}
                continue
            if isinstance(key, list | dict):
                raise _wrong(key_node, Message("a key is a list or a table, expected a name"))
            if key in own:
                raise _wrong(key_node, Message("{key} stands in line {line} too; keep one", key=key, line=lines[key]))
            own[key], lines[key] = value, key_node.start_mark.line + 1
        return {**merged, **own}


def _wrong(node: yaml.Node, reason: Message) -> InvalidYamlError:
    return InvalidYamlError(Message("line {line}: {reason}", line=node.start_mark.line + 1, reason=reason))
