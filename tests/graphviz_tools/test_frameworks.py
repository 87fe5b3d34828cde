"""TensorFlow and Triton in one process: only in the order in which they live together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRITON = "print('triton')"
TENSORFLOW = "print('tensorflow')"


@pytest.mark.parametrize(
    ("user", "order"), [("", ["triton", "tensorflow"]), ("import tensorflow", ["tensorflow"])]
)
def test_triton_is_imported_before_tensorflow_or_not_at_all(
    tmp_path: Path, user: str, order: list[str]
) -> None:
    """Empty packages stand for both: the real Triton comes with CUDA builds alone, and aborts the process."""
    for name, source in {"triton": TRITON, "tensorflow": TENSORFLOW, "torch": ""}.items():
        (tmp_path / f"{name}.py").write_text(source)
    code = "from graphviz_tools.frameworks import import_tensorflow; import_tensorflow()"
    program = f"import sys; sys.path[:0] = {[str(tmp_path), str(ROOT)]!r}\n{user}\n{code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == order
