"""Runs the nodes of a PyTorch program that came as data: tensor operations by name, and nothing else."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import torch

from graph_duet.grading.artifacts.plain_values import array_from_json
from graph_duet.grading.artifacts.transfer import ArtifactError, Damaged, require
from graphviz_tools.errors import InternalError
from graphviz_tools.language import _

_NAMESPACES = ("aten", "prims")
_OPERATORS = (
    "abs", "add", "and_", "eq", "floordiv", "ge", "getitem", "gt", "iadd", "imul", "isub", "itruediv", "le", "lt",
    "matmul", "mod", "mul", "ne", "neg", "not_", "or_", "pow", "sub", "truediv",
)  # fmt: skip
_SYMBOLIC = ("sym_float", "sym_int", "sym_max", "sym_min", "sym_not")
_MOST_TURNS = 100_000
# Of the operations on tensors, those that touch a file, a pickle, memory by its address, or call a function of Python.
_REFUSED = frozenset(
    (
        "apply_", "data_ptr", "from_file", "map2_", "map_", "register_hook", "register_post_accumulate_grad_hook",
        "set_", "share_memory_", "storage", "untyped_storage", "__deepcopy__", "__reduce_ex__", "__setstate__",
    )
)  # fmt: skip
_CONSTANTS = (torch.dtype, torch.layout, torch.memory_format)


class Interpreter:
    """Runs one graph; `run` may be called again and again."""

    def __init__(self, content: Mapping[str, Any]):
        require(content, nodes=list, constants=dict, graphs=dict)
        self._nodes = list(content["nodes"])
        for node in self._nodes:
            require(node, name=str, op=str, target=str, args=list, kwargs=dict)
        if not self._nodes or self._nodes[-1]["op"] != "output" or len(self._nodes[-1]["args"]) != 1:
            raise Damaged(_("it does not end with its output"))
        constants: dict[str, Any] = content["constants"]
        self._constants = {k: _result(as_tensor, [array_from_json(v)], {}) for k, v in constants.items()}
        self._graphs = {str(k): Interpreter(v) for k, v in content["graphs"].items()}

    def run(
        self, inputs: Mapping[str, Any], sizes: Mapping[str, Any], kernels: Mapping[int, Any]
    ) -> list[Any]:
        """The outputs as the program has them, from arrays by placeholder; it may write to the tensors among these.

        Raises ArtifactError when an operation fails.
        """
        given: dict[str, Any] = {
            name: value if isinstance(value, torch.Tensor) else as_tensor(value)
            for name, value in inputs.items()
        }
        for name, (tensor, dimension) in sizes.items():
            shape = given[tensor].shape if tensor in given else ()
            if not 0 <= dimension < len(shape):
                raise ArtifactError(
                    _("the input {tensor} has no dimension {dimension}", tensor=tensor, dimension=dimension)
                )
            given[name] = shape[dimension]
        with torch.no_grad():
            return _listed(self._values(given, kernels))

    def _values(self, given: dict[str, Any], kernels: Mapping[int, Any]) -> Any:
        values = dict(given)
        for node in self._nodes:
            arguments, named = self._read(node["args"], values), self._read(node["kwargs"], values)
            name, op, target = node["name"], node["op"], str(node["target"])
            if op == "output":
                return arguments[0]
            if op == "get_attr":
                values[name] = self._graphs.get(target, self._constants.get(target))
            elif op == "call_method":
                values[name] = _result(_method(target), arguments, named)
            elif op == "call_function" and target.startswith("higher_order."):
                values[name] = _higher_order(target, arguments, kernels)
            elif op == "call_function" and target.startswith("graph_duet.launch"):
                _result(_launch, [kernels, *arguments], named)
            elif op == "call_function":
                values[name] = _result(_function(target), arguments, named)
            elif op != "placeholder":
                raise ArtifactError(_("a node of the kind {op!r} is not an operation on tensors", op=op[:20]))
        raise ArtifactError(_("the program has no output"))

    def called(self, arguments: list[Any], kernels: Mapping[int, Any]) -> Any:
        """The values of this graph as a branch or a loop body of another."""
        places = [node["name"] for node in self._nodes if node["op"] == "placeholder"]
        if len(places) != len(arguments):
            raise ArtifactError(_("a branch or a loop gets the wrong number of values"))
        return self._values(dict(zip(places, arguments, strict=True)), kernels)

    def _read(self, value: Any, values: Mapping[str, Any]) -> Any:
        if isinstance(value, list):
            return [self._read(item, values) for item in value]
        if not isinstance(value, dict):
            return value
        if not value:
            return {}
        (word, inside), *_more = value.items()
        if word == "node":
            if not isinstance(inside, str) or inside not in values:
                raise ArtifactError(_("{inside!r:.60} is read before anything makes it", inside=inside))
            return values[inside]
        if word == "dict":
            return {str(key): self._read(item, values) for key, item in _pairs(inside)}
        if word == "float":
            return _result(float, [inside], {})
        if word == "slice":
            return _result(slice, self._read(list(_sequence(inside)), values), {})
        if word == "ellipsis":
            return Ellipsis
        if word == "device":
            return torch.device("cpu")
        constant = getattr(torch, str(inside).rpartition(".")[2], None)
        if not isinstance(constant, _CONSTANTS):
            raise ArtifactError(_("{name} is not a constant that a program may use", name=str(inside)[:60]))
        return constant


def _sequence(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ArtifactError(_("{value!r:.60} is not a list of arguments", value=value))
    return value


def _pairs(value: Any) -> list[Any]:
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in _sequence(value)):
        raise ArtifactError(_("{value!r:.60} is not a list of pairs", value=value))
    return value


def _result(function: Callable[..., Any], arguments: list[Any], named: dict[str, Any]) -> Any:
    """What an operation gives; whatever it raises on data that came from outside is the data's fault."""
    try:
        return function(*arguments, **named)
    except (ArtifactError, InternalError):
        raise
    except Exception as error:
        raise ArtifactError(_("the program fails on such an input: {error}", error=error)[:300]) from error


