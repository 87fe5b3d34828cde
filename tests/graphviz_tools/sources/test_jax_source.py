"""record_jax tells a jaxpr with its branches and loops, and the values of a plain run."""

from __future__ import annotations

from functools import cache

import pytest

from graphviz_tools.recording import Recording

jax = pytest.importorskip("jax")
import jax.numpy as jnp  # noqa: E402

from graphviz_tools.sources.jax.recorder import record_jax  # noqa: E402


def arithmetic(x, y):
    total = x * 2 + y
    return jnp.tanh(total)


def cond(x):
    return jax.lax.cond(x.sum() > 0, lambda x: x + 1, lambda x: x * 3, x)


def switch(which, x):
    return jax.lax.switch(which, [jnp.sin, jnp.cos, jnp.tan], x)


def while_loop(x):
    return jax.lax.while_loop(lambda state: state.sum() < 100, lambda state: state * 2, x)


def scan(xs):
    def turn(total, x):
        return total + x, total * x

    return jax.lax.scan(turn, jnp.zeros(()), xs)


def backward_scan(xs):
    return jax.lax.scan(lambda c, x: (c * 0.5 + x, c), jnp.zeros(()), xs, reverse=True)


def gradient(w, x):
    return jax.grad(lambda w: jnp.mean((x @ w) ** 2))(w)


def jitted(x):
    return jax.jit(lambda x: jax.nn.relu(x) + 1)(x)


def batched(xs):
    return jax.vmap(lambda x: x @ x)(xs)


def random(seed):
    return jax.random.normal(jax.random.key(seed), (3,))


def structured(batch):
    return {"sum": batch["a"] + batch["b"][0]}


PROGRAMS = {
    "arithmetic": (arithmetic, (jnp.arange(3.0), jnp.ones(3))),
    "cond, true": (cond, (jnp.ones(3),)),
    "cond, false": (cond, (-jnp.ones(3),)),
    "switch": (switch, (1, jnp.ones(2))),
    "while": (while_loop, (jnp.ones(3),)),
    "scan": (scan, (jnp.arange(4.0),)),
    "backward scan": (backward_scan, (jnp.arange(4.0),)),
    "gradient": (gradient, (jnp.ones(3), jnp.arange(6.0).reshape(2, 3))),
    "jitted": (jitted, (jnp.arange(-2.0, 2.0),)),
    "batched": (batched, (jnp.ones((2, 3)),)),
    "random": (random, (7,)),
    "structured": (structured, ({"a": jnp.ones(2), "b": [jnp.arange(2.0)]},)),
}
ALL = pytest.mark.parametrize("name", PROGRAMS)


@cache
def recorded(name: str) -> Recording:
    fn, args = PROGRAMS[name]
    return record_jax(fn, *args)


def primitives_in(jaxpr) -> list[str]:
    found = []
    for eqn in jaxpr.eqns:
        for value in eqn.params.values():
            for inner in value if isinstance(value, tuple | list) else (value,):
                found += primitives_in(inner) if hasattr(inner, "eqns") else []
        found.append(eqn.primitive.name)
    return found


@ALL
def test_the_ops_are_the_equations_of_the_jaxpr_with_all_that_it_calls(name: str):
    fn, args = PROGRAMS[name]
    ops = [n.op for n in recorded(name).nodes if n.kind in ("op", "branch")]
    assert sorted(ops) == sorted(primitives_in(jax.make_jaxpr(fn)(*args).jaxpr))


@ALL
def test_what_it_gives_is_what_a_plain_run_gives(name: str):
    fn, args = PROGRAMS[name]
    plain = jax.tree_util.tree_leaves(fn(*args))
    assert not recorded(name).error
    assert [v.shape for v in recorded(name).outputs] == [leaf.shape for leaf in plain]
    for value, leaf in zip(recorded(name).outputs, plain, strict=True):
        assert value.numbers == pytest.approx(leaf.ravel().tolist(), rel=1e-6)


