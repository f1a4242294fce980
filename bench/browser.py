"""`counsel-tui --serve` seen in headless Chromium, which a test cannot assume to be there.

    python3 -m venv /tmp/browser && /tmp/browser/bin/pip install playwright pyte
    apt-get install chromium
    /tmp/browser/bin/python bench/browser.py --python .venv/bin/python --out /tmp/browser

Says what was typed, what came back, whom the page asked for anything, and who was refused. Saves pictures.
"""

import argparse
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pyte
from playwright.sync_api import Page, sync_playwright

COLUMNS, ROWS = 200, 80  # at least those of the page, so that all of it is kept
SENTENCE = "헤어졌는데 너무 힘들어"


@contextmanager
def served(python: str, *options: str) -> Iterator[str]:
    """Start the server and yield the address that it tells."""
    command = [python, "-m", "counsel", "chat", "--serve", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield next(found.group() for line in process.stdout if (found := re.search(r"http://\S+", line)))
    finally:
        process.terminate()
        print("server ended with", process.wait(20))


class Seen:
    """What the app drew on a page, read from its websocket; the browser paints it on a canvas."""

    def __init__(self, page: Page) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._page = page
        page.on("websocket", lambda websocket: websocket.on("framereceived", self._take))

    def _take(self, content: str | bytes) -> None:
        if isinstance(content, bytes):
            self._stream.feed(content.replace(b"\x1b[>4;1m", b""))

    @property
    def text(self) -> str:
        """The screen's text."""
        lines = (self._screen.buffer[row] for row in range(ROWS))
        return "\n".join("".join(line[column].data for column in range(COLUMNS)).rstrip() for line in lines)

    def wait_for(self, seen: Callable[[str], bool], seconds: float = 30) -> None:
        """Wait until the text satisfies `seen`."""
        deadline = time.monotonic() + seconds
        while not seen(self.text):
            if time.monotonic() > deadline:
                raise TimeoutError(self.text)
            self._page.wait_for_timeout(50)


def talk(address: str, out: Path) -> None:
    """Load the page, type Korean as an input method commits it, and wait for the reply."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 640})
        asked: list[str] = []
        problems: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda websocket: asked.append(websocket.url))
        page.on("console", lambda message: problems.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: problems.append(str(error)))
        seen = Seen(page)
        page.goto(address)
        seen.wait_for(lambda text: "109" in text)
        print("address bar:", page.url)
        session = page.context.new_cdp_session(page)
        for composed in ("ㅎ", "헤"):  # what the input method shows before it commits
            session.send(
                "Input.imeSetComposition", {"text": composed, "selectionStart": 1, "selectionEnd": 1}
            )
        session.send("Input.insertText", {"text": "헤"})
        page.keyboard.insert_text(SENTENCE[1:])
        seen.wait_for(lambda text: SENTENCE in text)
        page.screenshot(path=str(out / "typed.png"))
        page.keyboard.press("Enter")
        seen.wait_for(lambda text: "관계/이별" in text and "초" in text)
        page.wait_for_timeout(1500)
        page.screenshot(path=str(out / "reply.png"))
        print("typed:", SENTENCE)
        print("seen:", *(line for line in seen.text.split("\n") if "│" in line), sep="\n  ")
        page.keyboard.press("F10")
        page.wait_for_selector(".ended", state="visible")
        page.screenshot(path=str(out / "ended.png"))
        print(
            "asked for:",
            sorted({urlsplit(url).netloc for url in asked}),
            [urlsplit(url).path for url in asked],
        )
        print("the browser's complaints:", problems)
        browser.close()


def status(address: str) -> str:
    """Return what a request for an address gets."""
    try:
        with urlopen(address, timeout=5) as response:  # noqa: S310  # our own server
            return str(response.status)
    except HTTPError as error:
        return str(error.code)
    except URLError as error:
        return str(error.reason)


def own_address() -> str:
    """Return the machine's address on its network; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address for documents
        return str(probe.getsockname()[0])


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", default=".venv/bin/python")
    parser.add_argument("--out", type=Path, default=Path("/tmp"))  # noqa: S108
    parser.add_argument("--port", type=int, default=8137)
    given = parser.parse_args()
    port = str(given.port)
    other = own_address()
    with served(given.python, "--port", port) as address:
        talk(address, given.out)
        query = urlsplit(address).query
        for host in ("127.0.0.2", other):
            print(f"only here, by {host} with the token:", status(f"http://{host}:{port}/?{query}"))
        print("only here, without the token:", status(f"http://127.0.0.1:{port}/"))
    with served(given.python, "--port", port, "--host", "0.0.0.0", "--allow-remote") as address:  # noqa: S104
        for path in ("/", "/static/js/textual.js", "/ws", "/?token=x"):
            print(
                f"open to others, by {other}{path} without the token:", status(f"http://{other}:{port}{path}")
            )
        talk(f"http://{other}:{port}/?{urlsplit(address).query}", given.out)


if __name__ == "__main__":
    main()
