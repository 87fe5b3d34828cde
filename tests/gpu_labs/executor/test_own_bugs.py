"""A mistake of the executor is shown as one, and is not taken for a kernel that it cannot run."""

import numpy as np
import pytest

from gpu_labs import cuda
from gpu_labs.executor.frontend import statements, type_inference
from gpu_labs.executor.frontend.private_names import NumbaError, types
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


@cuda.jit(device=True)
def doubled(x):
    return 2 * x


def with_a_device_function(x, y):
    y[0] = doubled(x[0])


@pytest.mark.parametrize("error", [TypeError, ValueError])
@pytest.mark.parametrize("place", ["pysignature", "_pipeline", "PassManager"])
def test_a_bug_while_numba_types_a_kernel_is_not_numbas_refusal(place, error, monkeypatch):
    def broken(*_given, **_named):
        raise error("a bug of ours")

    monkeypatch.setattr(type_inference, place, broken)
    with pytest.raises(InternalError, match=r"please report it.*a bug of ours"):
        type_inference.type_kernel(with_a_device_function, (types.float64[:], types.float64[:]))


def test_a_bug_that_numba_wraps_in_its_own_error_is_found(monkeypatch):
    def broken(*_given):
        raise TypeError("a bug of ours")

    def wrapped(*_given):
        try:
            type_inference.contexts()
        except TypeError as bug:
            raise NumbaError("Failed in cuda mode pipeline") from bug

    monkeypatch.setattr(type_inference, "_contexts", None)
    monkeypatch.setattr(type_inference, "CUDATypingContext", broken)
    monkeypatch.setattr(type_inference, "_infer", wrapped)
    with pytest.raises(InternalError, match=r"please report it.*a bug of ours"):
        type_inference.type_kernel(with_a_device_function, (types.int32[:], types.int32[:]))
