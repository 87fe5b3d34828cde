"""What a call that PyTorch reports is to the learner: an operation, a decision, or a mere question."""

from __future__ import annotations

from typing import Any, Literal

from graphviz_tools.sources.torch.private_names import ENGINE_CALLS

Kind = Literal["operation", "query", "decision", "state", "engine", "export"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Asked of a tensor all the time; they neither compute nor decide.
_QUERIES = _words(
    """
    __array_priority__ __contains__ __dir__ __dlpack_device__
    __format__ __hash__ __len__ __reduce_ex__ __repr__ __str__ _has_compatible_shallow_copy_type
    _is_view can_cast data_ptr dim dim_order element_size finfo get_default_dtype get_device iinfo
    is_complex is_conj is_contiguous is_floating_point is_grad_enabled is_inference is_neg is_pinned
    is_same_size is_set_to is_shared is_signed is_storage is_tensor layout manual_seed names
    ndimension nelement numel promote_types result_type size storage storage_offset stride
    untyped_storage
    """
)

# The program looks at a number, and what it does next may depend on it.
_DECISIONS = _words(
    """
    __bool__ __complex__ __float__ __index__ __int__ allclose equal is_nonzero item tolist
    """
)

# Changes what autograd does with a tensor, not its numbers.
_STATE = _words(
    """
    register_hook register_post_accumulate_grad_hook requires_grad_ retain_grad
    """
)

# The numbers go to NumPy or another library.
_EXPORTS = _words("__array__ __dlpack__ numpy")

_PROPERTIES = _words("H T data imag mH mT real")

SEEN_KINDS: dict[Any, tuple[Kind, str]] = {}  # what `classify` has answered


def classify(function: Any) -> tuple[Kind, str]:
    """(kind, the op's name) of a function as `__torch_function__` receives it."""
    found = SEEN_KINDS.get(function)
    if found is None:
        found = SEEN_KINDS[function] = _classify(function)
    return found


def _classify(function: Any) -> tuple[Kind, str]:
    name = getattr(function, "__name__", "") or str(function)
    if name in ("__get__", "__set__", "__delete__"):
        attribute = getattr(getattr(function, "__self__", None), "__name__", "")
        if name == "__get__":
            return ("operation" if attribute in _PROPERTIES else "query"), attribute
        return ("state" if attribute in ("data", "requires_grad") else "query"), f"{attribute} ="
    if (getattr(function, "__module__", ""), name) in ENGINE_CALLS:
        return "engine", name
    if name in _STATE:
        return "state", name
    if name in _EXPORTS:
        return "export", _PLAIN.get(name, name)
    if name in _DECISIONS:
        return "decision", name
    if name in _QUERIES:
        return "query", name
    return "operation", _PLAIN.get(name, name)


_PLAIN = {
    "__add__": "add", "__radd__": "add", "__iadd__": "add_", "__sub__": "sub", "__rsub__": "rsub",
    "__isub__": "sub_", "__mul__": "mul", "__rmul__": "mul", "__imul__": "mul_", "__matmul__": "matmul",
    "__rmatmul__": "matmul", "__truediv__": "div", "__rtruediv__": "rdiv", "__itruediv__": "div_",
    "__pow__": "pow", "__rpow__": "rpow", "__ipow__": "pow_", "__neg__": "neg", "__abs__": "abs",
    "__floordiv__": "floor_divide", "__mod__": "remainder", "__and__": "and", "__or__": "or",
    "__xor__": "xor",
    "__invert__": "not", "__eq__": "eq", "__ne__": "ne", "__lt__": "lt", "__le__": "le", "__gt__": "gt",
    "__ge__": "ge", "__getitem__": "getitem", "__setitem__": "setitem", "__iter__": "unbind",
    "__deepcopy__": "deepcopy", "__array__": "numpy", "__dlpack__": "dlpack",
}  # fmt: skip
