"""The choices of `--theme`, apart from the colours so that a report needs no Textual."""

THEMES = ("auto", "dark", "light")
