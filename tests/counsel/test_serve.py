"""`counsel-tui --serve`: who gets in, and that the app is there for them. `bench/browser.py` shows it in Chromium."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pyte
import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, WSServerHandshakeError

from tests.counsel.test_commands import fails

QUESTION, TOPIC, ANSWER = "요즘 잠 때문에 힘들어", "증상/불면", "잠 이야기를 더 들려주세요."


class Served:
    """A server in a process of its own, and the address that it told."""

    def __init__(self, model: Path, *options: str, **environment: str) -> None:
        command = [sys.executable, "-m", "counsel", "chat", "--serve", *options]
        command += ["--model", str(model), "--temperature", "0"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )
        assert self.process.stdout
        said = (re.search(r"http://\S+", line) for line in self.process.stdout)
        self.address = next(found.group() for found in said if found)
        self.port = urlsplit(self.address).port
        self.token = self.address.partition("token=")[2]

    def at(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"


@contextmanager
def serve(model: Path, *options: str, **environment: str) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    served = Served(model, "--port", str(port), *options, **environment)
    try:
        yield served
    finally:
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(20) in (0, -signal.SIGKILL)


@pytest.fixture(scope="module")
def servers_clipboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program beside which lies what it got for the clipboard of the server's machine."""
    program = tmp_path_factory.mktemp("bin") / "wl-copy"
    program.write_text('#!/bin/sh\ncat > "$0.got"\n')
    program.chmod(0o700)
    return program


@pytest.fixture(scope="module")
def served(trained: Path, servers_clipboard: Path) -> Iterator[Served]:
    folder = servers_clipboard.parent
    settings = {"XDG_CONFIG_HOME": str(folder)}  # all tests here share the server, and no tester's choices
    with serve(
        trained, PATH=f"{folder}:{os.environ['PATH']}", WAYLAND_DISPLAY="wayland-0", **settings
    ) as server:
        yield server


@asynccontextmanager
async def browser(served: Served, host: str = "127.0.0.1") -> AsyncIterator[ClientSession]:
    """Yield a browser in which the address was opened."""
    async with ClientSession(
        cookie_jar=CookieJar(unsafe=True)
    ) as session:  # unsafe: cookies of a numeric address, too
        async with session.get(served.at(host, f"/?token={served.token}")) as page:
            assert page.status == 200
            assert "token" not in str(page.url)
        yield session


class Page:
    """What the app draws for a browser, as text."""

    def __init__(self, websocket: ClientWebSocketResponse) -> None:
        self._websocket = websocket
        self._screen = pyte.Screen(100, 30)
        self.raw = b""
        self._stream = pyte.ByteStream(self._screen)

    async def wait_for(self, words: str) -> None:
        async with asyncio.timeout(30):
            while not any(words in line for line in self._lines()):
                message = await self._websocket.receive()
                assert isinstance(message.data, bytes)
                self.raw += message.data
                self._stream.feed(message.data.replace(b"\x1b[>4;1m", b""))

    def _lines(self) -> Iterator[str]:
        for row in range(30):
            yield "".join(self._screen.buffer[row][column].data for column in range(100))


async def test_korean_typed_in_a_page_is_answered_and_copied_there(
    served: Served, servers_clipboard: Path
) -> None:
    address = served.at("127.0.0.1", "/ws?width=100&height=30")
    async with (
        browser(served) as session,
        session.ws_connect(address, origin=served.at("127.0.0.1", "")) as websocket,
    ):
        page = Page(websocket)
        await page.wait_for("109")
        await websocket.send_json(["stdin", QUESTION])
        await page.wait_for(QUESTION)
        await websocket.send_json(["stdin", "\r"])
        await page.wait_for(TOPIC)
        await page.wait_for(ANSWER)
        await page.wait_for("토큰")  # the reply has ended
        await websocket.send_json(["stdin", "\x19"])  # Ctrl+Y
        await page.wait_for("OSC 52")
        assert b"\x1b]52;c;" + b64encode(ANSWER.encode()) in page.raw
        assert not servers_clipboard.with_name("wl-copy.got").exists()
        await websocket.send_json(["stdin", "\x1b[21~"])  # F10
        async with asyncio.timeout(20):
            while not websocket.closed:
                await websocket.receive()