def as_tensor(array: np.ndarray | None) -> torch.Tensor:
    """A tensor of its own memory."""
    return torch.as_tensor(np.array(array))


def _listed(results: Any) -> list[Any]:
    return list(results) if isinstance(results, list | tuple) else [results]


def as_arrays(values: list[Any]) -> list[np.ndarray | None]:
    """The outputs of a program as arrays. Raises ArtifactError for what is not an array."""
    with torch.no_grad():
        return [_result(_array, [value], {}) for value in values]


def _array(value: Any) -> np.ndarray | None:
    return None if value is None else np.asarray(torch.as_tensor(value).detach().numpy())


@cache
def _allowed() -> dict[str, frozenset[str]]:
    """Names of the functions of tensors in each place where a program may name one."""
    overridable: dict[Any, list[Any]] = torch.overrides.get_overridable_functions()
    places = {"torch": torch, "torch.nn.functional": torch.nn.functional, "Tensor": torch.Tensor}
    found = {
        place: {f.__name__ for f in overridable.get(owner, []) if hasattr(f, "__name__")}
        for place, owner in places.items()
    }
    found = {place: names - _REFUSED for place, names in found.items()}
    found["torch"] |= {"arange", "empty", "eye", "full", "linspace", "ones", "tensor", "zeros", *_SYMBOLIC}
    return {place: frozenset(names) for place, names in found.items()}


def _function(target: str) -> Callable[..., Any]:
    root, _dot, rest = target.partition(".")
    if root in _NAMESPACES:
        packet, _dot, overload = rest.partition(".")
        found = _operation(root, packet, overload or "default")
        if found is not None:
            return found
    place, _dot, name = target.rpartition(".")
    if place == "_operator" and name in _OPERATORS:
        return getattr(operator, name)
    if place in ("torch", "torch.nn.functional") and name in _allowed()[place]:
        return getattr(torch if place == "torch" else torch.nn.functional, name)
    raise ArtifactError(
        _("{target} is not an operation on tensors that a program may use", target=target[:60])
    )


def _operation(namespace: str, packet: str, overload: str) -> Callable[..., Any] | None:
    """An operation that torch registered, and no other attribute of the objects that hold them."""
    if packet in _REFUSED:
        return None
    found = getattr(getattr(getattr(torch.ops, namespace), packet, None), overload, None)
    return found if type(found).__name__ == "OpOverload" else None


def _method(name: str) -> Callable[..., Any]:
    if name in _allowed()["Tensor"] or name == "size":
        return getattr(torch.Tensor, name)
    raise ArtifactError(_("the method {name} is not one that a program may use", name=name[:60]))


def _higher_order(target: str, arguments: list[Any], kernels: Mapping[int, Any]) -> Any:
    name = target.removeprefix("higher_order.")
    if name in ("cond", "while_loop"):
        _check_parts(name, arguments)
    if name == "cond":
        predicate, yes, no, operands = arguments
        return (yes if _result(bool, [predicate], {}) else no).called(list(operands), kernels)
    if name == "while_loop":
        condition, body, carried, more = arguments
        for _turn in range(_MOST_TURNS):
            if not _result(bool, _listed(condition.called([*carried, *more], kernels))[:1], {}):
                return list(carried)
            carried = _listed(body.called([*carried, *more], kernels))
        raise ArtifactError(
            _("a loop of the program takes more than {most_turns} turns", most_turns=_MOST_TURNS)
        )
    raise ArtifactError(_("the operation {name} cannot be run from data", name=name[:60]))


def _check_parts(name: str, arguments: list[Any]) -> None:
    """A `cond` has a predicate, two graphs and what these take; a loop two graphs, what it carries and the rest."""
    graphs = arguments[1:3] if name == "cond" else arguments[:2]
    lists = arguments[3:] if name == "cond" else arguments[2:]
    fits = len(arguments) == 4 and all(isinstance(graph, Interpreter) for graph in graphs)
    if not fits or not all(isinstance(each, list) for each in lists):
        raise ArtifactError(_("the operation {name} has the wrong arguments", name=name))


def _launch(
    kernels: Mapping[int, Any], kernel: int, grid: Any, block: Any, order: str, *rest: Any, **named: Any
) -> None:
    from gpu_labs.launching import launch

    if kernel not in kernels:
        raise ArtifactError(_("the program launches a kernel that is not one of the answer's"))
    by_name = (named[name] for name in ("tensors", "numbers", "out") if name in named)
    tensors, numbers, outputs = (list(given) for given in (*rest, *by_name))
    in_order = [tensors.pop(0) if letter == "t" else numbers.pop(0) for letter in order]
    launch(kernels[kernel], tuple(grid), tuple(block), *in_order, out=outputs)
