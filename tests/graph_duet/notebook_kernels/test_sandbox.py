"""What a confined kernel can see, and what it cannot do."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest

from graph_duet.grading.judging import kernel_start
from graph_duet.grading.judging.kernel_client import Budget, JudgedKernel, KernelFault
from graph_duet.notebook_kernels import sandbox
from graph_duet.notebook_kernels.cgroups import ControlGroup
from graph_duet.notebook_kernels.sandbox import Limits, NoSandbox, why_no_sandbox
from graph_duet.notebook_kernels.shared_zygote import await_zygote

pytestmark = pytest.mark.skipif(bool(why_no_sandbox()), reason=why_no_sandbox() or "there is a sandbox")

PRELOAD = ("numpy", "graph_duet.grading.exercise.values", "graph_duet.grading.judging.tamper_check")


@pytest.fixture(scope="module", autouse=True)
def zygote() -> str:
    """Started once and awaited here: on a busy machine the imports take longer than a test of one thing should."""
    made = kernel_start.start_zygote(PRELOAD)
    assert await_zygote(Path(made))
    return made


def test_a_zygote_that_has_imported_more_serves_too(zygote: str) -> None:
    assert kernel_start.start_zygote(PRELOAD[:1]) == zygote


def start(**limits: int) -> JudgedKernel:
    return JudgedKernel(kernel_start.in_sandbox(Limits(**limits), modules=PRELOAD), Budget.of_seconds(60))


def says(kernel: JudgedKernel, source: str) -> str:
    kernel.begin_cell(20)
    asked = kernel.execute_cell_input(source, allow_stdin=False)
    kernel.await_reply(asked)
    said: list[str] = []
    while True:
        message = kernel.get_message("iopub")
        content: dict[str, Any] = message["content"]
        said.append(content.get("text") or content.get("ename") or "")
        if content.get("execution_state") == "idle" and message["parent_header"].get("msg_id") == asked:
            return "".join(said).strip()


@pytest.fixture
def kernel():
    made = start()
    yield made
    made.stop()


def test_it_sees_its_own_processes_alone(kernel: JudgedKernel) -> None:
    assert (
        says(kernel, "import os; print([p for p in os.listdir('/proc') if p.isdigit()], os.getpid())")
        == "['1'] 1"
    )


def test_it_has_no_capability_and_can_gain_none(kernel: JudgedKernel) -> None:
    status = says(kernel, "print(open('/proc/self/status').read())")
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert {lines[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (lines["NoNewPrivs"], lines["Uid"].split()[0]) == ("1", "1000")


TALK = """
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname(), 5)
client.sendall(b"hello")
print(server.accept()[0].recv(5).decode(), [name for _, name in socket.if_nameindex()])"""
REACH = """
import socket
reached = []
for family, place in PLACES:
    with socket.socket(family) as tried:
        tried.settimeout(1)
        try:
            tried.connect(place)
            reached.append(place)
        except OSError:
            pass
print(reached)"""


def test_its_processes_reach_each_other_over_a_loopback_of_their_own(kernel: JudgedKernel) -> None:
    assert says(kernel, TALK) == "hello ['lo']"


def test_it_reaches_nothing_outside_of_its_namespace(kernel: JudgedKernel) -> None:
    """No address of another network, no port of this machine, no Unix socket outside of its folders."""
    ours, abstract = socket.create_server(("0.0.0.0", 0)), socket.socket(socket.AF_UNIX)
    abstract.bind("\0" + uuid4().hex)
    abstract.listen()
    with ours, abstract:
        port = ours.getsockname()[1]
        places = [(socket.AF_INET, (address, port)) for address in ("127.0.0.1", *own_addresses())]
        places += [(socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_INET, ("169.254.169.254", 80))]
        places += [(socket.AF_INET6, ("2001:db8::1", 80)), (socket.AF_UNIX, abstract.getsockname())]
        assert says(kernel, f"PLACES = {[(int(family), place) for family, place in places]}{REACH}") == "[]"


def test_two_notebook_kernels_have_two_loopbacks(kernel: JudgedKernel) -> None:
    port = says(
        kernel, "import socket; mine = socket.create_server(('127.0.0.1', 0)); print(mine.getsockname()[1])"
    )
    other = start()
    try:
        assert says(other, f"PLACES = [(2, ('127.0.0.1', {port}))]{REACH}") == "[]"
    finally:
        other.stop()


def own_addresses() -> list[str]:
    every = [address for addresses in psutil.net_if_addrs().values() for address in addresses]
    return [address.address for address in every if address.family == socket.AF_INET]


def test_it_cannot_write_to_the_environment(kernel: JudgedKernel) -> None:
    assert says(kernel, "import numpy; open(numpy.__file__, 'a')") == "OSError"


def test_it_sees_neither_lessons_nor_solutions_nor_home(kernel: JudgedKernel) -> None:
    project = str(sandbox.PROJECT)
    assert says(kernel, "import os; print(os.listdir('/home'))") == "['learner']"
    assert (
        says(kernel, f"print(os.path.exists('{project}/lessons'), os.path.exists('{project}/.git'))")
        == "False False"
    )
    find = f"""
