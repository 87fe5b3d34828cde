"""Numba's messages made short: the sentence that says what is wrong, the kernel's line, and what to try."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable
from typing import Any

from gpu_labs.executor.frontend.call_mistakes import about_call
from gpu_labs.executor.frontend.not_on_a_gpu import in_words
from gpu_labs.executor.launch_record import KernelTypeError
from graphviz_tools.language import _, _n

_LOCATION = re.compile(r'(?:File "([^"]*)", line |(\S+\.py) \()(\d+)')
_NOISE = re.compile(r"Function\(<(?:built-in function|intrinsic|class|ufunc)? ?'?([\w.]+)'?[^>]*>\)")
_SUBSCRIPT = re.compile(r"(?:get|set)item\(array\(\w+(?:\([^)]*\))?, (\d)d, \w+\), (.*)\)$")

_PLAIN = [  # how Numba writes a type or a value, and how a learner does
    (re.compile(r"Module\(<module '([\w.]+)'[^>]*>\)"), r"the module \1"),
    (re.compile(r"Literal\[str\]\(([^()]*)\)"), r"'\1'"),
    (re.compile(r"Literal\[\w+\]\(([^()]*)\)"), r"\1"),
    (re.compile(r"(?:type\()?\w*(?:Kernel|Dispatcher)\(<function (\w+) at \w+>\)\)?"), r"the function \1"),
    (re.compile(r"Function\(<class '([\w.]+)'>\)"), r"\1"),
    (re.compile(r"Record\([^()]*\)"), "record"),
    (re.compile(r"(?:unaligned )?(array\()"), r"\1"),
    (re.compile(r" Raised from \S+ \(\d+\)|, defined at \S+ \(\d+\)"), ""),
    (re.compile(r" at 0x[0-9a-f]+"), ""),
]

_HINTS = [  # a pattern in Numba's sentence, and what a beginner should hear
    (r"of type list\(|reflected list", _("A kernel cannot use Python lists: use a tuple, or cuda.local.array.")),
    (r"DictType|\bdict\b", _("A kernel cannot use dictionaries: use arrays that are indexed by number.")),
    (r"Untyped global name .*<class 'function'>", _("Decorate that function with @cuda.jit(device=True).")),
    (r"Untyped global name", _("A kernel can use only arguments, constants and device functions.")),
    (r"Cannot unify", _("A variable must keep one type in the whole kernel.")),
    (r"is not defined", _("Check the spelling, or give it a value before this line on every path.")),
    (r"Unknown attribute|has no attribute", _("Check the spelling of the name after the dot.")),
    (r"syncthreads_\w+\(bool", _("It counts integers: pass int(condition).")),
    (r"opcode", _("Write it with plain `if` and loops.")),
    (r"context manager", _("A kernel cannot use `with`.")),
    (r"setitem\(readonly", _("The array is read-only: pass a copy.")),
    (r"^CUDA has no", _("These types do not go together.")),
]  # fmt: skip


def shortened(error: Exception, function: Callable[..., Any]) -> KernelTypeError:
    """What to tell the learner about an error that Numba raised for `function`; `details` has all of it."""
    full = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    code = function.__code__
    file = code.co_filename.split("/")[-1]
    places = [int(n) for a, b, n in _LOCATION.findall(full) if (a or b).endswith(file)]
    places = places or _lines_on_the_way(error, code.co_filename)
    line = places[-1] if places else code.co_firstlineno
    text = linecache.getline(code.co_filename, line).strip()
    sentence = in_words(function, code.co_filename, line, full) or about_call(error) or _sentence(full)
    return KernelTypeError(
        _("line {line}: {text}\n{sentence}", line=line, text=text, sentence=sentence), line, text, full
    )


def _lines_on_the_way(error: Exception, file: str) -> list[int]:
    """Lines of `file` that type inference was working on when it raised, outermost first.

    Numba's message often names none, but its frames hold the constraint and with it the place."""
    found = []
    trace = error.__traceback__
    while trace is not None:
        for value in trace.tb_frame.f_locals.values():
            place = getattr(value, "loc", None)
            line = getattr(place, "line", None)
            if getattr(place, "filename", "") == file and isinstance(line, int):
                found.append(line)
        trace = trace.tb_next
    return found


