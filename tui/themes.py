"""The app's own colours: a warm dark theme, a light one, and one of high contrast."""

from textual.theme import Theme

from engine.language import text


def _theme(name: str, *, muted: str, border: str, dark: bool = True, **colours: str) -> Theme:
    """Return a theme whose quiet texts and borders are colours of their own: Textual would only fade others."""
    quiet = {
        "text-muted": muted,
        "text-disabled": muted,
        "foreground-muted": muted,
        "foreground-disabled": muted,
    }
    cursor = {
        "block-cursor-background": colours["accent"],
        "block-cursor-foreground": colours["background"],
        "block-cursor-blurred-background": colours["panel"],
    }
    frames = {"border": colours["accent"], "border-blurred": border}
    scrollbar = {"scrollbar": border, "scrollbar-hover": muted, "scrollbar-active": muted}
    scrollbar |= {
        f"scrollbar-{part}": colours["background"]
        for part in ("background", "background-hover", "background-active", "corner-color")
    }
    keys = {"footer-background": colours["background"], "footer-key-foreground": colours["accent"]}
    return Theme(name, dark=dark, variables=quiet | cursor | frames | scrollbar | keys, **colours)  # type: ignore[arg-type]


THEMES = (
    _theme(
        "counsel-dark",
        background="#1f1b18",
        surface="#2a2521",
        panel="#352e29",
        foreground="#ece1d3",
        muted="#a89a8a",
        border="#54493f",
        primary="#8fb0a1",
        secondary="#b79f88",
        accent="#e6b66e",
        warning="#e39f63",
        error="#ec8f80",
        success="#aabd7c",
    ),
    _theme(
        "counsel-light",
        dark=False,
        background="#faf6f0",
        surface="#f1eae0",
        panel="#e6dccd",
        foreground="#362e27",
        muted="#6b5f52",
        border="#cbbca9",
        primary="#3f6657",
        secondary="#7a604a",
        accent="#8a4f08",
        warning="#8a5210",
        error="#a33327",
        success="#4c6518",
    ),
    _theme(
        "counsel-contrast",
        background="#000000",
        surface="#000000",
        panel="#262626",
        foreground="#ffffff",
        muted="#d6d6d6",
        border="#b0b0b0",
        primary="#9fe0ff",
        secondary="#e6d3ff",
        accent="#ffdf5d",
        warning="#ffc27a",
        error="#ffb4ab",
        success="#b9f29a",
    ),
)


def title_of(name: str) -> str:
    """Return what a theme is called in the palette; Textual's have names only."""
    titles = {
        "counsel-dark": text("따뜻하고 어둡게", "warm and dark"),
        "counsel-light": text("밝게", "light"),
        "counsel-contrast": text("또렷하게", "high contrast"),
    }
    return titles.get(name, name)
