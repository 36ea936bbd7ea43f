"""Reading files of settings, thresholds or names: YAML, of which JSON is a part."""

from __future__ import annotations

from pathlib import Path

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.small_file import LARGEST_SETTINGS, read_small_file


class InvalidYamlError(InputError):
    """A file is no YAML; the message is the reason, without the file."""


def read_settings(path: Path) -> object:
    """What a YAML or JSON file holds.

    Raises:
        InvalidYamlError: it is neither.
        InputError: it is no regular file, or longer than any file of settings.
        OSError: it cannot be read.
    """
    import yaml  # few give such a file, and all would wait for it to load

    content = read_small_file(path, LARGEST_SETTINGS)
    try:
        return yaml.safe_load(content.decode())
    except RecursionError:
        raise InvalidYamlError(Message("its lists or tables are nested too deep")) from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: not UTF-8, or a date that there is not
        raise InvalidYamlError(" ".join(str(error).split())) from error
