"""Whether our colours can be read: the contrast that WCAG 2 defines, computed for every text of the app."""

from collections.abc import Iterator

import pytest
from textual.color import Color
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import Widget

from tests.tui.conftest import ScriptedEngine, say, settle
from tui.app import CounselApp
from tui.settings import Settings
from tui.themes import THEMES

ROLES = ("foreground", "text-muted", "foreground-muted", "accent", "primary", "secondary")
WARNINGS = ("error", "warning", "success", "text-error", "text-warning", "text-success", "text-accent")
GROUNDS = ("background", "surface")


def ratio(text: Color, ground: Color) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""

    def luminance(colour: Color) -> float:
        channels = (value / 255 for value in colour.rgb)
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(text), luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_ratio_is_that_of_the_definition() -> None:
    assert ratio(Color.parse("#ffffff"), Color.parse("#000000")) == pytest.approx(21)
    assert ratio(Color.parse("#777777"), Color.parse("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_role_can_be_read(theme: Theme) -> None:
    least = 7.0 if theme.name == "counsel-contrast" else 4.5
    colours = {
        name: Color.parse(value)
        for name, value in theme.to_color_system().generate().items()
        if name in {*ROLES, *WARNINGS, *GROUNDS}
    }
    for role in (*ROLES, *WARNINGS):
        for ground in GROUNDS:
            assert ratio(colours[role], colours[ground]) >= least, (role, ground)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
async def test_every_cell_of_the_screen_can_be_read(theme: Theme) -> None:
    """As it is drawn, whatever style sheets, opacity and blending made of the roles."""
    least = 7.0 if theme.name == "counsel-contrast" else 4.5
    app = CounselApp(ScriptedEngine, chosen=Settings(theme=theme.name))  # type: ignore[arg-type]
    async with app.run_test(size=(140, 40)) as pilot:
        await say(pilot, "헤어졌는데 너무 힘들어")
        await settle(pilot)
        for keys in (["f2", "f3"], ["f4"], ["escape", "f1"], ["escape", "ctrl+p"]):
            await pilot.press(*keys)
            await pilot.pause()
            read = list(texts(app.screen))
            assert read
            for widget, words, text, ground in read:
                assert ratio(text, ground) >= least, (widget, words, text.hex, ground.hex)


def texts(screen: Screen[object]) -> Iterator[tuple[Widget, str, Color, Color]]:
    """Yield every piece of text that a screen draws, with its colour and the one behind it."""
    for widget in screen.walk_children(Widget):
        for strip in widget.render_lines(widget.outer_size.region) if widget.region else ():
            for words, style, _ in strip:
                if any(letter.isalnum() for letter in words) and style and style.color and style.bgcolor:
                    assert not style.dim, words  # which fades it, and each terminal as it likes
                    colours = map(Color.from_rich_color, (style.color, style.bgcolor))
                    yield widget, words, next(colours), next(colours)
