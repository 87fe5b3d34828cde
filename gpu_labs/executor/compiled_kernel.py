"""A kernel prepared for one set of argument types: typed, lowered, compiled for the engines, and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gpu_labs.executor.choose_engine import Manners
from gpu_labs.executor.frontend import type_inference
from gpu_labs.executor.frontend.lowering import Unsupported
from gpu_labs.executor.frontend.not_on_a_gpu import in_words
from gpu_labs.executor.frontend.numba_errors import shortened
from gpu_labs.executor.frontend.statements import build
from gpu_labs.executor.ir.aliases import Roots
from gpu_labs.executor.ir.program import Program
from gpu_labs.executor.launch_record import KernelTypeError
from gpu_labs.executor.lockstep.compiler import compile_program
from gpu_labs.executor.observers.dimensions import special_lines
from gpu_labs.executor.observers.race_message import Facts
from gpu_labs.executor.observers.redundant_barriers import barrier_sites, looped_sites
from gpu_labs.executor.serial.compiler import compile_serial
from graphviz_tools.errors import own_code
from graphviz_tools.language import _, _n
from graphviz_tools.own_bugs import own_bug_behind, show_own_bug


class Prepared:
    """A kernel for one set of argument types: its program, what the engines compiled from it, and the numbers
    that it `captured` from outside when it was made."""

    def __init__(self, program: Program, captured: dict[str, Any]) -> None:
        self.program = program
        self.captured = captured
        self.roots = Roots(program)
        self.written = self.roots.written
        self.facts = Facts.of(program, self.roots.steady)
        self.static_shared = sum(
            int(np.prod(a.shape)) * a.dtype.itemsize
            for a in program.allocs
            if a.space == "shared" and not a.dynamic
        )
        self.manners = Manners(program, self.roots)
        self.sites_with_barriers = barrier_sites(program)
        self.looped = looped_sites(program)
        self.specials = special_lines(program)
        self.needed_barriers: set[int] = set()
        self._lockstep: Callable[..., None] | None = None
        self._serial: Callable[..., Any] | None = None

    @property
    def lockstep(self) -> Callable[..., None]:
        """The lock-step code, made at first use."""
        if self._lockstep is None:
            self._lockstep = compile_program(self.program, self.roots)
        return self._lockstep

    @property
    def serial(self) -> Callable[..., Any]:
        """The serial code, made at first use."""
        if self._serial is None:
            self._serial = compile_serial(self.program, self.roots)
        return self._serial

    def writes(self, parameter: str) -> bool:
        """Whether the kernel may write to what a parameter names."""
        return f"v_arg_{parameter}" in self.written

    def outdated(self, function: Callable[..., Any]) -> str:
        """A note on each captured number that has changed since: Numba compiles the first value in, and keeps it."""
        if not self.captured:
            return ""
        now = captured(function)
        changed = [name for name, value in self.captured.items() if now.get(name) != value]
        if not changed:
            return ""
        old = ", ".join(f"{name} = {self.captured[name]!r} (now {now.get(name)!r})" for name in changed)
        return _(
            "{function} was compiled with {old}: numbers from outside a kernel are constants, as on a GPU. "
            "Run its @cuda.jit again, or pass the number as an argument.",
            function=function.__name__,
            old=old,
        )


_prepared: dict[tuple[Any, ...], Prepared] = {}
_by_kinds: dict[tuple[Any, ...], Prepared] = {}  # the same by what is quick to ask of arguments


def prepare(
    function: Callable[..., Any], values: Sequence[Any], declared: Sequence[tuple[Any, ...]] = ()
) -> Prepared:
    """The kernel for the types of these arguments, or for the first of the `declared` signatures that they
    fit, typed and lowered once.

    Raises:
        KernelTypeError: a GPU compiler would reject it, or an argument does not fit.
        Unsupported: a GPU would run it, and the executor cannot.
    """
    kinds = (function, *map(type_inference.kind_of_argument, values)) if not declared else (None,)
    if None not in kinds and kinds in _by_kinds:
        return _by_kinds[kinds]
    prepared = _prepare(function, values, declared)
    if None not in kinds:
        _by_kinds[kinds] = prepared
    return prepared


def _prepare(
    function: Callable[..., Any], values: Sequence[Any], declared: Sequence[tuple[Any, ...]]
) -> Prepared:
    names = parameters(function)
    _check_number(function, names, len(values))
    given = tuple(type_inference.type_of_argument(v, n) for v, n in zip(values, names, strict=True))
    types = _fitting(declared, given, names) if declared else given
    key = (function, types)
    if key not in _prepared:
        typed = type_inference.type_kernel(function, types)
        try:
            with own_code():
                program = _built(typed)
        except Unsupported as limit:
            _refuse_with_numba(function, types, limit.line, limit.text, str(limit))
            raise
        if program.refusable:
            site = program.refusable[0]
            _refuse_with_numba(
                function,
                types,
                site.line,
                site.text,
                _("line {line}: {text}", line=site.line, text=site.text),
            )
        _prepared[key] = Prepared(program, captured(function))
    return _prepared[key]


def _check_number(function: Callable[..., Any], names: Sequence[str], given: int) -> None:
    """Raise KernelTypeError unless `function` takes `given` arguments by position."""
    if function.__code__.co_kwonlyargcount:
        raise KernelTypeError(
            _(
                "{function} has a parameter after `*`: a launch gives arguments by position.",
                function=function.__name__,
            )
        )
    if given != len(names):
        if function.__code__.co_flags & 0x0C:  # *args or **kwargs
            raise KernelTypeError(
                _(
                    "{function} takes *args, and a kernel has a fixed number of parameters: name each one, or "
                    "pass a tuple.",
                    function=function.__name__,
                )
            )
        raise KernelTypeError(
            _n(
                "{function} takes {number} argument ({names}), and {given} were given.",
                "{function} takes {number} arguments ({names}), and {given} were given.",
                len(names),
                function=function.__name__,
                names=", ".join(names),
                given=given,
            )
        )


def _built(typed: type_inference.Typed) -> Program:
    try:
        return build(typed)
    except type_inference.REFUSALS as error:  # of what Numba's own Python calls
        show_own_bug(own_bug_behind(error))
        raise shortened(error, typed.function) from None


def _refuse_with_numba(
    function: Callable[..., Any], types: tuple[Any, ...], line: int, text: str, shown: str
) -> None:
    """Refuse a kernel that Numba types and then cannot compile, and say so of its line `text`.

    Raises:
        KernelTypeError: it cannot.
    """
    problem = type_inference.lowering_problem(function, types)
    if problem is None:
        return
    said = in_words(function, function.__code__.co_filename, line, problem)
    message = (
        _("line {line}: {text}\n{said}", line=line, text=text, said=said)
        if said
        else _("{shown}\nNumba does not compile it for a GPU either: {problem}", shown=shown, problem=problem)
    )
    raise KernelTypeError(message, line, text, problem)


def parameters(function: Callable[..., Any]) -> list[str]:
    """The names of a kernel's parameters."""
    return list(function.__code__.co_varnames[: function.__code__.co_argcount])


