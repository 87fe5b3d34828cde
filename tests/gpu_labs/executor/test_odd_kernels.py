"""Whatever a kernel contains, its author gets the right result, a finding, or a sentence: no Python error of ours."""

from __future__ import annotations

import numpy as np
import pytest
from numba import guvectorize, vectorize

from gpu_labs import KernelTypeError, cuda, inspect
from gpu_labs.executor import run as running
from gpu_labs.executor.jit_options import known_options
from gpu_labs.executor.launch_record import ExecutorError
from graphviz_tools.errors import UserError

from .odd import arguments, several_arrays, syntax, wrong_calls, wrong_types
from .odd.sample import ODD, Odd, four
from .odd.syntax import while_else
from .odd.wrong_calls import gives_nothing

THEMES = (arguments, several_arrays, syntax, wrong_calls, wrong_types)  # each adds to ODD


def name(odd: Odd) -> str:
    return odd.kernel.py_func.__name__


@pytest.mark.parametrize("odd", ODD, ids=name)
def test_an_odd_kernel_is_right_or_found_or_refused_in_words(odd: Odd):
    for engine in ("lock-step", "serial"):
        arguments = odd.arguments()
        if odd.words:
            with pytest.raises(KernelTypeError) as refused:
                inspect(odd.kernel, 1, odd.block, *arguments, engine=engine)
            assert odd.words in str(refused.value)
            assert "object at 0x" not in str(refused.value)
            assert "has no attribute" not in str(refused.value)
            continue
        for order in (None, 7, 23):
            arguments = odd.arguments()
            launch = inspect(odd.kernel, 1, odd.block, *arguments, engine=engine, seed=order)
            assert launch.engine == engine or launch.notes  # which say why
            assert [finding.kind for finding in launch.findings] == [odd.finding] * bool(odd.finding)
            if odd.right is not None:
                np.testing.assert_array_equal(arguments[-1], odd.right)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: inspect(None, 1, 4), "what @cuda.jit made"),
        (lambda: inspect(while_else[1, 4], 1, 4), "a launch such as"),
        (lambda: inspect(while_else, 1, 4, *four(), seed=-1), "seed"),
        (lambda: inspect(while_else, 1, 4, *four(), step_budget=0), "step_budget"),
        (lambda: inspect(while_else, 1, 4, *four(), shared_bytes="a"), "shared_bytes"),
        (lambda: while_else.forall("4"), "forall"),
        (lambda: while_else.forall(-4), "forall"),
        (lambda: while_else[1, 4](), "takes 1 argument"),
        (lambda: while_else[1, 4](2**70), "64 bits"),
        (lambda: gives_nothing[1, 4](*four()), "leave device=True out"),
        (lambda: gives_nothing(*four()), "py_func"),
        (lambda: cuda.jit("void(quux[:])")(lambda o: None), "'quux'"),
        (lambda: cuda.jit("void(float64[:)")(lambda o: None), "not a signature"),
        (lambda: cuda.jit("void()")(lambda o: None), "1 parameter, and its signature 0 types"),
        (lambda: cuda.jit(len), "before a Python function"),
        (lambda: cuda.jit(lambda *, o: None)[1, 1](1), "after `*`"),
    ],
)
def test_a_wrong_call_is_one_sentence(wrong, words):
    with pytest.raises(UserError, match=words.replace("*", r"\*").replace("(", r"\(")):
        wrong()


@pytest.mark.parametrize("place", ["_OneLaunch._stretch", "prepare"], ids=["engine", "front end"])
def test_a_mistake_of_the_executor_is_said_to_be_one(monkeypatch, place):
    def fails(*_given):
        raise KeyError("v_made3")

    monkeypatch.setattr(f"{running.__name__}.{place}", fails)
    with pytest.raises(ExecutorError, match="The mistake is the executor's") as failed:
        inspect(while_else, 1, 4, *four())
    assert isinstance(failed.value.__cause__, KeyError)


def test_vectorize_for_a_gpu_is_refused_in_words():
    def add(x, y):
        return x + y

    with pytest.raises(UserError, match="Here write add as a kernel"):
        vectorize(["float32(float32, float32)"], target="cuda")(add)
    with pytest.raises(UserError, match="need a GPU"):
        guvectorize(["void(float32[:], float32[:])"], "(n)->()", target="cuda")(add)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"unknown_option": True}, "cuda.jit has no option unknown_option. It knows cache, debug, device"),
        ({"device": True, "fast_math": True}, "no option fast_math"),
        ({"nopython": True}, "no option nopython. Leave it out: every kernel is compiled"),
        ({"boundscheck": False}, "no option boundscheck. Leave it out: an index outside"),
        ({"argtypes": []}, "no option argtypes. Write the signature first"),
    ],
)
def test_an_option_that_numba_does_not_know_is_refused_where_it_is_written(options, words):
    for given in ((), ("void()",), (four,)):
        with pytest.raises(UserError) as refused:
            cuda.jit(*given, **options)
        assert words in str(refused.value)


def test_each_option_that_numba_knows_is_taken():
    quiet = {"cache": False, "debug": False, "device": False, "extensions": [], "fastmath": True, "forceinline": True,
             "inline": "never", "launch_bounds": 64, "lineinfo": False, "link": (), "lto": None, "max_registers": 32,
             "opt": True, "shared_memory_carveout": None}  # fmt: skip
    assert sorted(quiet) == known_options()
    cuda.jit(**quiet)(while_else.py_func)[1, 4](*four())
