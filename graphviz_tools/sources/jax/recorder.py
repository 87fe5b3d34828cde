"""Record a JAX program: its jaxpr as it is traced, and the values of one run. JAX is an optional extra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphviz_tools.errors import NotInstalledError, UserError, class_and_text
from graphviz_tools.language import _
from graphviz_tools.own_bugs import runs_the_program
from graphviz_tools.recording import Recording
from graphviz_tools.sources.common.argument_names import argument_names
from graphviz_tools.sources.common.budget import Budget
from graphviz_tools.sources.common.static_graph import StaticGraph

MAX_STEPS = 20_000


def record_jax(
    fn: Callable[..., Any], *args: Any, title: str = "", max_steps: int = MAX_STEPS, **kwargs: Any
) -> Recording:
    """Trace `fn(*args, **kwargs)` to a jaxpr ("trace" steps, no number yet) and run that ("run" steps).

    `lax.cond`, `lax.switch`, `lax.while_loop` and `lax.scan` are nodes whose branches and bodies are
    scopes; only the taken branch has run steps, and a body has them once a turn. `jax.jit` and other functions
    called inside are scopes too. The run goes op by op; a loop and a `jax.jit`, which JAX compiles as a whole, may
    round the last digits differently there, and their last step says so. At most `max_steps` steps of the run are
    recorded; `omitted` says how many were not.

    A program that raises ends the recording there, with `error` set. Raises UserError when `fn` is not
    callable, NotInstalledError when JAX is not installed.
    """
    if not callable(fn):
        raise UserError(
            _("record_jax needs a function and its arguments, as in record_jax(f, x); got {fn!r}", fn=fn)
        )
    try:
        import jax
    except ModuleNotFoundError:
        raise NotInstalledError(_("JAX is not installed: run `pip install jax`")) from None

    from graphviz_tools.sources.jax.graph import JaxprReader
    from graphviz_tools.sources.jax.run import JaxprRun, value_of

    graph, budget = StaticGraph(), Budget(max_steps)
    outputs, error = [], ""
    names = argument_names(fn, args, kwargs, jax.tree_util.tree_leaves)
    try:
        program = JaxprReader(graph).read(_traced(fn, args, kwargs), labels=names)
        outputs = JaxprRun(graph, budget).run(program, jax.tree_util.tree_leaves((args, kwargs)))
    except BaseException as raised:  # the stop button too: what was recorded up to there is kept
        said = str(raised).splitlines()[0] if str(raised) else ""
        error = graph.failed(raised, class_and_text(raised, said))
    graph.omitted += budget.omission()
    return graph.recording(
        "jax",
        title or getattr(fn, "__name__", type(fn).__name__),
        fn=getattr(fn, "__wrapped__", fn),
        outputs=[value_of(value) for value in outputs],
        versions={"jax": jax.__version__},
        error=error,
    )


@runs_the_program
def _traced(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    import jax

    return jax.make_jaxpr(fn)(*args, **kwargs)
