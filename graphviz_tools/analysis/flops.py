"""How many floating-point operations a forward step takes, from the shapes that it read and wrote.

A multiplication with the addition that follows it counts as two, as in PyTorch's own counter
(torch/utils/flop_counter.py). Matrix products, convolutions, attention and recurrent layers are counted; they do
nearly all of a model's arithmetic. Every other op counts as 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import isqrt, prod

from graphviz_tools.analysis.op_vocabulary import plain
from graphviz_tools.recording import Node, Step, Value

Shape = tuple[int, ...]
Formula = Callable[[Sequence[Shape], Shape], int | None]


def flops(step: Step, node: Node) -> int | None:
    """The operations of one run of `node`, 0 for an op with no formula here; None when there is a formula and the
    Recording does not have what it needs (an unknown dimension, the equation of an einsum)."""
    op = plain(step.op).removesuffix(".default")
    if op.lower() == "einsum":
        equation = _equation(node)
        return _einsum(equation, _known(step.reads)) if equation else None
    formula = _FORMULAS.get(op)
    if formula is None:
        return 0
    reads, writes = _known(step.reads), _known(step.writes)
    return formula(reads, writes[0]) if reads and writes else None


def _known(values: Sequence[Value]) -> list[Shape]:
    """The shapes of the tensors among `values`; none at all when one of their dimensions is unknown."""
    shapes: list[Shape] = []
    for value in values:
        if value.shape is not None:
            shape = tuple(size for size in value.shape if size is not None)
            if len(shape) < len(value.shape):
                return []
            shapes.append(shape)
    return shapes


def _product(reads: Sequence[Shape], out: Shape) -> int | None:
    """Matrix product: 2 · |out| · k. Of the matrices m×k and k×n, transposed or not, k² = mk · kn / mn."""
    if len(reads) < 2 or not reads[0]:
        return None
    one, other = reads[0], reads[1]
    if len(one) < 2 or len(other) < 2:
        return 2 * prod(out) * (one[-1] if one else 1)
    rows_columns = prod(out[-2:])
    inner = isqrt(prod(one[-2:]) * prod(other[-2:]) // rows_columns) if rows_columns else 0
    return 2 * prod(out) * inner


def _added_product(reads: Sequence[Shape], out: Shape) -> int | None:
    """Matrix product added to what comes first: 2 · |out| · k."""
    return 2 * prod(out) * reads[1][-1] if len(reads) > 2 else None


def _linear(reads: Sequence[Shape], out: Shape) -> int | None:
    """A linear layer: 2 · |out| · features in."""
    return 2 * prod(out) * reads[0][-1] if reads[0] else None


def _dot(reads: Sequence[Shape], out: Shape) -> int | None:
    """Two vectors, or the last axes of two tensors: 2 · |out| · k."""
    return 2 * prod(out) * reads[0][-1] if reads[0] else None


def _tensordot(reads: Sequence[Shape], out: Shape) -> int | None:
    """2 · |out| · k, where k² = |a| · |b| / |out|."""
    if len(reads) < 2:
        return None
    return 2 * prod(out) * isqrt(prod(reads[0]) * prod(reads[1]) // prod(out)) if prod(out) else 0


def _convolution(reads: Sequence[Shape], out: Shape) -> int | None:
    """2 · |out| · the weights that make one output channel; `weight` is (out, in / groups, *kernel)."""
    return 2 * prod(out) * prod(reads[1][1:]) if len(reads) > 1 else None


def _transposed_convolution(reads: Sequence[Shape], out: Shape) -> int | None:
    """2 · |x| · the weights that one input channel meets; `weight` is (in, out / groups, *kernel)."""
    return 2 * prod(reads[0]) * prod(reads[1][1:]) if len(reads) > 1 else None


def _convolution_channels_last(reads: Sequence[Shape], out: Shape) -> int | None:
    """2 · |out| · the weights that make one output channel; the filter is (*kernel, in / groups, out)."""
    return 2 * prod(out) * prod(reads[1][:-1]) if len(reads) > 1 else None


def _depthwise_channels_last(reads: Sequence[Shape], out: Shape) -> int | None:
    """2 · |out| · kernel; the filter is (height, width, in, multiplier)."""
    return 2 * prod(out) * prod(reads[1][:2]) if len(reads) > 1 else None


def _attention(reads: Sequence[Shape], out: Shape) -> int | None:
    """query · keyᵀ, then weights · value: 2 · batch · heads · queries · keys · (key size + value size)."""
    if len(reads) < 3:
        return None
    query, key, value = reads[:3]
    return 2 * prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _multi_head_attention(reads: Sequence[Shape], out: Shape) -> int | None:
    """The products with the projections' weights, and the attention of (length, [batch,] size) between them."""
    if len(reads) < 3:
        return None
    query, key, value = reads[:3]
    size = query[-1]
    weights = [shape for shape in reads[3:] if len(shape) == 2]
    projected = weights[0] == (3 * size, size) if weights else False
    if not projected and len(weights) < 4:
        return None
    inputs = prod(query) + prod(key) + prod(value)  # each times `size` features out
    attention = 2 * prod(query[:-1]) * key[0] * 2 * size
    return 2 * inputs * size + attention + 2 * prod(query[:-1]) * size * size


