"""Record a PyTorch program, forward and backward, as it runs: `record_torch`, `recording_torch`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from types import CodeType, TracebackType
from typing import Any, cast

import torch

from graphviz_tools.errors import InternalError, UserError, class_and_text, own_code
from graphviz_tools.gc_pause import seldom_collected
from graphviz_tools.language import _
from graphviz_tools.own_bugs import show_own_bug
from graphviz_tools.recording import Recording, SourceLine
from graphviz_tools.sources.common.later import later
from graphviz_tools.sources.common.user_code import caller_line, is_user_file, whole_function
from graphviz_tools.sources.torch.assemble import assemble
from graphviz_tools.sources.torch.compiled_calls import compiled_calls
from graphviz_tools.sources.torch.constructors import Constructors
from graphviz_tools.sources.torch.dataloader import first_batches, noting_ends
from graphviz_tools.sources.torch.engine import recording_engine
from graphviz_tools.sources.torch.errors import explanation
from graphviz_tools.sources.torch.frames import marking_runs, raising_site
from graphviz_tools.sources.torch.function_mode import CallRecorder
from graphviz_tools.sources.torch.optimizer import optimizer_calls
from graphviz_tools.sources.torch.paths import naming, tensor_paths
from graphviz_tools.sources.torch.tape import RawStep
from graphviz_tools.sources.torch.words import Words

MAX_STEPS = 20_000
MAX_VALUES = 100_000


def record_torch(
    fn: Callable[..., Any],
    *args: Any,
    backward: bool = True,
    values: bool = True,
    max_steps: int = MAX_STEPS,
    max_values: int = MAX_VALUES,
    batches: int | None = None,
    title: str = "",
    **kwargs: Any,
) -> Recording:
    """Run `fn(*args, **kwargs)` (a function or a module) and record every step of it.

    With `backward`, the backward pass of what `fn` returned is run and recorded after it: of its `loss` if
    the result has one, else of every scalar in it, else of its tensors with gradients of ones. A program that
    calls `backward()` itself is left at that. `values=False` records shapes and dtypes, but no number.

    A program that raises does not raise here: its Recording, up to the failing step, comes back with `error`
    set, so that a notebook can show what led to it. The same holds for the stop button and `sys.exit()`, and
    when nothing was returned to call `backward()` on.

    `max_steps` and `max_values` bound the recording, and `batches` records only the first so many batches of
    each DataLoader; what they left out is in `omitted`. Numbers of tensors with more than 64 elements are a
    sample on a grid, and statistics of those with more than 16,384 come from a sample and say so.
    """
    if not callable(fn):
        raise UserError(
            _("record_torch needs a function or a module to call, not {kind}", kind=type(fn).__name__)
        )
    program = TorchRecorder(
        fn,
        values=values,
        max_steps=max_steps,
        max_values=max_values,
        batches=batches,
        title=title,
        caller=caller_line(),
    )
    try:
        with program:
            with own_code():
                args, kwargs = program.given(args, kwargs)
            result = fn(*args, **kwargs)
            if inspect.isgenerator(result):
                result = list(result)  # a generator does its work when it is asked
            with own_code():
                program.returned(result)
            if backward and not program.ran_backward:
                program.run_backward(result)
    except InternalError:
        raise
    except BaseException:  # the stop button too: what was recorded up to there is kept
        if program.recording is None:
            raise
    assert program.recording is not None
    return program.recording


def recording_torch(
    *,
    values: bool = True,
    max_steps: int = MAX_STEPS,
    max_values: int = MAX_VALUES,
    batches: int | None = None,
    title: str = "",
) -> TorchRecorder:
    """`with recording_torch() as rec:` records the block; `rec.recording` is the Recording afterwards.

    An exception leaves the block as usual; the Recording up to it is kept, with `error` set.
    """
    return TorchRecorder(
        None, values=values, max_steps=max_steps, max_values=max_values, batches=batches, title=title
    )


class TorchRecorder:
    """One recording, from `__enter__` to `__exit__`; only the calls of the thread that entered are seen."""

    def __init__(
        self,
        fn: Callable[..., Any] | None,
        *,
        values: bool,
        max_steps: int,
        max_values: int,
        batches: int | None,
        title: str,
        caller: SourceLine | None = None,
    ) -> None:
        for name, limit in (("max_steps", max_steps), ("max_values", max_values), ("batches", batches)):
            if limit is not None and (not isinstance(limit, int) or limit < 0):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise UserError(
                    _("{name} must be a whole number from 0 on, not {limit!r}", name=name, limit=limit)
                )
        root = fn if isinstance(fn, torch.nn.Module) else None
        self.recording: Recording | None = None
        self._function = root.forward if root is not None else fn
        self._title = title or (getattr(fn, "__name__", type(fn).__name__) if fn is not None else "")
        self._calls = CallRecorder(root, numbers=values, max_steps=max_steps, max_values=max_values)
        self._batches = batches
        self._caller = caller
        self._calm, self._open = ExitStack(), ExitStack()

    def given(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Tell what the program is called with, so that its inputs carry its own names for them.

        Returns what to call it with: a generator is wrapped, so that what it gives has a name."""
        plain = inspect.unwrap(self._function) if self._function is not None else None
        names = _names_of_arguments(
            getattr(plain, "__code__", None), len(args), inspect.ismethod(self._function)
        )
        named = {name: self._given(name, argument) for name, argument in kwargs.items()}
        return tuple([self._given(*each) for each in zip(names, args, strict=True)]), named

    def _given(self, name: str, argument: Any) -> Any:
        if inspect.isgenerator(argument):
            return naming(argument, name, self._calls.trace.drawn)
        for path, tensor in tensor_paths(argument, name) if name else ():
            self._calls.trace.input_names.setdefault(id(tensor), path)
            self._calls.trace.inputs.append((path, tensor))
        return argument

    @property
    def ran_backward(self) -> bool:
        """Whether the program has called backward() itself."""
        return self._calls.trace.backward_runs > 0

    def returned(self, result: Any) -> None:
        """Tell what the program gave back; its tensors become the Recording's `outputs`."""
        with torch._C.DisableTorchFunction():  # pyright: ignore[reportPrivateUsage]
            self._calls.trace.outputs(tensor_paths(result, "output"))

    def run_backward(self, result: Any) -> None:
        """Call backward on the losses in `result`."""
        losses = losses_in(result)
        if losses:
            with torch._C.DisableTorchFunction():  # pyright: ignore[reportPrivateUsage]
                seeds = [None if loss.numel() == 1 else torch.ones_like(loss) for loss in losses]
            torch.autograd.backward(losses, seeds)
        elif not tensor_paths(result):
            self._calls.trace.tape.error = _(
                "nothing to call backward() on: the program returned {kind}, no tensor; "
                "return the loss, or record with backward=False",
                kind=type(result).__name__,
            )

    def __enter__(self) -> TorchRecorder:
        if self.recording is not None:
            raise UserError(_("this recorder has its recording; call recording_torch() again for another"))
        with ExitStack() as entered:  # should one of these fail, those before it are left again
            entered.enter_context(seldom_collected())
            self._open = entered.enter_context(ExitStack())
            self._enter()
            self._calm = entered.pop_all()
        return self

    def _enter(self) -> None:
        self._open.enter_context(marking_runs())
        self._open.callback(self._calls.modules.close)
        self._calls.modules.open()
        self._open.enter_context(noting_ends(self._calls.trace))
        self._open.enter_context(first_batches(self._calls.trace, self._batches))
        self._open.enter_context(optimizer_calls(self._calls.trace))
        self._open.enter_context(recording_engine(self._calls))
        constructors = Constructors(self._calls)
        self._open.callback(constructors.shut)
        constructors.open()
        self._open.enter_context(compiled_calls(self._calls, constructors))
        self._open.enter_context(self._calls)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()
        self._calls.trace.note_memory()
        with torch._C.DisableTorchFunction():  # pyright: ignore[reportPrivateUsage]
            self._calls.trace.unread()
            self._calls.trace.close()
        if error is not None:
            self._mark(error, traceback)
        tape, own = self._calls.trace.tape, _is_users(self._function)
        words = Words(tape, whole_function(self._function) if own else None)
        self.recording = later(partial(assemble, tape, words, self._title, None if own else self._caller))
        bug = self._calls.trace.own_bug
        del self._calls, self._function
        self._calm.close()
        show_own_bug(bug)

    def _mark(self, error: BaseException, traceback: TracebackType | None) -> None:
        """Say where the program raised; an operation that raised has said so already."""
        tape = self._calls.trace.tape
        tape.error = class_and_text(error)
        if not tape.steps or tape.steps[-1].error != tape.error:
            step = RawStep(self._calls.trace.phase, type(error).__name__, None, raising_site(traceback))
            step.error = tape.error
            step.note = explanation(step.error)
            tape.step(step)
            self._calls.trace.note_memory()


def losses_in(result: Any) -> list[torch.Tensor]:
    """What of a program's result `backward` starts from."""
    named = cast(dict[str, Any], result if isinstance(result, dict) else {})
    loss = named["loss"] if "loss" in named else getattr(cast(object, result), "loss", None)
    tensors = [t for _, t in tensor_paths(result if loss is None else loss) if t.requires_grad]
    return [t for t in tensors if t.numel() == 1] or tensors


def _names_of_arguments(code: CodeType | None, count: int, bound: bool) -> list[str]:
    """What a function calls its first `count` positional arguments: `x`, or `args[0]` of `*args`; "" if not known."""
    if code is None:
        return [""] * count
    names = list(code.co_varnames[bound : code.co_argcount])[:count]
    more = count - len(names)
    if code.co_flags & inspect.CO_VARARGS:
        rest = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        return names + [f"{rest}[{place}]" for place in range(more)]
    return names + [""] * more


def _is_users(fn: Callable[..., Any] | None) -> bool:
    """Whether the whole text of `fn` belongs beside the graph; of a library's function the lines do."""
    code = getattr(fn, "__code__", None)
    return code is not None and is_user_file(code.co_filename)
