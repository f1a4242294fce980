"""What a person says stays where it was said: no socket for a whole session, and not a word on the disk."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from unicodedata import normalize
from urllib.parse import quote

import pytest

from bench.terminal import Terminal

COUNSEL = [sys.executable, "-m", "counsel"]
APP = [sys.executable, "-c", "from counsel.chat import main; main()"]
GUARD = Path(__file__).parent / "refusing"
SECRET = "자몽빛 고슴도치가 뒤뜰에서 체스를 두어서 속상해요"
CRISIS = "죽고 싶어"
Home = tuple[Path, dict[str, str]]
LINES = (
    SECRET,
    "/again",
    "/topic 불면",
    CRISIS,
    "농담이야",
    "/lines",
    "/breathe 5-4-3-2-1",
    *[SECRET] * 5,
    "/끝",
)


def run(*command: str, environment: Mapping[str, str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=False, env=environment, encoding="utf-8"
    )


def hold_a_conversation(environment: Mapping[str, str]) -> int:
    """Talk to the app in a terminal, look into its corners, and quit."""
    with Terminal(APP, 120, 40, environment) as app:
        app.wait_for(lambda screen: "보내기" in screen)
        app.send(f"{SECRET}\r")
        app.wait_for(lambda screen: "토큰" in screen, seconds=40)
        app.send(f"{CRISIS}\r")
        app.wait_for(lambda screen: "사람이 받는 전화" in screen)
        app.send("\x1bOS")  # F4, open and closed
        app.wait_for(lambda screen: "1366" in screen)
        app.send("\x1bOS")
        app.wait_for(lambda screen: "1366" not in screen)
        app.send("\x1b[19~")  # F8
        app.wait_for(lambda screen: "4-7-8" in screen)
        app.send("\x1b[19~")
        app.wait_for(lambda screen: "4-7-8" not in screen)
        app.send(SECRET[:5])  # something is left in the prompt
        app.wait_for(lambda screen: f"│ {SECRET[:5]}" in screen)
        app.send("\x1b[21~")
        return app.wait_for_end()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home, and an environment in which all that is written lies there and no socket can be opened."""
    for name in ("cache", "config", "data", "state", "run", "tmp"):
        (tmp_path / name).mkdir()
    folders = {
        f"XDG_{name.upper()}_HOME": str(tmp_path / name) for name in ("cache", "config", "data", "state")
    }
    others = {
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "TMPDIR": str(tmp_path / "tmp"),
        "TEXTUAL_LOG": str(tmp_path / "log"),  # where Textual would write every key
    }
    path = os.pathsep.join(filter(None, (str(GUARD), os.environ.get("PYTHONPATH"))))
    return tmp_path, {**os.environ, **folders, **others, "PYTHONPATH": path}


def written_forms(said: str) -> Iterator[bytes]:
    """Yield an utterance as it might stand in a file."""
    for form in ("NFC", "NFD"):
        words = normalize(form, said)
        yield from (words.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"))
        yield quote(words).encode()
        yield quote(words).lower().encode()
        yield json.dumps(words).strip('"').encode()
        yield json.dumps(words).strip('"').upper().replace("\\U", "\\u").encode()
    yield said.encode("cp949")


def traces(folder: Path) -> list[tuple[str, bytes]]:
    """Return each file below a folder that holds a word of the secret, or has it in its name."""
    forms = list(written_forms(SECRET[:8]))
    found = []
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        found += [(path.name, form) for form in forms if form in content + os.fsencode(path)]
    return found


def test_a_trace_would_be_found(tmp_path: Path) -> None:
    for number, form in enumerate(written_forms(SECRET)):
        (tmp_path / "deep").mkdir(exist_ok=True)
        file = tmp_path / "deep" / str(number)
        file.write_bytes(b"\x00 before " + form + b" after")
        assert traces(tmp_path), form
        file.unlink()
    (tmp_path / f"{SECRET}.log").touch()
    assert traces(tmp_path)


def test_the_guard_kills_who_opens_a_socket(home: Home) -> None:
    _, guarded = home
    by_python = run(sys.executable, "-c", "import socket; socket.socket()", environment=guarded)
    assert by_python.returncode == 97
    assert "REFUSED socket.__new__" in by_python.stderr
    if sys.platform == "linux":
        native = "import ctypes; ctypes.CDLL(None).socket(2, 1, 0)"
        assert run(sys.executable, "-c", native, environment=guarded).returncode == -signal.SIGSYS
    pair = "import socket; socket.socketpair()"
    assert run(sys.executable, "-c", pair, environment=guarded).returncode == 0


def test_the_app_opens_no_socket_and_leaves_no_trace(home: Home) -> None:
    folder, guarded = home
    assert hold_a_conversation(guarded) == 0
    assert any(path.is_file() for path in folder.rglob("*"))  # the model's graph, in the cache
    assert not (folder / "log").exists()
    assert traces(folder) == []


def test_plain_lines_open_no_socket_and_leave_no_trace(home: Home) -> None:
    folder, guarded = home
    done = run(*COUNSEL, "chat", "--plain", environment=guarded, stdin="\n".join(LINES))
    assert done.returncode == 0, done.stderr
    assert "주제: 증상/불면" in done.stdout
    assert "\n109 " in done.stdout
    with Terminal([*COUNSEL, "chat", "--plain"], 100, 30, guarded) as typed:
        typed.wait_for(lambda screen: "\n> " in screen)
        typed.send(f"{SECRET}\r")
        typed.wait_for(lambda screen: screen.count("\n> ") == 2)
        typed.send("\x04")
        assert typed.wait_for_end() == 0
    assert traces(folder) == []


def test_asking_opens_no_socket_and_leaves_no_trace(home: Home) -> None:
    folder, guarded = home
    done = run(*COUNSEL, "ask", "--json", environment=guarded, stdin=f"{SECRET}\n{CRISIS}\n")
    assert done.returncode == 0, done.stderr
    assert [bool(json.loads(line)["crisis"]) for line in done.stdout.splitlines()] == [False, True]
    assert traces(folder) == []
