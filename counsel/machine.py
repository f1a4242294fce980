"""What `counsel doctor` looks at without a model folder: the machine, part by part."""

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from platform import machine, python_implementation, python_version, system

from counsel.check import Check
from counsel.probe import Probe, probing
from engine import locations
from engine.errors import CounselError
from engine.language import text
from tui import settings
from tui.clipboard import way

_NEEDED = {  # the names of distributions, and of the modules in them
    "ai-edge-litert": "ai_edge_litert",
    "numpy": "numpy",
    "rich": "rich",
    "safetensors": "safetensors",
    "sqlcipher3": "sqlcipher3",
    "textual": "textual",
    "textual-serve": "textual_serve",
    "tokenizers": "tokenizers",
    "tomlkit": "tomlkit",
}
_KOREAN, _AMBIGUOUS = "가나다", "─│╭●…·"  # two cells each, and one each
_SLOW = 10  # tokens a second: a reply then takes longer than its reading
_QUESTION = "요즘 잠을 못 자요"


def examine_machine() -> Iterator[Check]:
    """Yield each part's check."""
    yield _check_python()
    yield _check_packages()
    yield _check_terminal()
    yield _check_colours()
    with probing() as probe:
        yield from _check_widths(probe)
        yield _check_kitty(probe)
    yield _check_clipboard()
    yield _check_folders()
    yield _check_settings()
    yield from _check_model()


def _check_python() -> Check:
    told = f"{python_implementation()} {python_version()}, {system()} {machine()}"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Check("ok", "python", told)
    told += text(
        ": 3.11, 3.12, 3.13이 필요합니다. make PYTHON=python3.12 chat",
        ": 3.11 to 3.13 is needed. make PYTHON=python3.12 chat",
    )
    return Check("failure", "python", told)


def _check_packages() -> Check:
    missing = [name for name, module in _NEEDED.items() if find_spec(module) is None]
    if missing:
        told = ", ".join(missing) + text(": 없습니다. 설치: make chat", ": missing. To install: make chat")
        return Check("failure", "packages", told)
    told = ", ".join(f"{name} {_version(name)}" for name in ("textual", "ai-edge-litert", "tokenizers"))
    if find_spec("tensorflow") is None:
        told += text(". 학습 도구는 없음(make install)", ". No training tools (make install)")
    return Check("ok", "packages", told)


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:  # another distribution brought the module
        return "?"


def _check_terminal() -> Check:
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        told = text(
            "화면을 그릴 터미널이 아닙니다. 줄로 대화하려면: counsel chat --plain",
            "None to draw on. To talk in plain lines: counsel chat --plain",
        )
        return Check("warning", "terminal", told)
    columns, rows = shutil.get_terminal_size()
    inside = (
        os.environ["TERM"],
        os.environ.get("TERM_PROGRAM", ""),
        "tmux" if "TMUX" in os.environ else "",
        "SSH" if "SSH_CONNECTION" in os.environ else "",
    )
    told = ", ".join(dict.fromkeys(filter(None, (f"{columns}×{rows}", *inside))))
    if columns < 80 or rows < 24:
        told += text(": 좁습니다. 창을 80×24보다 크게 하세요.", ": small. Make the window larger than 80×24.")
        return Check("warning", "terminal", told)
    return Check("ok", "terminal", told)


def _check_colours() -> Check:
    from rich.console import Console

    if os.environ.get("NO_COLOR"):
        return Check(
            "ok", "colours", text("NO_COLOR가 있어 색 없이 그립니다.", "None, since NO_COLOR is set.")
        )
    system = Console(file=sys.__stdout__, force_terminal=True).color_system
    if system in ("truecolor", "256", "windows"):
        return Check("ok", "colours", system)
    told = text(
        f"{system or '없음'}: 터미널이 된다면 TERM=xterm-256color나 COLORTERM=truecolor를 정하세요.",
        f"{system or 'none'}: if the terminal can do more, set TERM=xterm-256color or COLORTERM=truecolor.",
    )
    return Check("warning", "colours", told)


def _check_widths(probe: Probe | None) -> Iterator[Check]:
    for name, drawn, expected in (("korean", _KOREAN, 2), ("ambiguous", _AMBIGUOUS, 1)):
        width = probe.width_of(drawn) if probe else None
        if width is None:
            yield Check(
                "warning",
                name,
                text("터미널이 대답하지 않아 모릅니다.", "Unknown: the terminal does not say."),
            )
        elif width == expected * len(drawn):
            yield Check("ok", name, text(f"{expected}칸", f"{expected} cells" if expected > 1 else "1 cell"))
        else:
            yield Check(
                "warning", name, _wrong_width(name, width / len(drawn)), {"cells": width / len(drawn)}
            )