def _fitting(
    declared: Sequence[tuple[Any, ...]], given: tuple[Any, ...], names: list[str]
) -> tuple[Any, ...]:
    """The first declared signature that takes arguments of the types `given`."""
    for types in declared:
        if len(types) == len(given) and all(map(type_inference.fits, given, types)):
            return types
    if len(declared) > 1:
        shown = ", ".join(f"({', '.join(map(str, types))})" for types in declared)
        raise KernelTypeError(
            _(
                "None of the declared signatures {shown} takes ({given}).",
                shown=shown,
                given=", ".join(map(str, given)),
            )
        )
    for wanted, got, name in zip(declared[0], given, names, strict=False):
        if not type_inference.fits(got, wanted):
            raise KernelTypeError(
                _(
                    "`{name}` was declared as {wanted}, and {got} was given.",
                    name=name,
                    wanted=wanted,
                    got=got,
                )
            )
    raise KernelTypeError(
        _(
            "{count} arguments were declared, and the kernel takes {given}.",
            count=len(declared[0]),
            given=len(given),
        )
    )


def captured(function: Callable[..., Any]) -> dict[str, Any]:
    """Numbers that the kernel takes from its closure or module, by name: constants of the compiled kernel."""
    code = function.__code__
    cells = dict(zip(code.co_freevars, (c.cell_contents for c in function.__closure__ or ()), strict=True))
    named = {name: function.__globals__.get(name) for name in code.co_names} | cells
    return {name: v for name, v in named.items() if isinstance(v, (int, float, complex, str, bool))}
