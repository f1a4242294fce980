"""Draw the README's pictures with the shipped model, `docs/*.svg`: python -m docs.picture."""

import asyncio
from pathlib import Path

from textual.pilot import Pilot

from engine import Engine
from tui.app import CounselApp
from tui.picture import mend
from tui.settings import Settings

# What is said, the keys that are pressed then, and the size of the screen.
PICTURES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[int, int]]] = {
    "counsel-tui": (("헤어졌는데 너무 힘들어", "어떻게 하지"), ("f2", "f3"), (132, 34)),
    "inspect": (("요즘 잠을 못 자요",), ("f6",), (104, 30)),
    "compare": (("요즘 잠을 못 자요",), ("f7",), (120, 30)),
    "crisis": (("이제 그만 살고 싶어",), (), (88, 26)),
}


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
    path.write_text(mend(picture), "utf-8")


if __name__ == "__main__":
    for name, (said, keys, size) in PICTURES.items():
        asyncio.run(draw(Path(__file__).parent / f"{name}.svg", said, keys, size))