def _wrong_width(name: str, cells: float) -> str:
    if name == "korean":
        return text(
            f"{cells:g}칸: 글이 어긋납니다. 로캘을 UTF-8로 하고(LANG=ko_KR.UTF-8) 한글 글꼴을 고르세요.",
            f"{cells:g} cells: texts will be out of line. Choose a UTF-8 locale (LANG=ko_KR.UTF-8) and a Korean font.",
        )
    return text(
        f"{cells:g}칸: 테두리가 어긋납니다. 터미널 설정에서 ‘모호한 글자를 넓게(ambiguous width)’를 끄세요.",
        f"{cells:g} cells: borders will be out of line. Switch “ambiguous characters are wide” off in the terminal.",
    )


def _check_kitty(probe: Probe | None) -> Check:
    if os.environ.get("TEXTUAL_DISABLE_KITTY_KEY", "1") != "1":
        told = text(
            "켜져 있어 한글이 깨질 수 있습니다. TEXTUAL_DISABLE_KITTY_KEY를 지우세요.",
            "On, which may garble Korean. Unset TEXTUAL_DISABLE_KITTY_KEY.",
        )
        return Check("warning", "kitty", told)
    flags = probe.kitty_flags() if probe else None
    if flags:
        told = text(
            "다른 프로그램이 켜 둔 채 끝나 한글이 깨질 수 있습니다. 끄려면: printf '\\033[<u'",
            "Another program left it on, which may garble Korean. To switch it off: printf '\\033[<u'",
        )
        return Check("warning", "kitty", told, {"flags": flags})
    if flags is None:
        return Check("ok", "kitty", text("터미널에 없음", "the terminal has none"))
    return Check("ok", "kitty", text("꺼 둠(한글을 깨뜨림)", "left off, since it garbles Korean"))


def _check_clipboard() -> Check:
    through = way()
    if through is not None:
        return Check("ok", "clipboard", through.name)
    if os.environ.get("SSH_CONNECTION"):
        told = text("SSH이므로 터미널에 부탁합니다(OSC 52).", "Over SSH the terminal is asked (OSC 52).")
        return Check("ok", "clipboard", told)
    told = text(
        "터미널에만 부탁할 수 있습니다(OSC 52). 확실히 하려면 wl-clipboard나 xclip을 설치하세요.",
        "Only the terminal can be asked (OSC 52). To be sure, install wl-clipboard or xclip.",
    )
    return Check("warning", "clipboard", told)


def _check_folders() -> Check:
    private = {locations.conversations(), locations.logs(), locations.settings()}
    folders = (
        locations.graph_cache(),
        locations.hashes(),
        locations.settings().parent,
        locations.conversations(),
    )
    troubles = [trouble for folder in folders if (trouble := _trouble_with(folder))]
    troubles += [
        text(
            f"{path}: 다른 사람도 볼 수 있습니다. chmod go= {path}",
            f"{path}: others can look. chmod go= {path}",
        )
        for path in sorted(private)
        if os.name == "posix" and path.exists() and path.stat().st_mode & 0o077
    ]
    if troubles:
        return Check("warning", "folders", " ".join(troubles))
    return Check(
        "ok", "folders", ", ".join(str(folder).replace(str(Path.home()), "~", 1) for folder in folders)
    )


def _trouble_with(folder: Path) -> str:
    """Return why nothing can be written into a folder that is there or would be made."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return ""
    return text(
        f"{nearest}: 쓸 수 없습니다. 권한을 확인하세요.", f"{nearest}: cannot be written. Check its rights."
    )


def _check_settings() -> Check:
    problems = settings.load().problems
    if problems:
        return Check("warning", "settings", " ".join(problems))
    path = locations.settings()
    return Check("ok", "settings", str(path) if path.exists() else text("없음(기본값)", "none (defaults)"))


def _check_model() -> Iterator[Check]:
    try:
        from engine import Engine

        with Engine.load(settings.load().model_folder) as engine:
            yield Check("ok", "model", f"{engine.model.identity}, {engine.model.path}")
            reply = engine.reply(_QUESTION)
    except (CounselError, OSError, ImportError) as error:  # an ImportError: a native library that is missing
        yield Check("failure", "model", str(error))
        return
    speed = len(reply.token_ids) / reply.timings.computing
    told = text(f"초당 토큰 {speed:.0f}개", f"{speed:.0f} tokens a second")
    if speed < _SLOW:
        told += text(
            ": 느립니다. 다른 프로그램을 닫거나 작은 모델을 쓰세요.",
            ": slow. Close other programs or use a smaller model.",
        )
    yield Check("ok" if speed >= _SLOW else "warning", "speed", told, {"tokens_per_second": round(speed, 1)})
