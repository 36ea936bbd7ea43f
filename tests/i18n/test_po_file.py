"""A catalogue is read as gettext's tools write it."""

from pathlib import Path

from seqsetvae.i18n.po_file import read_po

PO = r"""# A comment
msgid ""
msgstr ""
"Language: zh_CN\n"

#. for the translator
#: tui/app.py
#, python-brace-format
msgid "{count} runs"
msgstr "{count} 次运行"

#: tui/report.py
msgid ""
"a text that is "
"long"
msgstr ""
"很长的"
"文字"

#: tui/report.py
#, fuzzy, python-brace-format
#| msgid "{path} was gone"
msgid "{path} is gone"
msgstr "？"

msgid "not translated yet"
msgstr ""

msgid "a \"word\"\\ and\n\ta line"
msgstr "“词”\\ 与\n\t一行"

#~ msgid "of another time"
#~ msgstr "旧的"
"""


def test_a_catalogue_gives_what_is_translated(tmp_path: Path) -> None:
    path = tmp_path / "zh.po"
    path.write_text(PO, encoding="utf-8")
    assert read_po(path) == {
        "{count} runs": "{count} 次运行",
        "a text that is long": "很长的文字",
        'a "word"\\ and\n\ta line': "“词”\\ 与\n\t一行",
    }