def _recurrent(reads: Sequence[Shape], out: Shape) -> int | None:
    """At every time step of every sequence, one product with each weight matrix: 2 · steps · batch · |weights|."""
    weights = [shape for shape in reads[1:] if len(shape) == 2]
    return 2 * prod(reads[0][:-1]) * sum(map(prod, weights)) if weights else None


def _unreadable(reads: Sequence[Shape], out: Shape) -> int | None:
    """None: shapes alone do not say which axes are multiplied."""
    return None


_FORMULAS: dict[str, Formula] = {
    **dict.fromkeys(["matmul", "mm", "bmm", "mv", "rmatmul", "imatmul", "MatMul"], _product),
    **dict.fromkeys(["BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Gemm"], _product),
    **dict.fromkeys(["addmm", "baddbmm", "addmv"], _added_product),
    **dict.fromkeys(["dot", "vdot", "inner"], _dot),
    "linear": _linear,
    "tensordot": _tensordot,
    **dict.fromkeys(["conv1d", "conv2d", "conv3d", "convolution", "Conv"], _convolution),
    **dict.fromkeys(["conv_transpose1d", "conv_transpose2d", "conv_transpose3d"], _transposed_convolution),
    "ConvTranspose": _transposed_convolution,
    **dict.fromkeys(["Conv2D", "Conv3D"], _convolution_channels_last),
    "DepthwiseConv2dNative": _depthwise_channels_last,
    "scaled_dot_product_attention": _attention,
    "multi_head_attention_forward": _multi_head_attention,
    **dict.fromkeys(["lstm", "gru", "rnn_tanh", "rnn_relu"], _recurrent),
    **dict.fromkeys(
        ["dot_general", "conv_general_dilated", "bilinear", "addbmm", "chain_matmul"], _unreadable
    ),
}


def _equation(node: Node) -> str:
    """The equation in `einsum("ij,jk->ik", a, b)`, where the line has it as it is."""
    text = node.label if "einsum" in node.label else node.line.text if node.line is not None else ""
    found = re.findall(r"""einsum\(\s*["']([A-Za-z., ]+(?:->[A-Za-z. ]*)?)["']""", text)
    return found[0].replace(" ", "") if len(found) == 1 else ""


def _einsum(equation: str, reads: Sequence[Shape]) -> int | None:
    """Two operands: 2 · the sizes of all letters. More are multiplied in an order that is not recorded."""
    words = equation.partition("->")[0].split(",")
    if "." in equation or len(words) != len(reads) or len(reads) > 2:
        return None
    if any(len(word) != len(shape) for word, shape in zip(words, reads, strict=True)):
        return None
    sizes: dict[str, int] = {}
    for word, shape in zip(words, reads, strict=True):
        for letter, size in zip(word, shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
    return 2 * prod(sizes.values()) if len(reads) == 2 else 0
