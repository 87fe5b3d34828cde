"""Find the graph that a `tf.function` would run for some arguments, the way TensorFlow does.

The cache is private to TensorFlow. If it changes, a call's history still says whether it traced, but not why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphviz_tools.cache_history import ArgumentError
from graphviz_tools.language import _
from graphviz_tools.sources.tensorflow.private_names import (
    CANONICAL,
    FUNCTION_CONTEXT,
    MONOMORPHIC,
    cache_options,
    found_all,
)

_SORTS = {"RaggedTensorSpec": "ragged ", "SparseTensorSpec": "sparse "}


@dataclass(frozen=True, slots=True)
class Lookup:
    """The `FunctionType` of a call's arguments, and the `ConcreteFunction` that serves it.

    Both are None before the first call; `hit` is None for a call that would trace.
    """

    type: Any
    hit: Any


def look_up(fn: Any, args: Any, kwargs: Any) -> Lookup | None:
    """What a call of `fn` would find in its cache; None when TensorFlow does not tell.

    Raises ArgumentError (a TypeError), in TensorFlow's words, for arguments that the function does not take.
    """
    found = found_all(FUNCTION_CONTEXT, CANONICAL, MONOMORPHIC)
    if found is None:
        return None
    make_context, canonical, monomorphic = found
    try:
        options = cache_options(fn, to_call=True)
        if options is None:  # never called
            return Lookup(None, None)
        captures = options.function_captures.capture_types if options.function_captures else {}
        context = make_context(options.scope_type)
        cache, signature = options.function_cache, options.input_signature
    except AttributeError:
        return None
    try:
        bound = canonical(args, kwargs, options.polymorphic_type, options.default_values, options.is_pure)
        values = bound.args if signature is None else (*signature, *bound.args[len(signature) :])
        wanted, _ = monomorphic(values, bound.kwargs, captures, options.polymorphic_type)
    except TypeError as error:
        raise ArgumentError(str(error)) from error
    return Lookup(wanted, cache.lookup(wanted, context))


def traced_graphs(fn: Any) -> list[Any]:
    """The `ConcreteFunction`s of a `tf.function`, oldest first; [] when TensorFlow does not tell.

    (`_list_all_concrete_functions` would trace a function that has an `input_signature`.)
    """
    try:
        options = cache_options(fn)
        graphs = list(options.function_cache.values()) if options is not None else []
        return sorted(graphs, key=lambda graph: int(graph.name.rsplit(b"_", 1)[-1]))
    except AttributeError:
        return []


def argument_texts(function_type: Any) -> tuple[str, ...]:
    """What a call must match, in words, one text an argument."""
    return tuple(f"{name}: {_words(leaf)}" for name, leaf in _leaves_of(function_type).items())


def differences(call: Any, graph: Any) -> tuple[str, ...]:
    """Where the types of a call's arguments do not fit a graph, in words, one text an argument."""
    found: list[str] = []
    for name, parameter in call.parameters.items():
        other = graph.parameters.get(name)
        if other is not None:
            found += _compare(name, parameter.type_constraint, other.type_constraint)
    missing = sorted(call.parameters.keys() ^ graph.parameters.keys())
    return (*found, *(_("{name} is given in only one of the two", name=name) for name in missing))


def _compare(name: str, asked: Any, has: Any) -> Iterator[str]:
    """What differs between two argument types: their containers, else their contents."""
    inside, beside = _parts(name, asked), _parts(name, has)
    if inside is None and beside is None:
        if text := _difference(name, asked, has):
            yield text
    elif type(asked) is not type(has) or inside is None or beside is None or inside.keys() != beside.keys():
        yield _(
            "{name}: {structure}, where the graph has {expected}",
            name=name,
            structure=_structure(asked),
            expected=_structure(has),
        )
    else:
        for path, part in inside.items():
            yield from _compare(path, part, beside[path])


def _structure(kind: Any) -> str:
    """The outermost part of a nested argument type in words: a list of 3, a dict with the keys a and b."""
    name, inner = type(kind).__name__.lower(), getattr(kind, "components_tuple", kind)
    if hasattr(inner, "mapping"):
        return _("a dict with {keys}", keys=", ".join(map(repr, inner.mapping)) or _("nothing"))
    if hasattr(inner, "components"):
        return _("a {name} of {count}", name=name, count=len(inner.components))
    return f"a {kind.type_name}" if hasattr(kind, "type_name") else _words(kind)


def _leaves_of(function_type: Any) -> dict[str, Any]:
    return {
        path: leaf
        for name, parameter in function_type.parameters.items()
        for path, leaf in _leaves(name, parameter.type_constraint)
    }


def _parts(path: str, kind: Any) -> dict[str, Any] | None:
    """What a nested argument type is made of, named as Python would write it: `batch["x"]`, `pair[0]`; None for a
    leaf."""
    kind = getattr(kind, "components_tuple", kind)  # a list keeps its parts in a tuple
    kind = getattr(kind, "attributes", kind)  # and so does a named tuple
    if hasattr(kind, "components"):
        return {f"{path}[{i}]": part for i, part in enumerate(kind.components)}
    if hasattr(kind, "mapping"):
        return {f"{path}[{key!r}]": part for key, part in kind.mapping.items()}
    return None


def _leaves(path: str, kind: Any) -> Iterator[tuple[str, Any]]:
    """The leaves of a nested argument type, with their paths."""
    parts = _parts(path, kind)
    if parts is None:
        yield path, kind
    else:
        for inner, part in parts.items():
            yield from _leaves(inner, part)


def _difference(name: str, asked: Any, has: Any) -> str:
    if asked == has or asked.is_subtype_of(has):
        return ""
    shaped = type(asked) is type(has) and hasattr(asked, "shape")
    if shaped and asked.dtype != has.dtype:
        return _(
            "{name}: dtype {dtype}, where the graph has {expected}",
            name=name,
            dtype=asked.dtype.name,
            expected=has.dtype.name,
        )
    if shaped and asked.shape != has.shape:
        return _(
            "{name}: shape {asked}, where the graph has {has}", name=name, asked=asked.shape, has=has.shape
        )
    if _kind(asked) == _kind(has) == "object":
        return _("{name}: another object; a graph belongs to one object, not to its value", name=name)
    if _kind(asked) == _kind(has) == "Python value":
        return _(
            "{name}: Python value {value!r}, where the graph has {expected!r} baked in",
            name=name,
            value=asked.value,
            expected=has.value,
        )
    return _(
        "{name}: {words}, where the graph has {expected}",
        name=name,
        words=_words(asked),
        expected=_words(has),
    )


def _kind(leaf: Any) -> str:
    return {"Literal": "Python value", "Weakref": "object"}.get(type(leaf).__name__, "tensor")


def _words(leaf: Any) -> str:
    if _kind(leaf) == "Python value":
        return f"Python value {leaf.value!r}"
    if _kind(leaf) == "object":
        return _("one Python object")
    if hasattr(leaf, "shape") and hasattr(leaf, "dtype"):
        sort = _SORTS.get(type(leaf).__name__, "")
        thing = "variable" if type(leaf).__name__ == "VariableSpec" else "tensor"
        return _(
            "{sort}{dtype} {thing} of shape {leaf}",
            sort=sort,
            dtype=leaf.dtype.name,
            thing=thing,
            leaf=leaf.shape,
        )
    return str(leaf)
