"""Colours that stay apart: on few-colour terminals, and for the colour-blind."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from rich.color import Color, ColorSystem
from textual.theme import Theme

from tui.panes.palette import SELECTED, palette
from tui.terminal.theme import ALL, DARK, DARK_16, LIGHT, LIGHT_16, theme_name

Vector = npt.NDArray[np.float64]

LEVELS = ("level-green", "level-yellow", "level-orange", "level-red")
EVERY = pytest.mark.parametrize("theme", ALL, ids=lambda theme: theme.name)

VISIONS = {
    "usual": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
"""What an eye makes of linear RGB: Machado, Oliveira and Fernandes 2009, at full severity."""

_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour: str) -> Vector:
    share = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(rgb: Vector) -> Vector:
    xyz = _XYZ @ np.clip(rgb, 0, 1) / _WHITE
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("vision", VISIONS)
def test_the_levels_are_distinguished_by_every_eye(theme: Theme, vision: str) -> None:
    seen = [lab(VISIONS[vision] @ linear(theme.variables[level])) for level in LEVELS]
    assert min(float(np.linalg.norm(one - other)) for one, other in combinations(seen, 2)) > 15  # 2.3 is just noticed


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_the_levels_can_be_read_on_their_ground(theme: Theme) -> None:
    assert theme.background is not None
    for level in LEVELS:
        assert contrast(theme.variables[level], theme.background) > 3
        assert contrast(theme.variables[level], theme.variables["level-text"]) > 3


def variables(theme: Theme) -> dict[str, str]:
    return {**theme.to_color_system().generate(), **theme.variables}


@EVERY
@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT], ids=lambda system: system.name)
def test_no_ink_vanishes_on_its_ground(theme: Theme, system: ColorSystem) -> None:
    for name, style in palette(variables(theme), "background").items():
        assert style.color is not None
        assert style.bgcolor is not None
        if not (system is ColorSystem.EIGHT_BIT and name in (SELECTED + "grid", SELECTED + "envelope")):
            assert style.color.downgrade(system) != style.bgcolor.downgrade(system), name


@pytest.mark.parametrize("theme", [DARK_16, LIGHT_16], ids=lambda theme: theme.name)
def test_sixteen_colours_are_exactly_those_that_a_terminal_has(theme: Theme) -> None:
    plain = [theme.foreground, theme.background, theme.panel, theme.accent, *theme.variables.values()]
    for colour in plain:
        assert colour is not None
        exact = Color.parse(colour)
        assert exact.downgrade(ColorSystem.STANDARD).get_truecolor() is not None
        number = exact.downgrade(ColorSystem.STANDARD).number
        assert number is not None
        assert Color.from_ansi(number).get_truecolor() is not None
    for name, style in palette(variables(theme), "background").items():
        assert style.color is not None
        assert style.bgcolor is not None
        assert style.color.downgrade(ColorSystem.STANDARD) != style.bgcolor.downgrade(ColorSystem.STANDARD), name
    assert len({Color.parse(theme.variables[level]).downgrade(ColorSystem.STANDARD).number for level in LEVELS}) == 4


@EVERY
def test_the_cursors_row_is_seen(theme: Theme) -> None:
    assert theme.background is not None
    for system in (ColorSystem.EIGHT_BIT, *([ColorSystem.STANDARD] if theme in (DARK_16, LIGHT_16) else [])):
        ground, row = (
            Color.parse(colour).downgrade(system) for colour in (theme.background, theme.variables["selection"])
        )
        assert ground != row


def test_every_theme_has_the_same_variables() -> None:
    assert len({frozenset(theme.variables) for theme in ALL}) == 1


def test_the_choice_wins_over_the_background_and_dark_is_the_default() -> None:
    assert theme_name("auto") == DARK.name
    assert theme_name("auto", background="light") == LIGHT.name
    assert theme_name("dark", background="light") == DARK.name
    assert theme_name("light", sixteen=True) == LIGHT_16.name
    assert theme_name("auto", sixteen=True, background="dark") == DARK_16.name
