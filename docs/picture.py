"""Draw `docs/counsel-tui.svg`, the README's picture, with the shipped model: python docs/picture.py."""

import asyncio
import html
import re
from pathlib import Path

from rich.cells import cell_len

from engine import Engine
from tui.app import CounselApp
from tui.prompt import Prompt

QUESTIONS = ("헤어졌는데 너무 힘들어", "어떻게 하지")
SIZE = (104, 26)

TEXT = re.compile(r'textLength="([0-9.]+)"([^>]*)>([^<]*)</text>')


def _with_cell_widths(match: re.Match[str]) -> str:
    """Give a text the width of its cells; Textual's export counts its characters, and squeezes Korean."""
    length, attributes, escaped = match.groups()
    content = html.unescape(escaped)
    width = float(length) / len(content) * cell_len(content)
    return f'textLength="{width:.1f}"{attributes}>{escaped}</text>'


async def draw(path: Path) -> None:
    """Hold a conversation and save the screen."""
    app = CounselApp(Engine.load, {"seed": 5})
    async with app.run_test(size=SIZE) as pilot:
        for question in QUESTIONS:
            app.query_one(Prompt).insert(question)
            await pilot.press("enter")
            await pilot.pause()
            while app.is_working:
                await pilot.pause(0.05)
        await pilot.pause(0.1)
        picture = app.export_screenshot(title="counsel-tui")
    picture = TEXT.sub(_with_cell_widths, picture)
    # The picture names no font server: whoever looks at it asks nobody for anything.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    path.write_text(
        picture.replace("Fira Code", "NanumGothicCoding, D2Coding, Noto Sans Mono CJK KR"), "utf-8"
    )


if __name__ == "__main__":
    asyncio.run(draw(Path(__file__).parent / "counsel-tui.svg"))
