"""No false alarm: every correct kernel runs on both engines, gives NumPy's result and has no finding."""

from __future__ import annotations

import inspect as python_inspect
from importlib import import_module

import numpy as np
import pytest

from gpu_labs import inspect

from .samples import CORRECT, Correct

THEMES = (
    "elementwise",
    "dimensions",
    "reductions",
    "scans",
    "tiles",
    "atomics",
    "warps",
    "arrays",
    "numbers",
    "programs",
    "courses",
    "methods",
    "models",
    "language",
    "flow",
    "silence",
    "causes",
    "records",
    "mixed",
    "algorithms",
    "nested",
)
for theme in THEMES:
    import_module(f"{__package__}.correct_{theme}")


def name(sample: Correct) -> str:
    return sample.kernel.py_func.__name__


def test_every_kernel_has_a_name_of_its_own():
    assert len({name(sample) for sample in CORRECT}) == len(CORRECT)


@pytest.mark.parametrize("order", [None, 7, 23], ids=["in order", "shuffled", "shuffled again"])
@pytest.mark.parametrize("engine", ["lock-step", "serial"])
@pytest.mark.parametrize("sample", CORRECT, ids=name)
def test_a_correct_kernel_is_right_and_has_no_finding(sample: Correct, engine: str, order: int | None):
    parameters = list(python_inspect.signature(sample.kernel.py_func).parameters)
    arguments = dict(zip(parameters, sample.arguments(np.random.default_rng(0)), strict=True))
    before = {
        key: np.copy(value) if isinstance(value, np.ndarray) else value for key, value in arguments.items()
    }
    launch = inspect(
        sample.kernel,
        sample.grid,
        sample.block,
        *arguments.values(),
        engine=engine,
        seed=order,
        shared_bytes=sample.shared_bytes,
    )
    assert launch.engine == engine or launch.notes  # where serial cannot run it, the record says why
    assert launch.findings == ()
    expected = sample.expected(**before)
    for key, value in arguments.items():
        if isinstance(value, np.ndarray) and not (key in expected and expected[key] is None):
            right = np.asarray(expected.get(key, before[key]))
            if value.dtype.names:
                assert all(np.allclose(value[field], right[field]) for field in value.dtype.names)
            else:
                np.testing.assert_allclose(value, right, rtol=sample.tolerance, atol=sample.tolerance)
