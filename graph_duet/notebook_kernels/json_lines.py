"""JSON lines over a Unix socket: how a provisioner, the zygote and a forked kernel talk before the kernel
runs."""

from __future__ import annotations

import json
import socket
from typing import Any

MAX_LINE = 1 << 20


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")


def receive(connection: socket.socket) -> dict[str, Any] | None:
    """The next line as a dict, or None at the end of the stream.

    Reads byte by byte, so that nothing of the next message is taken. Raises ValueError for what is not a JSON
    object or too long, and OSError (TimeoutError) as the socket does.
    """
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte:
            return None
        line += byte
        if len(line) > MAX_LINE:
            raise ValueError("a line of more than 1 MB")
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("a line that is not a JSON object")
    return message


def receive_with_pid(connection: socket.socket) -> tuple[dict[str, Any] | None, int]:
    """The next line, and the process id of its sender as this process sees it (0 when it ended).

    The kernel fills in the id and translates it between pid namespaces: a process cannot lie about it.
    `connection` must have SO_PASSCRED set.
    """
    first, ancillary, _, _ = connection.recvmsg(1, socket.CMSG_SPACE(12))
    if not first:
        return None, 0
    pid = next(
        int.from_bytes(data[:4], "little", signed=True)
        for level, kind, data in ancillary
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS
    )
    line = bytearray(first)
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte:
            return None, 0
        line += byte
    return json.loads(line), pid
