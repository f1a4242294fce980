"""Draw the README's pictures with the shipped model, `docs/*.svg`: python -m docs.picture."""

import asyncio
import html
import re
from pathlib import Path

from rich.cells import cell_len
from textual.pilot import Pilot

from engine import Engine
from tui.app import CounselApp
from tui.settings import Settings

# What is said, the keys that are pressed then, and the size of the screen.
PICTURES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[int, int]]] = {
    "counsel-tui": (("헤어졌는데 너무 힘들어", "어떻게 하지"), ("f2", "f3"), (132, 34)),
    "inspect": (("요즘 잠을 못 자요",), ("f6",), (104, 30)),
    "compare": (("요즘 잠을 못 자요",), ("f7",), (120, 30)),
    "crisis": (("이제 그만 살고 싶어",), (), (88, 26)),
}
TEXT = re.compile(r'textLength="([0-9.]+)"([^>]*)>([^<]*)</text>')


def _with_cell_widths(match: re.Match[str]) -> str:
    """Give a text the width of its cells; Textual's export counts its characters, and squeezes Korean."""
    length, attributes, escaped = match.groups()
    content = html.unescape(escaped)
    width = float(length) / len(content) * cell_len(content)
    return f'textLength="{width:.1f}"{attributes}>{escaped}</text>'


async def _settle(pilot: Pilot[None], app: CounselApp) -> None:
    await pilot.pause(0.2)
    while app.is_working:
        await pilot.pause(0.05)
    await pilot.pause(0.2)


async def draw(path: Path, said: tuple[str, ...], keys: tuple[str, ...], size: tuple[int, int]) -> None:
    """Hold a conversation and save the screen."""
    app = CounselApp(Engine.load, {"seed": 5}, chosen=Settings(pace=0.0))
    async with app.run_test(size=size) as pilot:
        for sentence in said:
            app.prompt.insert(sentence)
            await pilot.press("enter")
            await _settle(pilot, app)
        app.remember = lambda **_: None  # type: ignore[method-assign]  # a picture changes nobody's settings
        for key in keys:
            await pilot.press(key)
            await _settle(pilot, app)
        picture = app.export_screenshot(title="counsel-tui")
    picture = TEXT.sub(_with_cell_widths, picture)
    # The picture names no font server: whoever looks at it asks nobody for anything.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    path.write_text(
        picture.replace("Fira Code", "NanumGothicCoding, D2Coding, Noto Sans Mono CJK KR"), "utf-8"
    )


if __name__ == "__main__":
    for name, (said, keys, size) in PICTURES.items():
        asyncio.run(draw(Path(__file__).parent / f"{name}.svg", said, keys, size))
