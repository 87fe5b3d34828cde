"""Record PyTorch's own static graphs: `record_compiled`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.recording import Recording
from graphviz_tools.sources.compiled.dynamo import python_function, record_dynamo
from graphviz_tools.sources.compiled.export import record_export
from graphviz_tools.sources.compiled.torchscript import record_torchscript

MAX_STEPS = 20_000
How = Literal["compile", "export", "trace", "script"]


def record_compiled(
    fn: Callable[..., Any],
    *args: Any,
    how: How = "compile",
    backward: bool = True,
    dynamic: bool | None = None,
    title: str = "",
    max_steps: int = MAX_STEPS,
    **kwargs: Any,
) -> Recording:
    """Make a static graph of `fn(*args, **kwargs)` ("trace" steps) and run it ("run" steps).

    - how="compile": torch.compile. Each stretch between graph breaks is a scope ("segment 1", "segment 2");
      with gradients to compute, it holds a "forward" and a "backward" graph of aten ops. What the forward
      saves flows to the backward along data edges, and each backward op is joined to the op that it undoes
      (equal sequence numbers) by an autograd edge. A break is a step "graph break" with the user's line, and
      the reason as its note. The graphs are those that a compiler such as Inductor would be given; they run
      op by op, so values are those of eager PyTorch. `fn` may already be compiled; it is compiled again, and
      nothing of that is left behind.
    - how="export": torch.export. One graph for the whole program; `torch.cond` and `while_loop` are nodes
      whose branches and bodies have scopes of their own, and only what runs has run steps.
    - how="trace", how="script": TorchScript, as history: what a run did, and what the source says.

    With `backward` (torch.compile only) the backward pass of what `fn` returned is run too, as `record_torch`
    does; `dynamic` is torch.compile's own (True: sizes stay open, as symbols). At most `max_steps` steps of the
    run are recorded, and `omitted` says how many were not. A program that cannot be compiled, or that raises,
    ends the recording there, with `error` set.

    Raises UserError when `fn` is not callable or `how` is unknown.
    """
    if not callable(fn):
        raise UserError(
            _(
                "record_compiled needs a function and its arguments, as in record_compiled(f, x); got {fn!r}",
                fn=fn,
            )
        )
    if how not in get_args(How):
        raise UserError(
            _("how={how!r}: write one of {choices}", how=how, choices=", ".join(map(repr, get_args(How))))
        )
    plain = python_function(fn)
    title = title or getattr(plain, "__name__", type(plain).__name__)
    if how == "compile":
        return record_dynamo(
            plain, args, kwargs, backward=backward, dynamic=dynamic, title=title, max_steps=max_steps
        )
    if how == "export":
        return record_export(plain, args, kwargs, title=title, max_steps=max_steps)
    return record_torchscript(plain, args, kwargs, how=how, title=title, max_steps=max_steps)
