"""Numba's private names, all of them: where each is, which version had it last, and what is lost without it.

numba-cuda offers no public call for typing a kernel without a driver, and its successor drops the simulator. So the
executor reaches Numba through this file, and `type_inference.py` is the one file that runs its typing: to leave
numba-cuda is to change these two. `test_numba_private_names.py` fails for each name that goes.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from gpu_labs.executor.launch_record import KernelTypeError
from graphviz_tools.language import _
from graphviz_tools.private_name import PrivateName

SEEN = "numba-cuda 0.30.4"
_TYPING = _("typing, and so every kernel without a GPU")
_READING = _("reading typed kernels, and so every kernel without a GPU")
NAMES: dict[str, PrivateName] = {
    **{
        key: PrivateName(module, name, SEEN, _TYPING)
        for key, module, name in [
            ("CoreNumbaError", "numba.core.errors", "NumbaError"),
            ("NumbaError", "numba.cuda.core.errors", "NumbaError"),
            ("UnsupportedBytecodeError", "numba.cuda.errors", "UnsupportedBytecodeError"),
            ("CUDACompiler", "numba.cuda.compiler", "CUDACompiler"),
            ("CUDAFlags", "numba.cuda.compiler", "CUDAFlags"),
            ("PassManager", "numba.cuda.core.compiler_machinery", "PassManager"),
            ("NopythonTypeInference", "numba.cuda.core.typed_passes", "NopythonTypeInference"),
            ("VectorType", "numba.cuda.vector_types", "VectorType"),
            ("CUDADispatcher", "numba.cuda.dispatcher", "CUDADispatcher"),
            ("CUDATargetContext", "numba.cuda.target", "CUDATargetContext"),
            ("CUDATypingContext", "numba.cuda.target", "CUDATypingContext"),
            ("make_concrete_template", "numba.cuda.typing", "make_concrete_template"),
            ("signature", "numba.cuda.typing", "signature"),
            ("numba_target_override", "numba.cuda.utils", "numba_target_override"),
            ("pysignature", "numba.cuda.utils", "pysignature"),
            ("normalize_signature", "numba.cuda.core.sigutils", "normalize_signature"),
            ("as_dtype", "numba.cuda.np.numpy_support", "as_dtype"),
            ("Purpose", "numba.cuda.typing.typeof", "Purpose"),
            ("typeof", "numba.cuda.typing.typeof", "typeof"),
            ("typeof_impl", "numba.cuda.typing.typeof", "typeof_impl"),
        ]
    },
    "Vectorize": PrivateName(
        "numba.np.ufunc.decorators", "Vectorize", SEEN, _('the words for vectorize(target="cuda")')
    ),
    "GUVectorize": PrivateName(
        "numba.np.ufunc.decorators", "GUVectorize", SEEN, _('the words for guvectorize(target="cuda")')
    ),
    "ir": PrivateName("numba.cuda.core", "ir", SEEN, _READING),
    "types": PrivateName("numba.cuda", "types", SEEN, _READING),
    "Dim3": PrivateName("numba.cuda.stubs", "Dim3", SEEN, _READING),
    "Stub": PrivateName("numba.cuda.stubs", "Stub", SEEN, _READING),
    "FakeCUDAKernel": PrivateName(
        "numba.cuda.simulator.kernel", "FakeCUDAKernel", SEEN, _("kernels that neither engine can run")
    ),
    "_get_kernel_context": PrivateName(
        "numba.cuda.simulator.kernel", "_get_kernel_context", SEEN, _("kernels that neither engine can run")
    ),
}


# Private attributes of Numba's objects, and what is lost without them.
ATTRIBUTES = {
    "_get_attribute_templates": _("attributes that a user adds with @overload_attribute"),
    "_overload_func": _("whole-array functions (np.sum) and what a user adds with @overload"),
    "_compiled_overloads": _("whole-array functions (np.sum) and what a user adds with @overload"),
    "_attr": _("attributes that a user adds with @overload_attribute"),
}


def attribute_templates(typing_context: Any, numba_type: Any) -> list[Any]:
    """Numba's templates for the attributes of a type."""
    return list(typing_context._get_attribute_templates(numba_type))


def attribute_name(template: Any) -> str | None:
    """The attribute that a template types; None for templates of several attributes."""
    return getattr(template, "_attr", None)


def overload_function(template: Any) -> Callable[..., Any] | None:
    """The function that chooses an overload for given types; None for templates without one."""
    return getattr(template, "_overload_func", None)


def compiled_overloads(template: Any) -> dict[tuple[Any, ...], Any]:
    """The overloads that typing chose, by the types of the arguments."""
    return getattr(template, "_compiled_overloads", {})


def find(key: str) -> Any:
    """The object behind a name.

    Raises:
        KernelTypeError: this version of Numba does not have it; the text says what is lost.
    """
    found = NAMES[key].find()
    if found is None:
        name = NAMES[key]
        raise KernelTypeError(
            _(
                "numba-cuda {installed} has no {module}.{name} any more, which {seen} had. Lost without "
                'it: {loses}. Install the older one: pip install "numba-cuda<0.31"',
                installed=_installed(),
                module=name.module,
                name=name.name,
                seen=name.seen,
                loses=name.loses,
            )
        )
    return found


def __getattr__(key: str) -> Any:
    """`from ...private_names import ir` looks the name up when it is first asked for."""
    if key not in NAMES:
        raise AttributeError(key)
    return find(key)


def _installed() -> str:
    try:
        return version("numba-cuda")
    except PackageNotFoundError:
        return _("(not installed)")
