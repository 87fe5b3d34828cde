"""The autograd graph behind a tensor that exists already: `autograd_graph`. Nothing is run again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.recording import Edge, Node, Recording, Saved, Step, Value
from graphviz_tools.sources.common.fast_init import quick
from graphviz_tools.sources.common.user_code import caller_line

FREED = _("The saved tensors of this graph are gone: a backward pass has freed them.")
_make_node, _make_edge, _make_saved, _make_value = quick(Node), quick(Edge), quick(Saved), quick(Value)
_RAW, _PLAIN = "_raw_saved_", "_saved_"


def autograd_graph(
    output: torch.Tensor | Iterable[torch.Tensor],
    parameters: torch.nn.Module | Mapping[str, torch.Tensor] | None = None,
    title: str = "autograd graph",
) -> Recording:
    """The graph that `output.backward()` would walk, as a Recording of one step.

    `output` is a tensor of any shape that requires grad, or several. `parameters` gives leaves their names: a module,
    or a mapping from names to tensors. A node's label has the plain values that it keeps (`PowBackward0 exponent=2`),
    and the step's `saved` the shapes and dtypes of the tensors, without their numbers. Tensors packed by saved-tensor
    hooks are left packed.

    Raises UserError for what is not a tensor, or has no graph behind it.
    """
    outputs = [*output] if isinstance(output, Iterable) and not isinstance(output, torch.Tensor) else [output]
    for tensor in outputs or [None]:
        if not isinstance(tensor, torch.Tensor):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UserError(
                _("autograd_graph needs a tensor, such as the loss; got {kind}", kind=type(tensor).__name__)
            )
        if not tensor.requires_grad:
            raise UserError(
                _(
                    "this tensor does not require grad, so there is no graph behind it: it was computed under no_grad, "
                    "detached, or from nothing that requires grad"
                )
            )
    if isinstance(parameters, torch.nn.Module):
        parameters = dict(parameters.named_parameters())
    named = {} if parameters is None else parameters
    if not isinstance(named, Mapping) or not all(isinstance(name, str) for name in named):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UserError(
            _(
                "parameters takes a module or a dict from names to tensors; got {given!r}",
                given=type(named).__name__,
            )
        )
    return _Walk({id(tensor): name for name, tensor in named.items()}).recording(outputs, title)


class _Walk:
    """From the outputs along `next_functions`, each node once."""

    def __init__(self, names: dict[int, str]) -> None:
        self._names = names
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []
        self._saved: list[Saved] = []
        self._numbers: dict[Any, int] = {}
        self._fields: dict[str, tuple[list[str], list[str]]] = {}
        self._words: dict[Any, str] = {}
        self._freed = False

    def recording(self, outputs: list[torch.Tensor], title: str) -> Recording:
        waiting: list[Any] = []
        for tensor in outputs:
            edge = torch.autograd.graph.get_gradient_edge(tensor)
            node = self._number(edge.node, waiting)
            result = len(self._nodes)
            self._nodes.append(
                _make_node(
                    id=result,
                    kind="output",
                    op="output",
                    label=self._label("output", tensor),
                    name="",
                    scope=(),
                    line=None,
                    owner=None,
                    first_output=None,
                )
            )
            self._edges.append(_make_edge(result, node, 0, edge.output_nr, "autograd"))
        edges = self._edges
        for function in waiting:  # grows while it is walked
            number = self._numbers[function]
            for slot, (following, input_number) in enumerate(function.next_functions):
                if following is not None:
                    edges.append(
                        _make_edge(number, self._number(following, waiting), slot, input_number, "autograd")
                    )
        step = Step(
            index=0,
            phase="forward",
            op="autograd graph",
            node=None,
            line=caller_line(),
            nodes=tuple(range(len(self._nodes))),
            edges=tuple(range(len(edges))),
            saved=tuple(self._saved),
            note=FREED if self._freed else "",
        )
        return Recording(
            "torch", title, tuple(self._nodes), tuple(edges), (step,), versions={"torch": torch.__version__}
        )

    def _number(self, function: Any, waiting: list[Any]) -> int:
        number = self._numbers.get(function)
        if number is not None:
            return number
        waiting.append(function)
        name = function.name().rpartition("::")[2]
        variable = getattr(function, "variable", None)
        owner = None
        if variable is not None:
            owner = len(self._nodes)
            kind = "parameter" if isinstance(variable, torch.nn.Parameter) else "input"
            known = self._names.get(id(variable), "")
            self._nodes.append(
                _make_node(
                    id=owner,
                    kind=kind,
                    op=kind,
                    label=self._label(known or kind, variable),
                    name=known,
                    scope=(),
                    line=None,
                    owner=None,
                    first_output=None,
                )
            )
        number = self._numbers[function] = len(self._nodes)
        first = 0 if owner is not None else None
        self._nodes.append(None)  # pyright: ignore[reportArgumentType]
        label = self._keep(function, name, number) if owner is None else name
        self._nodes[number] = _make_node(
            id=number,
            kind="autograd",
            op=name,
            label=label,
            name=name,
            scope=(),
            line=None,
            owner=owner,
            first_output=first,
        )
        return number

    def _label(self, name: str, tensor: torch.Tensor) -> str:
        return f"{name} {tuple(tensor.shape)}"

    def _keep(self, function: Any, name: str, number: int) -> str:
        """Note the tensors that `function` keeps; returns its name with its plain values."""
        fields = self._fields.get(name)
        if fields is None:
            fields = self._fields[name] = _fields(function)
        raw, plain = fields
        try:
            for attribute in raw:
                held = getattr(function, attribute)
                field = attribute.removeprefix(_RAW)
                several = isinstance(held, tuple | list)
                for place, item in enumerate(held if several else (held,)):
                    tensor = item.data
                    if tensor is None:
                        getattr(function, _PLAIN + field, None)  # raises where it is freed, not merely unused
                    elif isinstance(tensor, torch.Tensor):
                        word = f"{field}[{place}]" if several else field
                        self._saved.append(_make_saved(number, word, self._value(tensor)))
            kept = [f"{attribute.removeprefix(_PLAIN)}={getattr(function, attribute)}" for attribute in plain]
        except RuntimeError:  # PyTorch's answer once a backward pass has freed the graph
            self._freed = True
            return name
        return " ".join([name, *kept])

    def _value(self, tensor: torch.Tensor) -> Value:
        dtype = self._words.get(tensor.dtype)
        if dtype is None:
            dtype = self._words[tensor.dtype] = str(tensor.dtype).removeprefix("torch.")
        name = self._names.get(id(tensor), "")
        return _make_value(
            shape=tuple(tensor.shape),
            dtype=dtype,
            device=str(tensor.device),
            name=name,
            text="",
            summary=None,
            numbers=None,
            grid=None,
            flags=(),
            version=None,
            storage=None,
            nbytes=tensor.nbytes,
        )


def _fields(function: Any) -> tuple[list[str], list[str]]:
    """The attributes with the tensors that a node keeps, still packed, and those with plain values."""
    names = dir(function)
    raw = [name for name in names if name.startswith(_RAW)]
    packed = {_PLAIN + name.removeprefix(_RAW) for name in raw}
    return raw, [name for name in names if name.startswith(_PLAIN) and name not in packed]
