"""A PyTorch program as data: the nodes of its graph, its constants and its buffers.

Taken from what `torch.export.export`, `make_fx` or a `torch.compile` backend gives; run by `torch_interpreter`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from graph_duet.grading.artifacts.plain_values import array_from_json, array_to_json, as_array
from graph_duet.grading.artifacts.transfer import ArtifactError, Damaged, require
from graphviz_tools.language import _

_WRITTEN_AS_TEXT = ("dtype", "device", "layout", "memory_format")


def encode(thing: Any) -> dict[str, Any]:
    """`thing` is an ExportedProgram or a GraphModule. Raises ArtifactError for what JSON cannot hold."""
    program = thing if hasattr(thing, "graph_signature") else None
    module = thing.graph_module if program is not None else thing
    content = _graph(module)
    if program is not None:
        signature = program.graph_signature
        state = {**program.state_dict, **program.constants}
        named = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        named.update(signature.inputs_to_lifted_tensor_constants)
        content["state"] = {place: _tensor(state[target]) for place, target in named.items()}
        places = {target: place for place, target in named.items()}
        written = {name: places[target] for name, target in signature.buffers_to_mutate.items()}
        content["written"] = [written.get(name) for name in _names(content["nodes"][-1]["args"][0])]
    return content


class Call(NamedTuple):
    """One call of a program. `type` is its short name, such as `mul`; `inputs` are the nodes that it reads; `writes`
    are those that it changes in place, which are also among `inputs`."""

    name: str
    type: str
    inputs: tuple[str, ...]
    writes: tuple[str, ...]


def decode(content: Mapping[str, Any]) -> TorchProgram:
    require(content, nodes=list, constants=dict, graphs=dict, sizes=dict)
    for name, kind in (("state", dict), ("written", list)):
        if name in content:
            require(content, **{name: kind})
    for size in content["sizes"].values():
        match size:
            case [str(), int()]:
                pass
            case _:
                raise Damaged(_("{size!r:.60} is not a size", size=size))
    return TorchProgram(content)


class TorchProgram:
    """A program that was loaded from data.

    Call it with arrays, one for each input, in order: it returns an array, or a tuple of them. Buffers start with the
    values that they had when the program was exported, and keep what the calls write to them.
    """

    def __init__(self, content: Mapping[str, Any]):
        from graph_duet.grading.artifacts.torch_interpreter import Interpreter, as_tensor

        self._content = content
        self._state = {str(k): as_tensor(array_from_json(v)) for k, v in content.get("state", {}).items()}
        self._written = list(content.get("written", []))
        self._interpreter = Interpreter(content)
        sizes = content["sizes"]
        places = [n["name"] for n in content["nodes"] if n["op"] == "placeholder"]
        self._inputs = [name for name in places if name not in self._state and name not in sizes]

    def __call__(self, *inputs: Any) -> Any:
        """Raises ArtifactError when the number of inputs is another, or the program fails on them."""
        from graph_duet.grading.artifacts.torch_interpreter import as_arrays, as_tensor

        kept: list[Any] = []
        for place, result in enumerate(as_arrays(self.tensors(*inputs))):
            target = self._written[place] if place < len(self._written) else None
            if target is None:
                kept.append(result)
            else:
                self._state[target] = as_tensor(result)
        return kept[0] if len(kept) == 1 else tuple(kept)

    def tensors(self, *inputs: Any, kernels: Mapping[int, Any] | None = None) -> list[Any]:
        """All that the program returns, buffers that it wrote among it, as its own operations made it.

        Inputs that are tensors are not copied. `kernels` are those that its launches run, by number.

        Raises ArtifactError as a call does.
        """
        if len(inputs) != len(self._inputs):
            raise ArtifactError(
                _(
                    "the program has {count} inputs, and {given} are given",
                    count=len(self._inputs),
                    given=len(inputs),
                )
            )
        given = {**self._state, **dict(zip(self._inputs, inputs, strict=True))}
        return self._interpreter.run(given, self._content["sizes"], kernels or {})

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return tuple(self._inputs)

    @property
    def outputs(self) -> list[str | None]:
        """For each output the name of the node or input that it is, None for a constant."""
        return _names(self._content["nodes"][-1]["args"][0])

    def calls(self) -> list[Call]:
        """Every call, in the order in which they run."""
        calls = [n for n in self._content["nodes"] if n["op"].startswith("call")]
        return [
            Call(
                n["name"], short_name(n["target"]), tuple(_read([n["args"], n["kwargs"]])), tuple(_changed(n))
            )
            for n in calls
        ]

    def counts(self, everything: bool = False) -> dict[str, int]:
        """How many calls of each operation the outputs are computed from, sorted by name: `mul` for
        `aten.mul.Tensor`, `aten.mul_.Scalar`, `operator.mul` and the method alike. `everything` adds calls whose
        results are not used."""
        nodes = self._content["nodes"]
        needed = {n["name"] for n in nodes} if everything else _needed(nodes)
        calls = [n for n in nodes if n["op"].startswith("call") and n["name"] in needed]
        return dict(sorted(Counter(short_name(n["target"]) for n in calls).items()))


def short_name(target: str) -> str:
    """`mul` for `aten.mul.Tensor`, `_operator.mul`, `torch.mul` and `mul_`."""
    words = target.split(".")
    name = words[1] if words[0] in ("aten", "prims", "graph_duet") else words[-1]
    return name.strip("_")


def _graph(module: Any) -> dict[str, Any]:
    content: dict[str, Any] = {"nodes": [], "sizes": {}, "constants": {}, "graphs": {}}
    for node in module.graph.nodes:
        target = _target(node)
        if node.op == "get_attr":
            _attribute(module, node.target, content)
        size = _size(node, module) if node.op == "placeholder" else None
        if size is not None:
            content["sizes"][node.name] = size
        arguments = {"args": _json(list(node.args)), "kwargs": _json(dict(node.kwargs))}
        content["nodes"].append({"name": node.name, "op": node.op, "target": target, **arguments})
    return content


def _target(node: Any) -> str:
    if node.op != "call_function":
        return str(node.target)
    target = node.target
    if hasattr(target, "overloadpacket") or hasattr(
        target, "namespace"
    ):  # an OpOverload, or a higher-order one
        return str(target) if hasattr(target, "overloadpacket") else f"higher_order.{target.name()}"
    module = str(getattr(target, "__module__", None) or "torch")
    if module in ("_operator", "operator"):
        root = "_operator"
    else:
        root = "torch.nn.functional" if "functional" in module else "torch"
    return f"{root}.{target.__name__}"


def _attribute(module: Any, target: str, content: dict[str, Any]) -> None:
    value = module
    for part in target.split("."):
        value = getattr(value, part)
    if hasattr(value, "graph"):
        content["graphs"][target] = _graph(value)
    else:
        content["constants"][target] = _tensor(value)


def _size(placeholder: Any, module: Any) -> list[Any] | None:
    """[name, dimension] of the tensor input whose size this integer input is, None for a tensor."""
    value = _example(placeholder)
    if type(value).__name__ != "SymInt":
        return None
    for other in module.graph.nodes:
        shape = getattr(_example(other), "shape", ()) if other.op == "placeholder" else ()
        for dimension, size in enumerate(shape):
            if str(size) == str(value):
                return [other.name, dimension]
    raise ArtifactError(
        _(
            "the program's input {placeholder} is a number that cannot be read from any tensor's shape",
            placeholder=placeholder.name,
        )
    )


def _example(node: Any) -> Any:
    return node.meta.get("example_value", node.meta.get("val"))


def _tensor(value: Any) -> dict[str, Any]:
    array = as_array(value)
    if array is None:
        raise ArtifactError(
            _("a program's constant of type {kind} cannot be submitted", kind=type(value).__name__)
        )
    return array_to_json(array)


def _json(value: Any) -> Any:
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return {"float": str(value)}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[key, _json(item)] for key, item in value.items()]}
    if isinstance(value, slice):
        return {"slice": [_json(value.start), _json(value.stop), _json(value.step)]}
    if hasattr(value, "op") and hasattr(value, "meta"):
        return {"node": value.name}
    if type(value).__name__ in _WRITTEN_AS_TEXT:
        return {type(value).__name__: str(value).removeprefix("torch.")}
    if value is Ellipsis:
        return {"ellipsis": True}
    raise ArtifactError(
        _("a program's argument of type {kind} cannot be submitted", kind=type(value).__name__)
    )


def _names(results: Any) -> list[str | None]:
    listed = results if isinstance(results, list) else [results]
    return [item["node"] if isinstance(item, dict) and "node" in item else None for item in listed]


def _needed(nodes: list[Any]) -> set[str]:
    """Names of the nodes that the output is computed from; a call in place needs what it writes, and is needed by
    every later reader of it, so all calls in place count."""
    by_name = {node["name"]: node for node in nodes}
    waiting = [nodes[-1]["name"], *(n["name"] for n in nodes if _writes(n))]
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in needed and name in by_name:
            needed.add(name)
            waiting += _read(by_name[name]["args"]) + _read(by_name[name]["kwargs"])
    return needed


def _writes(node: Mapping[str, Any]) -> bool:
    target = str(node["target"])
    writes = target.split(".")[-1].endswith("_") or ".launch" in target or "_." in target
    return node["op"].startswith("call") and writes


def _changed(node: Mapping[str, Any]) -> list[str]:
    """Names of what a call in place writes: a launch its outputs, any other call its first argument."""
    if not _writes(node):
        return []
    if ".launch" in str(node["target"]):
        named = dict(node["kwargs"].get("dict", []))
        return _read(named.get("out", node["args"][-1:]))
    return _read(node["args"][:1])


def _read(value: Any) -> list[str]:
    if isinstance(value, list):
        return [name for item in value for name in _read(item)]
    if isinstance(value, dict):
        return [value["node"]] if "node" in value else [n for item in value.values() for n in _read(item)]
    return []
