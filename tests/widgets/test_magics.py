"""`%%record torch` and `%%record tensorflow` in a real IPython shell."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from widgets import magics


@pytest.fixture
def shell(monkeypatch):
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "widgets")
    shell.shown = []
    monkeypatch.setattr(magics, "display", shell.shown.append)
    yield shell
    InteractiveShell.clear_instance()


def test_a_torch_cell_is_recorded_with_its_lines_and_keeps_its_variables(shell):
    cell = "import torch\nx = torch.tensor([1., 2.], requires_grad=True)\ny = (x * 3).sum()\ny.backward()\n"
    shell.run_cell_magic("record", "torch as recording", cell)
    recording = shell.user_ns["recording"]
    assert [step.op for step in recording.steps if step.phase == "forward"][-2:] == ["mul", "sum"]
    assert any(step.phase == "backward" for step in recording.steps)
    assert next(step.line.line for step in recording.steps if step.op == "mul") == 3
    assert shell.user_ns["x"].grad.tolist() == [3.0, 3.0]
    assert shell.shown[0].recording is recording


def test_a_cell_that_raises_shows_its_steps_and_still_raises(shell):
    cell = "import torch\nx = torch.ones(2)\ny = x * 2\ny @ torch.ones(3)\n"
    with pytest.raises(RuntimeError, match="size"):
        shell.run_cell_magic("record", "torch", cell)
    assert shell.shown[0].recording.error


def test_the_last_call_of_a_tensorflow_cell_is_recorded(shell):
    cell = "import tensorflow as tf\ndef f(x, k):\n    return tf.reduce_sum(x * k)\nf(tf.constant([1., 2.]), k=3.)\n"
    shell.run_cell_magic("record", "tensorflow as recording", cell)
    recording = shell.user_ns["recording"]
    assert {step.phase for step in recording.steps} == {"trace", "run"}
    assert recording.outputs[0].numbers == (9.0,)
    assert "f" in shell.user_ns


def test_what_has_no_line_in_the_called_function_shows_the_line_of_the_call(shell):
    """Run as a notebook does: the line that IPython makes of `%%record` is nobody's."""
    shell.run_cell(
        "%%record tensorflow as recording\nimport tensorflow as tf\ntf.sin(tf.ones(2))\n"
    ).raise_error()
    recording = shell.user_ns["recording"]
    assert {step.line and step.line.text for step in recording.steps} == {"tf.sin(tf.ones(2))"}
    assert [source.text for source in recording.sources] == ["tf.sin(tf.ones(2))"]


def test_a_whole_cell_of_eager_tensorflow_is_recorded(shell):
    cell = (
        "import tensorflow as tf\nx = tf.constant(3.0)\nwith tf.GradientTape() as tape:\n"
        "    tape.watch(x)\n    y = x * x\ndx = tape.gradient(y, x)\n"
    )
    shell.run_cell_magic("record", "tensorflow eager as recording", cell)
    recording = shell.user_ns["recording"]
    assert recording.framework == "tensorflow.eager"
    assert [step.op for step in recording.steps if step.phase == "backward"] == [
        "gradient",
        "Mul",
        "gradient",
    ]
    assert float(shell.user_ns["dx"]) == 6.0
    assert next(step.line.line for step in recording.steps if step.op == "Mul") == 5


def test_a_stopped_cell_shows_what_ran(shell):
    cell = "import tensorflow as tf\nx = tf.constant(3.0) * 2.0\nraise KeyboardInterrupt\n"
    with pytest.raises(KeyboardInterrupt):
        shell.run_cell_magic("record", "tensorflow eager", cell)
    assert [step.op for step in shell.shown[0].recording.steps][:2] == ["constant", "Mul"]


def test_a_cell_that_awaits_is_recorded(shell):
    cell = (
        "import asyncio, torch\nasync def later(x):\n    await asyncio.sleep(0)\n    return x * 2\n"
        "y = await later(torch.ones(2))\nz = y.sum()\n"
    )

    async def in_a_notebook():  # whose event loop is running when a cell does
        shell.run_cell_magic("record", "torch as recording", cell)
        await asyncio.sleep(0)
        return asyncio.get_running_loop()

    with ThreadPoolExecutor(1) as elsewhere:  # a browser test may have left a loop running in this thread
        assert elsewhere.submit(lambda: asyncio.run(in_a_notebook())).result() is not None
    assert [step.op for step in shell.user_ns["recording"].steps] == ["ones", "mul", "sum"]
    assert float(shell.user_ns["z"]) == 4.0


WRONG = "torch as|torch as 3x|torch recording|torch as a b|tensorflow eager as|tensorflow eager x"


@pytest.mark.parametrize("line", ["", "jax", *WRONG.split("|")])
def test_a_wrong_line_gives_one_clear_line(shell, line):
    with pytest.raises(UsageError, match="write %%record torch or %%record tensorflow"):
        shell.run_cell_magic("record", line, "1")


def test_an_unknown_framework_is_named(shell):
    with pytest.raises(UsageError, match="there is no recorder 'jaxx': write %%record torch"):
        shell.run_cell_magic("record", "jaxx", "1")


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_a_syntax_error_is_one_line_with_the_learners_own(shell, framework):
    with pytest.raises(UsageError, match=r"^'\(' was never closed, line 2 below %%record: y = f\(3$"):
        shell.run_cell_magic("record", framework, "x = 1\ny = f(3\n")


def test_a_tensorflow_cell_without_a_call_gets_a_message_with_what_to_end_with(shell):
    with pytest.raises(UsageError, match="end a %%record tensorflow cell with the call"):
        shell.run_cell_magic("record", "tensorflow", "y = 3\n")


@pytest.mark.parametrize("last", ["x = await later()\nf(x)\n", "f(await later())\n"])
def test_a_tensorflow_cell_may_await(shell, last):
    cell = (
        "import tensorflow as tf\nasync def later():\n    return tf.ones(2)\ndef f(x):\n    return x * 2.0\n"
    )
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(shell.run_cell_magic, "record", "tensorflow as recording", cell + last).result()
    assert shell.user_ns["recording"].outputs[0].numbers == (2.0, 2.0)
