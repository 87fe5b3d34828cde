"""Lesson kernels are forks of one preloaded process, and behave as learners know kernels."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from graph_duet.notebook_kernels import install_kernelspec, shared_zygote, start_zygote
from graph_duet.notebook_kernels.zygote import preload

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> KernelSpecManager:
    folder = tmp_path_factory.mktemp("data") / "kernels"
    install_kernelspec(folder / "python3")
    return KernelSpecManager(kernel_dirs=[str(folder)])


@pytest.fixture(scope="module")
def zygote() -> Iterator[shared_zygote.Zygote]:
    made = start_zygote()
    assert made.wait_until_ready(120)
    yield made
    made.close()


class Kernel:
    """A running kernel and what it answers."""

    def __init__(self, specs: KernelSpecManager, folder: Path):
        self.manager = KernelManager(kernel_name="python3", kernel_spec_manager=specs)
        self.manager.start_kernel(cwd=str(folder))
        self.connect()

    def connect(self) -> None:
        client = self.manager.client()
        assert isinstance(client, BlockingKernelClient)
        self.client = client
        client.start_channels()
        client.wait_for_ready(timeout=60)

    def says(self, source: str) -> str:
        said: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            said.append(content.get("text") or content.get("ename") or "")

        self.client.execute_interactive(source, output_hook=hear, timeout=60)
        return "".join(said).strip()

    @property
    def pid(self) -> int:
        provisioner: Any = self.manager.provisioner
        return provisioner.process.pid

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(specs: KernelSpecManager, zygote: shared_zygote.Zygote, tmp_path: Path) -> Iterator[Kernel]:
    made = Kernel(specs, tmp_path)
    yield made
    made.stop()


def test_a_notebook_kernel_has_both_frameworks_and_computes(
    kernel: Kernel, zygote: shared_zygote.Zygote
) -> None:
    assert psutil.Process(kernel.pid).ppid() == zygote.pid
    assert (
        kernel.says("import sys; print('torch' in sys.modules, 'tensorflow' in sys.modules)") == "True True"
    )
    assert (
        kernel.says(
            "import torch; x = torch.ones(3, requires_grad=True); (x * x).sum().backward(); print(x.grad.sum().item())"
        )
        == "6.0"
    )
    assert (
        kernel.says("import tensorflow as tf; print(tf.function(lambda x: x + 1)(tf.constant(1)).numpy())")
        == "2"
    )


def test_it_works_in_the_notebooks_folder_with_its_environment(kernel: Kernel, tmp_path: Path) -> None:
    assert kernel.says("import os; print(os.getcwd())") == str(tmp_path)
    (tmp_path / "beside.py").write_text("x = 5")
    assert kernel.says("import beside; print(beside.x)") == "5"


def test_notebook_kernels_draw_different_random_numbers(
    kernel: Kernel, specs: KernelSpecManager, tmp_path: Path
) -> None:
    other = Kernel(specs, tmp_path)
    draw = "import numpy, random; print(numpy.random.rand(), random.random())"
    try:
        assert set(kernel.says(draw).split()).isdisjoint(other.says(draw).split())
    finally:
        other.stop()


def test_a_second_kernel_has_less_than_200_mb_of_its_own(kernel: Kernel) -> None:
    kernel.says("import torch, tensorflow as tf; torch.ones(9).sum(); tf.reduce_sum(tf.ones(9))")
    assert psutil.Process(kernel.pid).memory_full_info().uss < 200e6


def test_an_interrupt_stops_a_cell_and_keeps_the_names(kernel: Kernel) -> None:
    kernel.says("kept = 41")
    # With stop_on_error a kernel gives up, unrun, whatever was asked when the error came.
    source = "import time\nfor _ in range(600): time.sleep(0.1)"
    asked = kernel.client.execute(source, stop_on_error=False)
    time.sleep(0.5)
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=30)
    assert (reply["parent_header"]["msg_id"], reply["content"]["ename"]) == (asked, "KeyboardInterrupt")
    assert kernel.says("print(kept + 1)") == "42"


def test_a_restart_gives_a_new_process_without_the_old_names(kernel: Kernel) -> None:
    kernel.says("gone = 1")
    before = kernel.pid
    kernel.client.stop_channels()
    kernel.manager.restart_kernel(now=True)
    kernel.connect()
    assert kernel.pid != before
    assert kernel.says("print('gone' in globals())") == "False"


def test_the_end_of_a_notebook_kernel_is_noticed(kernel: Kernel) -> None:
    os.kill(kernel.pid, signal.SIGKILL)
    provisioner: Any = kernel.manager.provisioner
    assert provisioner.process.wait(10) == -signal.SIGKILL
    assert not kernel.manager.is_alive()


def test_without_forking_a_notebook_kernel_starts_as_usual(
    specs: KernelSpecManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUET_NO_ZYGOTE", "1")
    plain = Kernel(specs, tmp_path)
    try:
        assert plain.says("print(6 * 7)") == "42"
        provisioner: Any = plain.manager.provisioner
        assert isinstance(provisioner.process, subprocess.Popen)
    finally:
        plain.stop()


def test_a_zygote_that_cannot_start_costs_only_time(
    specs: KernelSpecManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = shared_zygote.Zygote([sys.executable, "-c", ""], tmp_path / "none" / "zygote")
    monkeypatch.setattr("graph_duet.notebook_kernels.provisioner.start_zygote", lambda: ended)
    plain = Kernel(specs, tmp_path)
    try:
        assert plain.says("print(6 * 7)") == "42"
    finally:
        plain.stop()


class SlowZygote:
    """A zygote that is ready when the test says so, and cannot fork even then."""

    def __init__(self) -> None:
        self.path = Path("/nowhere")
        self.asked, self.ready = threading.Event(), threading.Event()

    def wait_until_ready(self) -> bool:
        self.asked.set()
        return not self.ready.wait(60)


@pytest.fixture
def slow_zygote(monkeypatch: pytest.MonkeyPatch) -> SlowZygote:
    made = SlowZygote()
    monkeypatch.setattr("graph_duet.notebook_kernels.provisioner.start_zygote", lambda: made)
    return made


def test_a_notebook_gets_its_notebook_kernel_while_the_frameworks_are_still_imported(
    specs: KernelSpecManager, tmp_path: Path, slow_zygote: SlowZygote
) -> None:
    manager = KernelManager(kernel_name="python3", kernel_spec_manager=specs)
    manager.start_kernel(cwd=str(tmp_path))  # returns, or JupyterLab would drop "run all cells"
    try:
        assert slow_zygote.asked.wait(10)
        assert manager.is_alive()
        client = manager.client()
        assert isinstance(client, BlockingKernelClient)
        client.start_channels()
        asked = client.execute("print(6 * 7)")
        slow_zygote.ready.set()
        reply = client.get_shell_msg(timeout=60)
        assert (reply["parent_header"]["msg_id"], reply["content"]["status"]) == (asked, "ok")
        client.stop_channels()
    finally:
        manager.shutdown_kernel(now=True)


def test_a_notebook_kernel_shut_down_before_it_started_never_starts(
    specs: KernelSpecManager, tmp_path: Path, slow_zygote: SlowZygote
) -> None:
    manager = KernelManager(kernel_name="python3", kernel_spec_manager=specs)
    manager.start_kernel(cwd=str(tmp_path))
    provisioner: Any = manager.provisioner
    process = provisioner.process
    manager.shutdown_kernel(now=True)
    assert not manager.is_alive()
    slow_zygote.ready.set()
    gone = process.pid  # waits for the start that nobody wants any more
    assert psutil.wait_procs([psutil.Process(gone)] if psutil.pid_exists(gone) else [], timeout=10)[1] == []


def test_preloading_goes_on_without_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert "json" in preload(["no_such_module", "json"])
    assert "no_such_module is not preloaded" in capsys.readouterr().err


def test_the_rest_is_imported_while_nobody_asks_for_a_notebook_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = tmp_path / "came"
    (tmp_path / "comes_later.py").write_text(f"open({str(came)!r}, 'w').close()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    path = tmp_path / "run" / "zygote"
    path.parent.mkdir()
    command = [sys.executable, "-m", "graph_duet.notebook_kernels.zygote", str(path), "json"]
    made = shared_zygote.Zygote([*command, "--", "comes_later"], path)
    try:
        assert made.wait_until_ready(120)
        until = time.monotonic() + 120
        while not came.exists() and time.monotonic() < until:
            time.sleep(0.1)
        assert came.exists() and made.wait_until_ready(120)
    finally:
        made.close()


def test_nothing_of_cuda_is_initialised_before_a_fork() -> None:
    code = (
        "from graph_duet.notebook_kernels.zygote import preload, fork_is_safe\n"
        "from graph_duet.notebook_kernels.shared_zygote import EXERCISE_MODULES, LESSON_MODULES\n"
        "preload((*LESSON_MODULES, *EXERCISE_MODULES)); import torch\n"
        "print(torch.cuda.is_initialized(), fork_is_safe())\n"
        "torch.cuda.is_initialized = lambda: True; print(fork_is_safe())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["False", "True", "False"], done.stderr


def test_the_kernelspec_names_our_provisioner_and_this_interpreter(tmp_path: Path) -> None:
    spec = json.loads((install_kernelspec(tmp_path / "python3") / "kernel.json").read_text())
    assert spec["argv"][0] == sys.executable
    assert spec["metadata"]["kernel_provisioner"] == {"provisioner_name": "duet-forked"}
