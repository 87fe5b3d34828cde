"""What flows through PyTorch's static graphs, as Values: fake tensors in a trace, real ones in a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import torch

from graphviz_tools.recording import Value
from graphviz_tools.sources.common.array_value import array_value
from graphviz_tools.sources.compiled.private_names import is_fake


def values_in(thing: Any, name: str = "") -> tuple[Value, ...]:
    """The Values of a tensor, a number, or nested tuples, lists, dicts and dataclasses of them; None has none."""
    return tuple(_value(leaf, name) for leaf in leaves(thing))


def leaves(thing: Any) -> Iterable[Any]:
    """Nested tuples, lists, dicts and dataclasses, flattened, without None."""
    if isinstance(thing, dict):
        thing = tuple(thing.values())
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        thing = tuple(getattr(thing, field.name, None) for field in dataclasses.fields(thing))
    if isinstance(thing, tuple | list) and not isinstance(thing, torch.Size):
        return [leaf for part in thing for leaf in leaves(part)]
    return [] if thing is None else [thing]


def _value(thing: Any, name: str) -> Value:
    if is_fake(thing):
        return handle(name, thing.shape, thing.dtype, str(thing.device))
    if isinstance(thing, torch.Tensor):
        return tensor_value(thing, name)
    if isinstance(thing, torch.SymInt | torch.SymFloat | torch.SymBool):
        return Value(name=name, dtype=type(thing).__name__, text=str(thing))
    return Value(name=name, dtype=type(thing).__name__, text=repr(thing)[:80])


def handle(name: str, shape: Iterable[Any], dtype: torch.dtype, device: str = "") -> Value:
    """A tensor whose type alone is known, as `h: float32[2, 3]`; a symbolic size stays a letter."""
    shape = tuple(shape)
    word = _word(dtype)
    known = tuple(size if isinstance(size, int) else None for size in shape)
    return Value(
        shape=known,
        dtype=word,
        device=device,
        name=name,
        text=f"{name}: {word}[{', '.join(map(str, shape))}]",
    )


def tensor_value(tensor: torch.Tensor, name: str = "") -> Value:
    """A real tensor, of any dtype, layout and device; what has no numbers (a sparse tensor) has a shape."""
    word, device = _word(tensor.dtype), str(tensor.device)
    with torch.no_grad():
        plain = tensor.detach()
        if plain.layout is not torch.strided or plain.is_quantized or plain.is_meta:
            return Value(tuple(tensor.shape), word, device, name)
        if plain.dtype in _WIDENED:
            plain = plain.float()
        array = plain.cpu().resolve_conj().resolve_neg().numpy()
    return array_value(array, name=name, dtype=word, device=device)


_WIDENED = (torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2)  # no NumPy dtype


def _word(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
