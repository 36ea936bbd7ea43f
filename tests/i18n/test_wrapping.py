"""Lines of Chinese end between characters, and never begin with a stop."""

import pytest

from seqsetvae.i18n.wrapping import wrapped


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("后验正在变成先验", 8, ["后验正在", "变成先验"]),
        ("后验正在变成先验", 9, ["后验正在", "变成先验"]),
        ("看活跃单元，再看互信息", 10, ["看活跃单", "元，再看互", "信息"]),
        ("把 --max_beta 从 1 降到 0.3", 16, ["把 --max_beta 从", "1 降到 0.3"]),
        ("（证据不足）", 4, ["（证", "据不", "足）"]),
        ("the posterior is the prior", 13, ["the posterior", "is the prior"]),
    ],
    ids=["even", "odd width", "no stop first", "words stay whole", "brackets stay with their text", "English"],
)
def test_lines_end_where_a_reader_expects(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines
