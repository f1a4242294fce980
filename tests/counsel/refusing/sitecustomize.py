"""Python runs this before a program, if this folder is in PYTHONPATH: whoever opens a socket is killed.

The audit hook sees what Python does and names it; the seccomp filter (Linux) sees native libraries, too. Sockets within
the machine (AF_UNIX) are let through: asyncio wakes itself up by a pair of them.
"""

import ctypes
import os
import platform
import socket
import struct
import sys
from typing import Any

REFUSED = 97
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER, _ARCHITECTURE, _FAMILY = 0, 4, 16  # offsets in what the filter sees
_SOCKET_CALLS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith("socket.") and not (event == "socket.__new__" and arguments[1] == socket.AF_UNIX):
        os.write(2, f"REFUSED {event} {arguments[1:]}\n".encode())
        os._exit(REFUSED)


def _refuse_natively() -> None:
    architecture, socket_call = _SOCKET_CALLS[platform.machine()]
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_IF_EQUAL, 0, 4, architecture),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_IF_EQUAL, 0, 2, socket_call),
        (_LOAD, 0, 0, _FAMILY),
        (_JUMP_IF_EQUAL, 0, 1, socket.AF_UNIX),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _KILL),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, filter_calls = 38, 22
    for arguments in ((no_new_privileges, 1, 0, 0, 0), (filter_calls, 2, header, 0, 0)):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "prctl")


if sys.platform == "linux" and platform.machine() in _SOCKET_CALLS:
    _refuse_natively()
sys.addaudithook(_refuse)
