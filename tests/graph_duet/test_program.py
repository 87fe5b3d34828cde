"""`file.py:function` finds the user's program, or says in one line why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_duet import program
from graphviz_tools.errors import UserError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my_model.py"
    path.write_text(
        "import math\nSCALE = 2\n"
        "def area(r):\n    return SCALE * math.pi * r\n"
        "class Net:\n    def __call__(self):\n        return 1\n"
        "class Wide(Net):\n    def __init__(self, width):\n        self.width = width\n"
    )
    return path


def test_a_function_is_found_with_its_arguments(file: Path) -> None:
    found = program.load(f"{file}:area", ("SCALE + 1",))
    assert found.arguments == (3,)
    assert found.call(1) == pytest.approx(6.2831853)


def test_a_class_is_called_first(file: Path) -> None:
    assert program.load(f"{file}:Net").call() == 1


@pytest.mark.parametrize(
    ("text", "framework"),
    [
        ("import torch", "torch"),
        ("from tensorflow import keras", "tensorflow"),
        ("import keras", "tensorflow"),
        ("import jax.numpy as jnp", "jax"),
        ("", "torch"),
    ],
)
def test_the_framework_is_the_one_that_the_file_imports(text: str, framework: str) -> None:
    assert program.framework_of(len, program.imported_frameworks(text, "m.py")) == framework


@pytest.mark.parametrize(
    ("name", "framework"), [("eager", "torch"), ("static", "tensorflow"), ("Net", "torch")]
)
def test_a_file_of_both_frameworks_is_recorded_by_the_framework_of_its_function(
    tmp_path: Path, name: str, framework: str
) -> None:
    both = tmp_path / "both.py"
    both.write_text(
        "import tensorflow as tf\nimport torch\nfrom torch import nn\n"
        "def eager(): return torch.ones(2).sum()\n"
        "@tf.function\ndef static(): return tf.reduce_sum(tf.ones(2))\n"
        "class Net(nn.Module):\n    def forward(self): return 0\n"
    )
    assert program.load(f"{both}:{name}").framework == framework


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("area", "names no function: write it as file.py:function"),
        ("nowhere.py:area", "there is no file nowhere.py"),
        ("{file}:aera", "has no aera; it has Net, Wide, area"),
        ("{file}:SCALE", "SCALE in .* is a int, which cannot be called"),
        ("{file}:Wide", r"needs arguments .*'width'.*: write `model = Wide\(\.\.\.\)`"),
        ("{file}:area", "missing a required argument: 'r'; give each argument with --input"),
    ],
)
def test_a_wrong_target_is_one_clear_line(file: Path, target: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        program.load(target.format(file=file))


def test_a_wrong_input_says_which(file: Path) -> None:
    with pytest.raises(UserError, match="--input 'nope': NameError"):
        program.load(f"{file}:area", ("nope",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(:", "line 1"),
        ("1/0", "raised ZeroDivisionError"),
        ("raise SystemExit(3)", "raised SystemExit: 3"),
        ("class f:\n def __init__(self): self.x", r"f\(\) in .* raised AttributeError"),
        ("\0", "not a Python file|null byte"),
    ],
)
def test_a_broken_file_says_where(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "broken_model.py"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        program.load(f"{path}:f")
