"""The server of `counsel-tui --serve`: textual-serve behind a guard, with a page that loads nothing from elsewhere."""

import asyncio
import logging
import secrets
import socket
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp_jinja2
import click
from aiohttp import web
from aiohttp.typedefs import Handler
from textual_serve.server import Server

from engine.language import text
from engine.logs import Discreet

_PAGE = Path(__file__).parent / "web"
_TOKEN = "token"  # noqa: S105  # of the address, not the secret
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
        "img-src 'self' data:; connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),  # xterm.js writes style elements
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class CounselServer(Server):
    """Answers who has the token, which is drawn anew at each start and told once, in the terminal.

    Other people's processes on the same machine reach 127.0.0.1, too, and so do the pages that a browser shows; so the
    token is asked for there as well, and the page's own address is the only one that may open the app.

    Args:
        command: starts the app for one page.
        host: the address to listen on.
        port: to listen on.
        is_local: whether only this machine reaches the address.
    """

    def __init__(self, command: str, host: str, port: int, *, is_local: bool) -> None:
        super().__init__(command, host, port, "counsel", templates_path=_PAGE)
        self._token = secrets.token_urlsafe(32)
        self._cookie = f"counsel-{port}"  # browsers send a cookie to every port of a machine
        self._is_local = is_local
        self._pages: set[asyncio.Task[Any]] = set()
        self._telling: asyncio.Task[None] | None = None

    def initialize_logging(self) -> None:
        """Tell what goes wrong on the terminal, but neither requests, which hold the token, nor what was typed."""
        handler = logging.StreamHandler()
        handler.setFormatter(Discreet())
        logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)

    async def on_startup(self, app: web.Application) -> None:
        """Set the guard up, and tell the address as soon as it can be opened."""
        app.router.add_static("/page", _PAGE)
        app.middlewares.append(self._guard)
        app.on_response_prepare.append(_add_headers)
        self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        while True:
            try:
                _, writer = await asyncio.open_connection(self.host, self.port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                click.echo(self._welcome())
                return

    async def on_shutdown(self, app: web.Application) -> None:  # noqa: ARG002
        """End the open pages, and with them their apps; the server would wait for them."""
        for page in self._pages:
            page.cancel()

    @aiohttp_jinja2.template("index.html")
    async def handle_index(self, request: web.Request) -> dict[str, Any]:
        """Show the page, whose script connects to the app at the address that the browser knows."""
        return {
            "language": text("ko", "en"),
            "websocket_url": f"ws://{request.host}/ws",
            "opening": text("counsel을 여는 중입니다…", "Opening counsel…"),
            "ended": text("대화를 끝냈습니다.", "The conversation has ended."),
            "again": text("다시 열기", "Open it again"),
        }

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let nobody in but the person: not another machine's name for this one, not another page, not without the token."""
        if self._is_local and request.host not in self._own_names():
            raise web.HTTPForbidden(
                text=text("이 주소로는 열리지 않습니다.", "Not opened under this address.")
            )
        is_app = request.path == "/ws"
        origin = request.headers.get("Origin")
        if (origin is None and is_app) or (origin is not None and urlsplit(origin).netloc != request.host):
            raise web.HTTPForbidden(
                text=text("다른 곳의 페이지는 열 수 없습니다.", "Not opened for other pages.")
            )
        if request.path == "/" and self._is_token(request.query.get(_TOKEN)):
            found = web.HTTPSeeOther("/")  # so that the token stays in no history
            found.set_cookie(self._cookie, self._token, httponly=True, samesite="Strict")
            raise found
        if not self._is_token(request.cookies.get(self._cookie)):
            raise web.HTTPForbidden(
                text=text(
                    "토큰이 없거나 다릅니다. 터미널에 적힌 주소로 여세요.",
                    "The token is missing or another. Open the address that the terminal shows.",
                )
            )
        page = asyncio.current_task()
        if is_app and page:
            self._pages.add(page)
            page.add_done_callback(self._pages.discard)
        return await handler(request)

    def _is_token(self, given: str | None) -> bool:
        return given is not None and secrets.compare_digest(given.encode(), self._token.encode())

    def _own_names(self) -> set[str]:
        """Return what a browser on this machine calls it; another name that leads here is a trick (DNS rebinding)."""
        hosts = {f"[{self.host}]" if ":" in self.host else self.host, "127.0.0.1", "localhost", "[::1]"}
        return {f"{host}:{self.port}" for host in hosts} | (hosts if self.port == 80 else set())

    def _welcome(self) -> str:
        host = socket.gethostname() if _is_everywhere(self.host) else self.host
        host = f"[{host}]" if ":" in host else host
        address = f"http://{host}:{self.port}/?{_TOKEN}={self._token}"
        if self._is_local:
            meaning = text("이 컴퓨터에서만 열리는 주소입니다.", "This address opens on this machine only.")
        else:
            meaning = text(
                "주의: 다른 컴퓨터에서도 열립니다. 대화는 암호화되지 않은 채 네트워크를 지나가고, 이 주소를 아는 사람은 "
                "보관한 대화까지 볼 수 있습니다.",
                "Warning: other machines can open it. The conversation crosses the network unencrypted, and whoever "
                "knows this address can see even the conversations that were kept.",
            )
        return f"\n  {address}\n\n{meaning} " + text("끝내려면 Ctrl+C.", "Ctrl+C ends it.")


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers[name] = value.replace("{host}", request.host)


def _is_everywhere(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
