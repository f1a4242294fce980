"""`counsel-tui --serve`: the app in a browser. The server itself is in `counsel.web_server`, loaded only for it."""

import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import click
from click.core import ParameterSource

from engine import language
from engine.errors import CounselError
from engine.language import text

_OWN = ("serve", "port", "host", "allow_remote")


def serve_options(command: click.Command) -> click.Command:
    """Add the options of a server to the command that opens the app."""
    command.params += [
        click.Option(
            ["--serve"],
            is_flag=True,
            help=text(
                "화면을 터미널 대신 이 컴퓨터의 브라우저에서 엽니다.",
                "Open the screen in a browser on this machine instead of the terminal.",
            ),
        ),
        click.Option(
            ["--port"],
            type=click.IntRange(1, 65535),
            default=8000,
            show_default=True,
            help=text("--serve의 포트.", "The port of --serve."),
        ),
        click.Option(
            ["--host"],
            metavar="ADDRESS",
            default="127.0.0.1",
            show_default=True,
            help=text(
                "--serve의 주소. 다른 컴퓨터에 열리는 주소에는 --allow-remote도 필요합니다.",
                "The address of --serve. One that other machines reach needs --allow-remote, too.",
            ),
        ),
        click.Option(
            ["--allow-remote"],
            is_flag=True,
            help=text(
                "다른 컴퓨터에도 엽니다. 대화가 암호화되지 않은 채 네트워크를 지나갑니다.",
                "Open it to other machines. The conversation crosses the network unencrypted.",
            ),
        ),
    ]
    return command


def is_served() -> bool:
    """Return whether this process draws for a server, not for a terminal."""
    return "TEXTUAL_DRIVER" in os.environ


def take_serving(options: dict[str, Any]) -> dict[str, Any] | None:
    """Remove from a command's options those of the server, and return them if one is wanted."""
    taken = {name: options.pop(name) for name in _OWN}
    return taken if taken.pop("serve") else None


def serve(*, port: int, host: str, allow_remote: bool) -> None:
    """Serve the app, each page in a process of its own that is started as this one was, until Ctrl+C.

    Raises:
        CounselError: the address is for other machines and nobody allowed that, or it cannot be had.
    """
    if not is_local(host) and not allow_remote:
        raise CounselError(
            text(
                f"--host {host}: 다른 컴퓨터에도 열리는 주소입니다. 대화가 암호화되지 않은 채 네트워크를 지나가므로, "
                f"그래도 열려면 --allow-remote를 붙이세요. 더 안전한 길: ssh -L {port}:127.0.0.1:{port}",
                f"--host {host}: other machines reach this address, and the conversation would cross the network "
                f"unencrypted. To open it all the same, add --allow-remote. Safer: ssh -L {port}:127.0.0.1:{port}",
            )
        )
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise CounselError(
            text(
                f"--host {host} --port {port}: 열 수 없습니다({error.strerror}). 다른 주소나 포트를 주세요.",
                f"--host {host} --port {port}: cannot be opened ({error.strerror}). Give another address or port.",
            )
        ) from error
    from counsel.web_server import CounselServer

    os.environ[language.VARIABLE] = text("ko", "en")
    words = [sys.executable, "-m", "counsel", "chat", *_same_options(click.get_current_context())]
    command = subprocess.list2cmdline(words) if sys.platform == "win32" else f"exec {shlex.join(words)}"
    CounselServer(command, host, port, is_local=is_local(host)).serve()


def is_local(host: str) -> bool:
    """Return whether an address is reached from this machine only."""
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _same_options(context: click.Context) -> list[str]:
    """Return the words that give another process the options of this call."""
    words: list[str] = []
    values: Mapping[str, Any] = context.params
    for parameter in context.command.params:
        name = str(parameter.name)
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if not given or name in _OWN or name not in values:
            continue
        option = parameter.opts[0]
        words += [option] if isinstance(values[name], bool) else [f"{option}={values[name]}"]
    return words