@ALL
def test_while_it_is_traced_nothing_has_a_number(name: str):
    assert all(v.numbers is None for s in recorded(name).steps if s.phase == "trace" for v in s.writes)


def test_ops_name_the_user_line_that_made_them():
    lines = {n.op: n.line.text for n in recorded("arithmetic").nodes if n.line}
    assert lines == dict.fromkeys(["mul", "add"], "total = x * 2 + y") | {"tanh": "return jnp.tanh(total)"}
    (turn,) = {n.line.text for n in recorded("scan").nodes if n.scope == ("scan", "body") and n.line}
    assert turn == "return total + x, total * x"


def test_arguments_carry_the_names_of_the_program():
    inputs = [n.label for n in recorded("structured").nodes if n.kind == "input"]
    assert inputs == ["batch[0]", "batch[1]"]
    assert [n.label for n in recorded("arithmetic").nodes if n.kind == "input"] == ["x", "y"]


@pytest.mark.parametrize(
    ("name", "taken", "other"), [("cond, true", "then", "else"), ("cond, false", "else", "then")]
)
def test_both_branches_are_built_and_only_the_taken_one_runs(name: str, taken: str, other: str):
    recording = recorded(name)
    assert {("cond", "then"), ("cond", "else")} <= {n.scope for n in recording.nodes}
    ran = {s.scope for s in recording.steps if s.phase == "run"}
    assert ("cond", taken) in ran
    assert ("cond", other) not in ran


def test_a_switch_counts_its_cases():
    (control,) = [s.control for s in recorded("switch").steps if s.control]
    assert (control.decided, control.taken) == ("1", "case 1")


def test_a_loop_has_one_body_and_runs_it_once_a_turn():
    turns = [s.control.iteration for s in recorded("while").steps if s.control and s.control.taken == "body"]
    assert turns == [1, 2, 3, 4, 5, 6]
    last = [
        s for s in recorded("while").steps if s.scope == ("while", "body", "iteration 6") and s.op == "mul"
    ]
    assert last[0].writes[0].numbers == (64.0, 64.0, 64.0)


def test_a_run_over_budget_says_how_much_it_left_out():
    fn, args = PROGRAMS["while"]
    short = record_jax(fn, *args, max_steps=4)
    assert sum(s.phase == "run" for s in short.steps) == 4
    assert short.omitted[0].count > 0
    assert short.outputs == recorded("while").outputs


def test_an_error_while_tracing_gives_one_line():
    recording = record_jax(lambda x: x if x > 0 else -x, jnp.ones(()))
    assert recording.error.startswith("TracerBoolConversionError: ")
    assert "\n" not in recording.error


def test_a_non_function_is_refused():
    with pytest.raises(TypeError, match=r"record_jax\(f, x\); got 3"):
        record_jax(3)  # pyright: ignore[reportArgumentType]


def test_every_turn_of_a_scan_and_of_a_while_is_a_frame() -> None:
    def f(x):
        def body(carry, _):
            inner = jax.lax.while_loop(lambda c: c < 4.0, lambda c: c * 2.0, carry)
            return inner + 1.0, carry

        return jax.lax.scan(body, x, None, length=2)

    recording = record_jax(f, 1.0)
    kinds = {scope.path: scope.kind for scope in recording.scopes}
    for step in recording.steps:
        assert all(step.scope[:depth] in kinds for depth in range(1, len(step.scope) + 1))
    turns = ("scan", "body", "iteration 1", "while", "body", "iteration 2")
    assert kinds[turns] == kinds[turns[:3]] == "iteration"
    assert kinds[turns[:4]] == "loop"


def test_what_jax_compiles_as_a_whole_says_that_it_may_round_differently() -> None:
    recording = record_jax(lambda x: jax.jit(jnp.sin)(jax.lax.fori_loop(0, 2, lambda i, v: v * 1.1, x)), 1.0)
    assert [s.op for s in recording.steps if "round differently" in s.note] == ["scan", "jit"]
    plain = record_jax(lambda x: jnp.sin(x) + 1, 1.0)
    assert not any("round" in step.note for step in plain.steps)