def _sentence(full: str) -> str:
    lines = [line.strip() for line in full.splitlines() if line.strip()] or [
        _("Numba does not know how to compile this.")
    ]
    if re.search(r"No conversion from .+ to none for '\$\w*return_value", full):
        return _("A kernel returns nothing: write the result into an array argument.")
    wanted: list[str] = []
    for at, line in enumerate(lines):
        line = _NOISE.sub(r"\1", line)
        tried = re.match(r"Invalid use of getiter with parameters \((.*)\)", line)
        if tried:
            return _(
                "A `for` loop goes over a range, an array or a tuple, not over {kind}.", kind=_plain(tried[1])
            )
        if line.startswith(("Failed in", "During:", "File ", "Invalid use of", "There are", "<source")):
            continue
        if "re-entrant" in line:
            return _("The function calls itself, and the executor cannot type that: write a loop.")
        size = re.search(r"wrong tuple length.*expected (\d+), got (\d+)", line)
        if size:
            return _("{given} values do not fit {names} names.", given=size[2], names=size[1])
        if line.startswith("No implementation of function"):
            call = next((each[4:] for each in lines[at:] if each.startswith(">>> ")), "")
            if call.endswith("Dim3)"):
                return _(
                    "cuda.threadIdx, blockIdx, blockDim and gridDim hold three numbers: write .x, .y or .z."
                )
            subscript = _SUBSCRIPT.search(call)
            if subscript:
                return _about_an_index(int(subscript[1]), subscript[2], call)
            if call.startswith("array("):
                return _about_array(call)
            wanted = [_("CUDA has no {call}.", call=call)]
            continue
        if line.startswith(("Cannot unify", "Untyped global", "NameError", "Unknown attribute", "Undefined")):
            return _with_a_hint(line)
        if not wanted:
            wanted = [line]
    return _with_a_hint(" ".join(wanted[:2])) if wanted else lines[0]


def _about_an_index(dimensions: int, rest: str, call: str) -> str:
    """`rest` holds the types of the index and, where something is assigned, of the value."""
    index = re.match(r"(?:Uni)?Tuple\([^()]*(?:\([^()]*\)[^()]*)*\)|\w+(?:\[[^\]]*\])?(?:\([^()]*\))?", rest)
    kind = index[0] if index else rest
    if "Dim3" in kind:
        return _("An index is a number: write cuda.threadIdx.x, with .x, .y or .z.")
    if "float" in kind:
        return _("An index must be an integer: divide with // instead of /, or use int().")
    if kind.startswith("Function("):
        return _("An index is a number, and this is a function: call it, as in cuda.grid(1).")
    if kind.startswith("bool"):
        return _("An index is a whole number, not a truth value.")
    if kind.startswith(("Literal[str]", "unicode")):
        return _("An index is a whole number, not text.")
    if rest.endswith(", none"):
        return _("The value is None, as of a function without `return`: give it a number.")
    given = (
        kind.count("int")
        if kind.startswith("Tuple")
        else int(kind[:-1].rsplit(" ", 1)[-1])
        if " x " in kind
        else 1
    )
    if given > dimensions:
        counted = _n("{number} index was given", "{number} indices were given", given)
        return _n(
            "The array has {number} dimension, and {counted}.",
            "The array has {number} dimensions, and {counted}.",
            dimensions,
            counted=counted,
        )
    if "array(" in rest[len(kind) :]:
        return _("One element takes one number, not a whole array: index the array on the right too.")
    return _("CUDA has no {call}: these types do not go together.", call=_plain(call))


_DIMENSIONS = r"(?:Literal\[int\]\(-?\d+\)|(?:Uni)?Tuple\(Literal\[int\][^,]*(?:, Literal[^,]*)*\))"


def _about_array(call: str) -> str:
    """A cuda.shared.array or cuda.local.array that Numba does not know."""
    if re.match(rf"array\({_DIMENSIONS}\)$", call):
        return _("The array needs a dtype after its shape: cuda.shared.array(64, float32).")
    if re.match(rf"array\({_DIMENSIONS}, ", call):
        return _(
            "The dtype is one of Numba's or NumPy's, such as float32 (from numba import float32) or np.float32, or a "
            "global name for one."
        )
    return _(
        "The shape of a shared or local array must be a constant: a whole number or a global name, or a tuple of them; "
        "compute a sum such as TILE + 1 above the kernel. For a size chosen at launch: cuda.shared.array(0, dtype), "
        "kernel[grid, block, stream, bytes]."
    )


def _plain(text: str) -> str:
    """Numba's types as a learner writes them."""
    for pattern, said in _PLAIN:
        text = pattern.sub(said, text)
    return text


def _with_a_hint(line: str) -> str:
    hint = next((said for pattern, said in _HINTS if re.search(pattern, line)), "")
    return f"{_plain(line).rstrip('.')}. {hint}".strip()
