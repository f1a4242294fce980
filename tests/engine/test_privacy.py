"""Nothing that a person says leaves the process: no socket is opened, nothing is written."""

import json
import os
import subprocess
import sys
from pathlib import Path

# An audit hook cannot be taken back, so what it watches runs in a process of its own.
REFUSE = """
import os, sys
secret = "남한테 말 못 한 일이 있어"
def refuse(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"):
        raise SystemExit(f"{event}: {arguments}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        written.append(str(arguments[0]))
written = []
sys.addaudithook(refuse)
"""
ASK = (
    REFUSE
    + """
sys.argv = ["counsel", "ask", "--json", secret]
from counsel.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
)
CHAT = (
    REFUSE
    + """
import asyncio
from engine import Engine
from tui.app import CounselApp
from tui.prompt import Prompt

async def chat():
    app = CounselApp(Engine.load)
    async with app.run_test(size=(80, 24)) as pilot:
        for said in (secret, "죽고 싶어", "아니 농담이야"):
            app.query_one(Prompt).insert(said)
            await pilot.press("enter")
            await pilot.pause()
            while app.is_working:
                await app.workers.wait_for_complete()
                await pilot.pause()
        await pilot.press("f4")

asyncio.run(chat())
for path in written:
    try:
        assert secret not in open(path, encoding="utf-8", errors="ignore").read(), path
    except OSError:
        pass
print("quiet")
"""
)


def run(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "XDG_CACHE_HOME": str(folder),
            "TEXTUAL_LOG": str(folder / "log"),
            "COUNSEL_LANG": "ko",
        },
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_asking_opens_no_socket(tmp_path: Path) -> None:
    assert json.loads(run(ASK, tmp_path))["crisis"] is None


def test_chatting_opens_no_socket_and_leaves_no_trace(tmp_path: Path) -> None:
    assert run(CHAT, tmp_path).strip() == "quiet"
    assert not (tmp_path / "log").exists()