for folder, _, files in os.walk({project!r}):
    for name in files:
        if name in ('exercise.md', 'answers.py') or name.endswith('bundle.json'):
            assert os.path.getsize(os.path.join(folder, name)) == 0
print('none')"""
    assert says(kernel, find) == "none"
    ours = {
        path.parts[2] for path in (sandbox.PROJECT, Path(sys.prefix)) if path.parts[1] == "tmp"
    }  # a checkout there
    assert says(kernel, f"print(os.path.exists('/run/duet'), set(os.listdir('/tmp')) - {ours or '{0}'})") == (
        "False {'kernel.json'}"
    )


def test_two_notebook_kernels_share_no_folder(kernel: JudgedKernel) -> None:
    other = start()
    try:
        for folder in ("/tmp", "/home/learner", "/dev/shm", "/run"):
            says(kernel, f"open('{folder}/mine', 'w').write('x')")
            assert says(other, f"import os; print(os.path.exists('{folder}/mine'))") == "False"
    finally:
        other.stop()


def test_cpu_time_has_a_limit() -> None:
    kernel = start(cpu_seconds=2)
    try:
        with pytest.raises(KernelFault) as raised:
            says(kernel, "while True: pass")
        assert raised.value.fault == "died"
    finally:
        kernel.stop()


def test_memory_has_a_limit() -> None:
    kernel = start(memory=300 * 2**20)
    try:
        try:
            said = says(kernel, "hoard = bytearray(2**30); print('got it')")
        except KernelFault as fault:
            said = fault.fault
        assert said in ("memory", "MemoryError")
    finally:
        kernel.stop()


def test_what_it_started_ends_with_it(kernel: JudgedKernel) -> None:
    says(kernel, "import subprocess; subprocess.Popen(['sleep', '86398'], start_new_session=True)")
    started = [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "86398"]]
    assert len(started) == 1
    kernel.km.provisioner.process.kill()
    psutil.wait_procs(started, timeout=5)
    assert not started[0].is_running()


def test_it_ends_when_the_process_that_asked_for_it_is_killed(zygote: str) -> None:
    """A worker may be killed while its kernel loops; the zygote, which all workers share, lives on."""
    source = f"""
import time
from graph_duet.grading.judging import kernel_start
from graph_duet.notebook_kernels.sandbox import Limits
start = kernel_start.in_sandbox(Limits(), modules={PRELOAD!r}, zygote={zygote!r})
manager = start()
print(manager.provisioner.pid, flush=True)
time.sleep(100)"""
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        kernel = psutil.Process(int(worker.stdout.readline()))
        assert kernel.is_running()
        worker.kill()
    psutil.wait_procs([kernel], timeout=5)
    assert not kernel.is_running()
    assert await_zygote(Path(zygote))


def test_a_shared_zygote_that_is_gone_is_replaced_by_ones_own(tmp_path: Path) -> None:
    gone = tmp_path / "elsewhere" / "zygote"
    assert not await_zygote(gone)
    start = kernel_start.in_sandbox(Limits(), modules=PRELOAD, zygote=str(gone))
    made = JudgedKernel(start, Budget.of_seconds(60))
    assert says(made, "print('here')") == "here"
    made.stop()


def test_a_control_group_is_removed_with_its_notebook_kernel() -> None:
    group = ControlGroup.create(2**28, 50)
    assert all(folder.is_dir() for folder in group.folders)
    group.remove()
    assert not any(folder.exists() for folder in group.folders)


def test_without_bubblewrap_the_reason_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    why_no_sandbox.cache_clear()
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    try:
        assert "bubblewrap is not installed" in why_no_sandbox()
        with pytest.raises(NoSandbox, match="apt-get install bubblewrap"):
            sandbox.start_confined_zygote(())
    finally:
        monkeypatch.undo()
        why_no_sandbox.cache_clear()


def test_solutions_in_readable_folders_are_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gpu_labs").mkdir()
    (tmp_path / "gpu_labs" / "exercise.md").write_text("solution")
    monkeypatch.setattr(sandbox, "PROJECT", tmp_path)
    command = sandbox._bubblewrap(tmp_path, gpu=False)
    place = command.index(str(tmp_path / "gpu_labs" / "exercise.md"))
    assert command[place - 2 : place] == ["--ro-bind", "/dev/null"]


def test_a_launch_that_fails_leaves_no_control_group(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ControlGroup] = []
    create = ControlGroup.create

    def remembered(memory: int, processes: int) -> ControlGroup:
        made.append(create(memory, processes))
        return made[-1]

    def refuse(*_: Any) -> None:
        raise OSError("no such process")

    monkeypatch.setattr(ControlGroup, "create", staticmethod(remembered))
    monkeypatch.setattr(ControlGroup, "add", refuse)
    with pytest.raises(OSError, match="no such process"):
        kernel_start.in_sandbox(Limits(), modules=PRELOAD)()
    assert made and not any(folder.exists() for group in made for folder in group.folders)