@pytest.mark.parametrize(
    "path", ["/", "/ws", "/static/js/textual.js", "/page/page.js", "/download/x", "/?token="]
)
async def test_without_the_token_there_is_nothing(served: Served, path: str) -> None:
    async with ClientSession(cookies={f"counsel-{served.port}": "x"}) as session:
        origin = {"Origin": served.at("127.0.0.1", "")}
        async with session.get(served.at("127.0.0.1", path), headers=origin) as answer:
            assert answer.status == 403
            assert "토큰" in await answer.text()
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/ws", "/static/js/textual.js"])
async def test_another_name_for_this_machine_is_refused_even_with_the_token(
    served: Served, path: str
) -> None:
    """A page elsewhere can have its name lead here (DNS rebinding)."""
    async with browser(served) as session:
        named = {"Host": f"evil.example:{served.port}", "Origin": f"http://evil.example:{served.port}"}
        async with session.get(served.at("127.0.0.1", path), headers=named) as answer:
            assert answer.status == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null", None])
async def test_another_page_cannot_open_the_app_even_with_the_cookie(
    served: Served, origin: str | None
) -> None:
    async with browser(served) as session:
        with pytest.raises(WSServerHandshakeError) as refused:
            await session.ws_connect(served.at("127.0.0.1", "/ws"), origin=origin)
        assert refused.value.status == 403


async def test_the_page_asks_nobody_else_for_anything(served: Served) -> None:
    async with browser(served) as session:
        async with session.get(served.at("127.0.0.1")) as answer:
            page = await answer.text()
            policy = answer.headers["Content-Security-Policy"]
        sources = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert sources
        assert all(source.startswith("/") or source == "data:," for source in sources)
        for source in sources:
            if source != "data:,":
                async with session.get(served.at("127.0.0.1", source)) as answer:
                    assert answer.status == 200
        assert re.findall(r"\w+://[^;\s]+", policy) == [f"ws://127.0.0.1:{served.port}"]


def test_it_is_not_there_under_another_address(served: Served) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", served.port or 0), 5)


def test_other_machines_need_to_be_allowed_and_a_taken_port_is_told(served: Served) -> None:
    told = fails("chat", "--serve", "--host", "0.0.0.0")
    assert "--allow-remote" in told
    assert "암호화되지 않은" in told
    assert "포트" in fails("chat", "--serve", "--port", str(served.port))


async def test_another_address_needs_the_token_and_the_server_ends_with_pages_open(
    trained: Path,
) -> None:
    with serve(trained, "--host", "0.0.0.0", "--allow-remote") as served:
        for path in ("/", "/static/js/textual.js", "/ws"):
            async with ClientSession() as session:
                origin = {"Origin": served.at("127.0.0.2", "")}
                async with session.get(served.at("127.0.0.2", path), headers=origin) as answer:
                    assert answer.status == 403
        async with browser(served, "127.0.0.2") as session:
            address = served.at("127.0.0.2", "/ws?width=100&height=30")
            page = await session.ws_connect(address, origin=served.at("127.0.0.2", ""))
            await Page(page).wait_for("109")
            apps = psutil.Process(served.process.pid).children(recursive=True)
            assert apps
            served.process.send_signal(signal.SIGTERM)
            while not page.closed:
                await page.receive()
            assert await asyncio.to_thread(served.process.wait, 20) == 0
            assert not psutil.wait_procs(apps, 20)[1]


async def test_apps_end_with_a_server_that_is_killed(trained: Path) -> None:
    with serve(trained) as served:
        async with browser(served) as session:
            address = served.at("127.0.0.1", "/ws?width=100&height=30")
            page = await session.ws_connect(address, origin=served.at("127.0.0.1", ""))
            await Page(page).wait_for("109")
            apps = psutil.Process(served.process.pid).children(recursive=True)
            assert apps
            served.process.kill()
            assert not (await asyncio.to_thread(psutil.wait_procs, apps, 20))[1]
