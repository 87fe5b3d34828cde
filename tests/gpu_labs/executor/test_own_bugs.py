"""A mistake of the executor is shown as one, and is not taken for a kernel that it cannot run."""

import numpy as np
import pytest

from gpu_labs import cuda
from gpu_labs.executor.frontend import statements, type_inference
from gpu_labs.executor.frontend.private_names import types
from graphviz_tools.errors import InternalError


def copy(x, y):
    y[0] = x[0]


@pytest.mark.parametrize("error", [AssertionError, AttributeError, KeyError, TypeError, ValueError])
def test_a_bug_in_the_front_end_is_reported_as_ours(error, monkeypatch):
    def broken(self):
        raise error("a bug of ours")

    monkeypatch.setattr(statements.FunctionLowering, "_learn_constants", broken)
    with pytest.raises(InternalError, match=r"mistake of Graph Duet and not of your code.*a bug of ours"):
        cuda.jit(copy)[1, 1](np.ones(1), np.zeros(1))


def test_a_bug_behind_the_question_to_numba_is_no_answer_of_numba(monkeypatch):
    def broken(self, function):
        raise NameError("a bug of ours")

    monkeypatch.setattr(type_inference.CUDACompiler, "compile_extra", broken)
    with pytest.raises(NameError, match="a bug of ours"):
        type_inference.lowering_problem(copy, (types.float64[:], types.float64[:]))
