"""A notebook kernel that nobody trusts, seen by nbval: bounded in time and output, and its death noticed at once."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from nbval.kernel import RunningKernel

from graphviz_tools.language import _

# Message type: the fields of its content that are read, and their types. Other types of message are dropped.
_READ: dict[str, dict[str, type | tuple[type, ...]]] = {
    "status": {"execution_state": str},
    "stream": {"name": str, "text": str},
    "display_data": {"data": dict},
    "execute_result": {"data": dict},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "execute_reply": {"status": str},
    "kernel_info_reply": {"status": str},
}

_TICK = 0.05  # seconds between looks at whether the process lives
_START_SECONDS = 60.0
_STOPPED = 2.0  # seconds between two looks, past which this process itself did not run
_GRACE = 0.5  # seconds from a connection's end to its process's end


class KernelFault(Exception):
    """The kernel itself went wrong, not what it computed; `fault` is a class of graph_duet.grading.report."""

    def __init__(self, fault: str, message: str):
        super().__init__(message)
        self.fault = fault


@dataclass(slots=True)
class Budget:
    """What one submission may use: a moment (time.monotonic) at which all ends, and bytes printed in one
    cell."""

    until: float
    output_bytes: int = 2 * 2**20

    def is_over(self) -> bool:
        return time.monotonic() >= self.until

    @classmethod
    def of_seconds(cls, seconds: float) -> Budget:
        return cls(time.monotonic() + seconds)


def bounded_context(reconnect: bool) -> zmq.Context[Any]:
    """A ZeroMQ context whose sockets drop a message larger than any honest one, and queue few.

    Without `reconnect`, a kernel that replaced its own socket by a link to another is never followed there.
    """
    context: zmq.Context[Any] = zmq.Context()
    context.setsockopt(zmq.MAXMSGSIZE, 8 * 2**20)
    context.setsockopt(zmq.RCVHWM, 100)
    context.setsockopt(zmq.LINGER, 0)
    context.setsockopt(zmq.SNDTIMEO, 1000)
    if not reconnect:
        context.setsockopt(zmq.RECONNECT_IVL, -1)
    return context


class JudgedKernel(RunningKernel):
    """nbval's RunningKernel on a kernel that `start` launches. Any wait raises KernelFault when the kernel
    dies, prints too much, or its time is over."""

    def __init__(self, start: Callable[[], KernelManager], budget: Budget, measured: bool = False):
        self.budget = budget
        self.measured = (
            measured  # a forged message matters where something is counted, and there ends the run
        )
        self._cell_until = budget.until
        self._looked = time.monotonic()
        self._bytes = 0
        self._ended: set[str] = set()  # the requests whose end was seen
        self._waiting: dict[str, deque[dict[str, Any]]] = {"shell": deque(), "iopub": deque()}
        self.km: Any = start()
        client = self.km.client()
        assert isinstance(client, BlockingKernelClient)
        self.kc = client
        client.start_channels(stdin=False, hb=False, control=False)
        self._channels = {"shell": client.shell_channel, "iopub": client.iopub_channel}
        # jupyter_client 7, which Colab has, makes sockets for asyncio; seen through these, they wait as others do.
        self._sockets = {
            name: zmq.Socket.shadow(channel.socket.underlying) for name, channel in self._channels.items()
        }
        self._poller = zmq.Poller()
        self._lost = client.iopub_channel.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        for socket in (client.shell_channel.socket, client.iopub_channel.socket, self._lost):
            self._poller.register(socket, zmq.POLLIN)
        self.begin_cell(_START_SECONDS)
        try:
            self._ensure_iopub_up()
        except BaseException:
            self.stop()
            raise

    def begin_cell(self, seconds: float) -> None:
        """A new cell: its own time, its own bytes."""
        self._looked = time.monotonic()
        self._cell_until = min(self._looked + seconds, self.budget.until)
        self._bytes = 0

    def execute_cell_input(self, cell_input: str, allow_stdin: bool | None = None) -> str:
        """Send source to be executed; raises KernelFault when nobody is there to take it."""
        self._bytes -= 4 * len(cell_input)  # which the kernel sends back, each character in up to 4 bytes
        try:
            return super().execute_cell_input(cell_input, allow_stdin)
        except zmq.Again:
            raise self._death() from None

    def get_message(self, stream: str, timeout: float | None = None) -> dict[str, Any]:
        """The next message on `stream` ("shell" or "iopub"), both being read all the while.

        Raises KernelFault, or queue.Empty when `timeout` seconds pass before the cell's own time is over.
        """
        start = time.monotonic()
        while not self._waiting[stream]:
            self._notice_stop()
            until = self._cell_until if timeout is None else min(start + timeout, self._cell_until)
            left = until - time.monotonic()
            if left <= 0 and until >= self._cell_until:
                whole = "notebook" if self._cell_until >= self.budget.until else "cell"
                raise KernelFault("timeout", _("this {whole} did not finish in time", whole=whole))
            if left <= 0:
                raise Empty
            self._read(min(left, _TICK))
        return self._waiting[stream].popleft()

    def _notice_stop(self) -> None:
        """Give back the time in which this process was stopped (SIGSTOP, a paused machine): it is not the answer's.

        A wrong or changed clock does no harm here: this one counts from the machine's start, and not while it sleeps.
        """
        now = time.monotonic()
        if now - self._looked > _STOPPED:
            self.budget.until += now - self._looked
            self._cell_until += now - self._looked
        self._looked = now

    def _read(self, seconds: float) -> None:
        """Move what has arrived into the queues."""
        ready = dict(self._poller.poll(max(1, int(seconds * 1000))))
        arrived = [(name, channel) for name, channel in self._channels.items() if channel.socket in ready]
        for name, channel in arrived:
            self._receive(name, channel)
        if arrived:
            return
        if not self._is_running() or (self._lost in ready and self._ends_within(_GRACE)):
            raise self._death()
        if self._lost in ready:  # ZeroMQ disconnects the sender of a message past the limit
            raise KernelFault("output", _("it printed one piece larger than any honest output"))

    def _ends_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self._is_running() and time.monotonic() < until:
            time.sleep(0.01)
        return not self._is_running()

    def _receive(self, name: str, channel: Any) -> None:
        frames = self._sockets[name].recv_multipart()
        self._bytes += sum(len(frame) for frame in frames)
        if self._bytes > self.budget.output_bytes:
            megabytes = self.budget.output_bytes / 2**20
            raise KernelFault(
                "output", _("one cell printed more than {megabytes:.0f} MB", megabytes=megabytes)
            )
        # A message that is forged, replayed or no message at all is as if it had not come.
        with contextlib.suppress(ValueError, TypeError, KeyError, IndexError, RecursionError, UnicodeError):
            _identities, parts = channel.session.feed_identities(frames)
            message = channel.session.deserialize(parts)
            if is_well_formed(message):
                self._demand_honesty(message)
                self._waiting[name].append(message)

    def _demand_honesty(self, message: dict[str, Any]) -> None:
        """A kernel says once for each request that it is idle again; twice means that an answer said it, to keep
        what came later from being read. And it drops no request: the grader asks for one at a time."""
        content, asked = message["content"], message["parent_header"].get("msg_id")
        if content.get("status") == "aborted":
            raise KernelFault("died", _("the kernel refused to run the cell"))
        if content.get("execution_state") == "idle" and asked is not None:
            if self.measured and asked in self._ended:
                raise KernelFault("tampered", _("it sent a message that only the kernel itself may send"))
            self._ended.add(asked)

    def _is_running(self) -> bool:
        process = getattr(self.km.provisioner, "process", None)
        return process is not None and process.poll() is None

    def _death(self) -> KernelFault:
        out_of_memory = getattr(self.km.provisioner, "ran_out_of_memory", None)
        if out_of_memory is not None and out_of_memory():
            return KernelFault("memory", _("it used more memory than it may"))
        return KernelFault("died", _("the kernel died"))

    def _ensure_iopub_up(self) -> None:
        """Ask until an answer comes on iopub too: only then is nothing of the first cell lost."""
        while True:
            asked = self.kc.kernel_info()
            self.await_reply(asked)
            with contextlib.suppress(Empty):
                self.await_idle(asked, 0.2)
                return

    def interrupt(self) -> None:
        """Never asked for: an answer's code may swallow it. A cell whose time is over is killed."""

    def stop(self) -> None:
        """Kill the kernel and all that it started, and close every socket to it."""
        self.kc.iopub_channel.socket.disable_monitor()
        self._lost.close(linger=0)
        self.kc.stop_channels()
        self.km.shutdown_kernel(now=True)
        self.km.context.destroy(linger=0)
        del self.km


def is_well_formed(message: dict[str, Any]) -> bool:
    """Whether a message is one that can be read safely; leaves in it only such display data as is looked at:
    text, however deep the JSON beside it."""
    kind, content, parent = message["msg_type"], message["content"], message["parent_header"]
    if not isinstance(kind, str) or not isinstance(content, dict) or not isinstance(parent, dict):
        return False
    fields = _READ.get(kind)
    if fields is None or not isinstance(parent.get("msg_id", ""), str):
        return False
    if not all(isinstance(content.get(name), wanted) for name, wanted in fields.items()):
        return False
    if kind == "error":
        content["traceback"] = [line for line in content["traceback"] if isinstance(line, str)]
    if "data" in fields:
        content["data"] = {key: value for key, value in content["data"].items() if isinstance(value, str)}
        content["metadata"] = {}
        count = content.get("execution_count")
        content["execution_count"] = count if type(count) is int else None
    return True
