"""The executor needs NumPy and Numba, and nothing else of what the project uses."""

import subprocess
import sys

PROGRAM = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "tensorflow", "jax", "IPython", "matplotlib", "graphviz", "anywidget"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
import numpy as np
from gpu_labs import cuda, inspect

@cuda.jit
def double(x):
    i = cuda.grid(1)
    if i < x.size:
        x[i] *= 2

x = np.arange(5.0)
double[1, 8](x)
print(x.tolist(), inspect(double, 1, 8, x).findings)
"""


def test_it_runs_where_no_framework_is_installed(tmp_path):
    script = tmp_path / "alone.py"
    script.write_text(PROGRAM)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[0.0, 2.0, 4.0, 6.0, 8.0] ()", done.stderr
