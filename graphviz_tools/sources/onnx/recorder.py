"""Record an ONNX file: its graph as it is read, and the values of one run. ONNX is an optional extra."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from graphviz_tools.errors import NotInstalledError, UserError, class_and_text, own_code
from graphviz_tools.language import _
from graphviz_tools.own_bugs import raised_in
from graphviz_tools.recording import Recording
from graphviz_tools.sources.common.array_value import array_value
from graphviz_tools.sources.common.budget import Budget
from graphviz_tools.sources.common.static_graph import StaticGraph

MAX_STEPS = 20_000


def record_onnx(
    model: Any, *args: Any, title: str = "", max_steps: int = MAX_STEPS, **feeds: Any
) -> Recording:
    """Read an ONNX model ("trace" steps), and, when it is given inputs, run it ("run" steps).

    `model` is the path of a file or an `onnx.ModelProto`. Inputs are given in the model's order or by its names
    for them, as anything that `np.asarray` takes; they are converted to the model's dtypes. The graphs of `If`
    and `Loop` are scopes; only the taken branch has run steps, and a body has them once a turn. Values come from
    onnxruntime with its optimiser off.

    A model that fails ends the recording there, with `error` set. Raises UserError for a path that does
    not exist, for a file or a ModelProto that is not a valid ONNX model or inputs that do not fit,
    NotInstalledError when onnx or onnxruntime is not installed.
    """
    try:
        import onnx
    except ModuleNotFoundError:
        raise NotInstalledError(_("ONNX is not installed: run `pip install onnx onnxruntime`")) from None

    from graphviz_tools.sources.onnx.graph import OnnxReader, known_types

    proto = _checked(model) if isinstance(model, onnx.ModelProto) else _load(model)
    graph, budget = StaticGraph(), Budget(max_steps)
    with own_code():
        read = OnnxReader(graph, known_types(proto)).read(proto.graph)
    outputs, error, versions = [], "", {"onnx": onnx.__version__}
    if args or feeds:
        try:
            import onnxruntime
        except ModuleNotFoundError:
            raise NotInstalledError(
                _("onnxruntime is not installed: run `pip install onnxruntime`")
            ) from None

        from graphviz_tools.sources.onnx.run import OnnxRun

        given = _feeds(proto, args, feeds)
        versions["onnxruntime"] = onnxruntime.__version__
        try:
            known = OnnxRun(graph, budget, proto).run(read, given, {}, ())
            outputs = [array_value(known[out.name], name=out.name) for out in proto.graph.output]
        except BaseException as raised:  # the stop button too: what was recorded up to there is kept
            said = str(raised).strip().partition("\n")[0]
            error = graph.failed(raised, class_and_text(raised, said))
    graph.omitted += budget.omission()
    return graph.recording(
        "onnx",
        title or proto.graph.name or (Path(model).stem if isinstance(model, str | os.PathLike) else ""),
        outputs=outputs,
        versions=versions,
        error=error,
    )


def _checked(model: Any) -> Any:
    """`model`, unless ONNX refuses it."""
    import onnx

    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as raised:
        first = str(raised).strip().splitlines()[0]
        raise UserError(_("the model is not valid ONNX: {first}", first=first)) from None
    return model


def _load(path: Any) -> Any:
    import onnx

    if not isinstance(path, str | os.PathLike):
        raise UserError(
            _(
                "record_onnx needs the path of a file or an onnx.ModelProto; got {kind}",
                kind=type(path).__name__,
            )
        )
    if not Path(path).is_file():
        raise UserError(_("there is no file {file!r}", file=os.fspath(path)))
    try:
        loaded = onnx.load(path)
        onnx.checker.check_model(loaded)
    except (*_unreadable(), OSError, ValueError) as raised:
        if isinstance(raised, ValueError) and not _about_the_file(raised):
            raise
        first = (str(raised).strip() or type(raised).__name__).splitlines()[0]
        raise UserError(
            _("{file!r} is not a readable ONNX model: {first}", file=os.fspath(path), first=first)
        ) from None
    return loaded


def _unreadable() -> tuple[type[Exception], ...]:
    """What onnx raises for a file that is damaged, or not a model, in each of its formats: binary, text, JSON."""
    from google.protobuf import json_format, message, text_format
    from onnx import checker, parser

    return message.Error, text_format.Error, json_format.Error, parser.ParseError, checker.ValidationError


def _about_the_file(error: ValueError) -> bool:
    """Whether onnx raised it, as it does for text that is not UTF-8, and for numbers stored in another file."""
    import onnx

    return isinstance(error, (UnicodeError, *_unreadable())) or raised_in(
        error, str(Path(onnx.__file__).parent)
    )


def _feeds(model: Any, args: tuple[Any, ...], named: dict[str, Any]) -> dict[str, np.ndarray]:
    """One array for each input that has no value in the file, in the model's dtype."""
    from onnx import helper

    constants = {tensor.name for tensor in model.graph.initializer}
    wanted = {i.name: i.type.tensor_type.elem_type for i in model.graph.input if i.name not in constants}
    given = dict(zip(wanted, args, strict=False)) | named
    if len(args) > len(wanted) or set(given) != set(wanted):
        asked = ", ".join(wanted) or "none"
        raise UserError(
            _(
                "the model's inputs are {asked}; got {count} by place and {named} by name",
                asked=asked,
                count=len(args),
                named=sorted(named),
            )
        )
    return {
        name: np.asarray(value).astype(helper.tensor_dtype_to_np_dtype(wanted[name]), copy=False)
        for name, value in given.items()
    }
