"""Run a jaxpr equation by equation, so that every value can be seen: the taken branch only, every turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Literal

from graphviz_tools.language import _
from graphviz_tools.own_bugs import runs_the_program
from graphviz_tools.recording import Control, Value
from graphviz_tools.sources.common.array_value import array_value
from graphviz_tools.sources.common.budget import Budget
from graphviz_tools.sources.common.static_graph import Path, StaticGraph
from graphviz_tools.sources.jax.graph import Equation, Part

ROUNDING = _(
    "It ran here op by op; JAX compiles it as a whole, and the last digits may then round differently."
)


_COMPILED = frozenset({"jit", "pjit"})


@dataclass
class JaxprRun:
    """Writes `run` steps into `into`."""

    into: StaticGraph
    budget: Budget

    def run(self, part: Part, arguments: Sequence[Any], lap: Path | None = None) -> list[Any]:
        """The outputs of a part for `arguments`; `lap` is the path of the iteration it runs in, if any."""
        scope = part.path if lap is None else lap
        known: dict[Any, Any] = {}
        variables = [*part.jaxpr.constvars, *part.jaxpr.invars]
        for number, var, value in zip(part.inputs, variables, [*part.constants, *arguments], strict=True):
            known[var] = value
            self._show(number, scope, writes=[value])
        for equation in part.equations:
            values = [_read(known, var) for var in equation.eqn.invars]
            outputs = self._run_equation(equation, values, scope, part.path)
            known.update(zip(equation.eqn.outvars, outputs, strict=True))
        outputs = [_read(known, var) for var in part.jaxpr.outvars]
        self._show(part.output, scope, reads=outputs)
        return outputs

    def _run_equation(self, equation: Equation, values: list[Any], scope: Path, path: Path) -> list[Any]:
        name = equation.eqn.primitive.name
        if not equation.parts:
            outputs = bind(equation.eqn, values)
            self._show(equation.number, scope, reads=values, writes=outputs)
            return outputs
        if name == "while":
            return self._while(equation, values, scope, path)
        if name == "scan":
            return self._scan(equation, values, scope, path)
        if name == "cond":
            chosen = min(max(int(values[0]), 0), len(equation.parts) - 1)
            part, inside = equation.parts[chosen], values[1:]
            decided = str(bool(chosen)) if len(equation.parts) == 2 else str(chosen)
            control, note = (
                Control("branch", decided, part.word),
                _("The branch {word!r} has returned.", word=part.word),
            )
        else:
            (part,), inside, control, note = equation.parts, values, None, _("The function has returned.")
            note = f"{note} {ROUNDING}" if name in _COMPILED else note
        self._show(equation.number, scope, reads=values, control=control)
        outputs = self.run(part, inside, (*scope, *part.path[len(path) :]))
        self._show(equation.number, scope, reads=values, writes=outputs, note=note)
        return outputs

    def _while(self, equation: Equation, values: list[Any], scope: Path, path: Path) -> list[Any]:
        test, body = equation.parts
        tests, turns = equation.eqn.params["cond_nconsts"], equation.eqn.params["body_nconsts"]
        for_test, for_body, state = values[:tests], values[tests : tests + turns], values[tests + turns :]
        turn = 0
        while True:
            turn += 1
            lap = f"iteration {turn}"
            (going,) = self.run(test, [*for_test, *state], (*scope, *test.path[len(path) :], lap))
            if not bool(going):
                control = Control("loop", "False", "exit")
                self._show(equation.number, scope, reads=state, writes=state, control=control, note=ROUNDING)
                return state
            self._show(equation.number, scope, reads=state, control=Control("loop", "True", "body", turn))
            state = self.run(body, [*for_body, *state], (*scope, *body.path[len(path) :], lap))

    def _scan(self, equation: Equation, values: list[Any], scope: Path, path: Path) -> list[Any]:
        """Each turn, the body gets one slice of each sequence; what it gives besides the state is stacked."""
        params, (body,) = equation.eqn.params, equation.parts
        fixed, state, sequences = scan_arguments(params, values)
        carried = len(state)
        places = range(params["length"])
        stacked: list[list[Any]] = []
        for turn, place in enumerate(reversed(places) if params["reverse"] else places, 1):
            self._show(equation.number, scope, reads=state, control=Control("loop", "True", "body", turn))
            lap = (*scope, *body.path[len(path) :], f"iteration {turn}")
            outputs = self.run(body, [*fixed, *state, *(s[place] for s in sequences)], lap)
            state = outputs[:carried]
            stacked.append(outputs[carried:])
        if params["reverse"]:
            stacked.reverse()
        empty = [jnp.zeros(var.aval.shape, var.aval.dtype) for var in equation.eqn.outvars[carried:]]
        columns = [jnp.stack(column) for column in zip(*stacked, strict=True)] if stacked else empty
        control = Control("loop", "False", "exit")
        results = [*state, *columns]
        self._show(equation.number, scope, reads=state, writes=results, control=control, note=ROUNDING)
        return results

    def _show(
        self,
        number: int,
        scope: Path,
        *,
        reads: Sequence[Any] = (),
        writes: Sequence[Any] = (),
        control: Control | None = None,
        note: str = "",
    ) -> None:
        if self.budget.spend():
            name = self.into.nodes[number].name
            self.into.step(
                "run",
                number,
                scope=scope,
                reads=[value_of(value) for value in reads],
                writes=[value_of(value, name) for value in writes],
                control=control,
                note=note,
            )


def scan_arguments(params: dict[str, Any], values: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """What a scan is given: constants, the state to begin with, and the sequences."""
    if "ft_in" in params:  # JAX 0.12 (last seen: 0.12.0) groups them itself
        fixed, state, sequences = params["ft_in"].update(values).unpack()
        return list(fixed), list(state), list(sequences)
    constants, carried = params["num_consts"], params["num_carry"]  # JAX up to 0.10
    return values[:constants], values[constants : constants + carried], values[constants + carried :]


def _read(known: dict[Any, Any], var: Any) -> Any:
    return var.val if isinstance(var, Literal) else known[var]


@runs_the_program
def bind(eqn: Any, values: list[Any]) -> list[Any]:
    """The equation's own primitive on concrete values."""
    found = eqn.primitive.get_bind_params(eqn.params)
    functions, params = found if isinstance(found, tuple) else ((), found)  # a pair in JAX before 0.8
    result = eqn.primitive.bind(*functions, *values, **params)
    return list(result) if eqn.primitive.multiple_results else [result]


def value_of(value: Any, name: str = "") -> Value:
    """A concrete array; a random key has a shape and no numbers."""
    dtype = getattr(value, "dtype", None)
    if dtype is not None and jnp.issubdtype(dtype, jax.dtypes.extended):
        return Value(shape=tuple(value.shape), dtype=str(dtype), name=name, text=str(value))
    return array_value(value, name=name, dtype=str(dtype) if dtype is not None else "")
