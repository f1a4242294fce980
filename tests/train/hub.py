"""A server on 127.0.0.1 that speaks as much of the Hugging Face Hub's protocol as a download needs."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "tester/tiny-gpt2"
GATED = "tester/gated"


class Hub(ThreadingHTTPServer):
    """Serves one repository with one commit, which is its branch `main`, and another that is gated.

    Args:
        files: the repository's, by name.

    Attributes:
        requests: what was asked for, as "GET /…".
        tokens: the headers `Authorization` that came.
        failing: answers everything with error 500.
    """

    daemon_threads = True

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = dict(files)
        self.requests: list[str] = []
        self.tokens: list[str] = []
        self.failing = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving(files: Mapping[str, bytes]) -> Iterator[Hub]:
    """Run a hub in a thread."""
    with Hub(files) as hub:
        thread = Thread(target=hub.serve_forever, args=[0.01])
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Write nothing."""

    def _answer(self) -> None:
        hub, path = self.server, urlsplit(self.path).path.replace("%2F", "/")
        hub.requests.append(f"{self.command} {path}")
        if "Authorization" in self.headers:
            hub.tokens.append(self.headers["Authorization"])
        api, files = f"/api/models/{REPOSITORY}", f"/{REPOSITORY}/resolve/"
        listed = [{"rfilename": name, "size": len(content)} for name, content in hub.files.items()]
        if hub.failing:
            self._send(500)
        elif path.startswith(f"/api/models/{GATED}"):
            self._send(403, {"X-Error-Code": "GatedRepo"})
        elif path in (api, f"{api}/revision/main", f"{api}/revision/{COMMIT}"):
            self._send(200, body=json.dumps({"id": REPOSITORY, "sha": COMMIT, "siblings": listed}).encode())
        elif path.startswith(api):
            self._send(404, {"X-Error-Code": "RevisionNotFound"})
        elif path.startswith((f"{files}{COMMIT}/", f"{files}main/")) and path.split("/")[-1] in hub.files:
            content = hub.files[path.split("/")[-1]]
            self._send(200, {"X-Repo-Commit": COMMIT, "ETag": f'"{_hash(content)}"'}, content)
        else:
            self._send(404, {"X-Error-Code": "RepoNotFound"})

    def _send(self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


def _hash(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
