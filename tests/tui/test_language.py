"""Every screen in either language: no Korean in English, no English sentence in Korean."""

import os
import re
import subprocess
import sys
from pathlib import Path

HANGUL = re.compile("[ㄱ-ㆎ가-힣]")
SENTENCE = re.compile(r"\b[A-Za-z']+(?: [A-Za-z']+){2,}")  # three words in a row
COMMAND = re.compile(r"counsel [a-z -]+")  # to be typed as it stands
MODEL = re.compile(
    "이별|사랑|감정/외로움/밤에 더함|증상/불면|일상|\\b이\\b|많이 힘드시겠어요.*"
)  # what the model says
# In a process of its own, since a language is chosen before the texts of the bindings are read.
WALK = """
import asyncio
from textual.widget import Widget
from tests.tui.conftest import ScriptedEngine, say, settle
from tui.app import CounselApp
from tui.frame import FramedApp
from tui.help import groups
from tui.keys import active_commands
from tui.settings import Settings

def told(app):
    for widget in app.screen.walk_children(Widget):
        if widget.region:
            yield from (strip.text for strip in widget.render_lines(widget.outer_size.region))
            yield from filter(None, (str(widget.border_title or ""), str(widget.border_subtitle or "")))

async def walk():
    ScriptedEngine.model.labels = {}
    app = CounselApp(ScriptedEngine, chosen=Settings(panels=("topics", "sampling")))
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.pause()
        print(*told(app), sep="\\n")
        await say(pilot, "abc")
        await settle(pilot)
        for entry in app.palette_entries():
            print(entry.title, entry.explanation, sep="\\n")
        for title, bindings in groups():
            print(title, *(words for _, b in bindings for words in (b.description, b.tooltip)), sep="\\n")
        for key in ("f1", "f4", "f8", "ctrl+p", "ctrl+t", "ctrl+o", "ctrl+f", "ctrl+g"):
            await pilot.press(key)
            await pilot.pause(0.2)
            print("##", key, app.screen)
            print(*told(app), sep="\\n")
            while len(app.screen_stack) > 1:
                app.pop_screen()
            await pilot.press("escape")
            await pilot.pause()

asyncio.run(walk())
"""


def walk(language: str, home: Path) -> list[str]:
    folders = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    environment = os.environ | folders | {"COUNSEL_LANG": language}
    run = subprocess.run(
        [sys.executable, "-c", WALK], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    return [line.strip() for line in run.stdout.splitlines() if not line.startswith("##")]


def test_english_has_no_korean(tmp_path: Path) -> None:
    lines = walk("en", tmp_path)
    assert "Quit" in lines
    assert not [line for line in lines if HANGUL.search(MODEL.sub("", line))]


def test_korean_has_no_english_sentence(tmp_path: Path) -> None:
    lines = walk("ko", tmp_path)
    assert "끝내기" in lines
    assert not [line for line in lines if SENTENCE.search(COMMAND.sub("", line))]
