"""Tensors of other kinds: nested, sparse, quantized, subclasses."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


@specimen
def nested_jagged() -> Program:
    a, b = leaf(2, 3), leaf(4, 3)

    def program():
        nested = torch.nested.as_nested_tensor([a, b], layout=torch.jagged)
        return (nested * 2).sin().values().sum()

    return program, [a, b]


@specimen
def nested_strided() -> Program:
    a, b = leaf(2, 3), leaf(4, 3)

    def program():
        nested = torch.nested.as_nested_tensor([a, b], layout=torch.strided)
        return torch.nested.to_padded_tensor(F.linear(nested, torch.ones(2, 3)), 0.0).sum()

    return program, [a, b]


@specimen
def sparse_of_two_layouts() -> Program:
    values, w = leaf(3), leaf(4, 3)

    def program():
        places = torch.tensor([[0, 1, 2], [2, 0, 3]])
        s = torch.sparse_coo_tensor(places, values, (3, 4)).coalesce()
        y = torch.sparse.mm(s, w)
        with torch.no_grad():
            z = torch.eye(3).to_sparse_csr() @ y
        return y.sum() + z.sum() + s.to_dense().sum()

    return program, [values, w]


@specimen
def few_bits() -> Program:
    x = leaf(4)

    def program():
        q = torch.quantize_per_tensor(x.detach(), 0.1, 0, torch.qint8)
        eight = x.detach().to(torch.float8_e4m3fn)
        return (x * q.dequantize() * eight.float()).sum() + torch.tensor([1, 2], dtype=torch.uint16).float()

    return program, [x]


@specimen
def without_memory() -> Program:
    x = leaf(3)

    def program():
        with torch.device("meta"):
            shape = (torch.zeros(3, 2) @ torch.zeros(2, 5)).shape
        return (x * shape[1]).sum()

    return program, [x]


class Plain(torch.Tensor):
    pass


@specimen
def subclass() -> Program:
    x = torch.randn(3).as_subclass(Plain).requires_grad_()
    return lambda: (x * 2).sin().sum(), [x]


class Counting(torch.Tensor):
    calls = 0

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        cls.calls += 1
        return super().__torch_function__(func, types, args, kwargs or {})


@specimen
def subclass_that_counts_what_is_asked_of_it() -> Program:
    x = torch.randn(3).requires_grad_()

    def program():
        Counting.calls = 0
        y = (x.as_subclass(Counting) * 2).sum()
        return y.as_subclass(torch.Tensor) * Counting.calls

    return program, [x]


@specimen
def parameters_that_are_not_there_yet() -> Program:
    net, x = nn.Sequential(nn.LazyLinear(2), nn.ReLU()), leaf(2, 3)

    def program():
        net(x)
        return net(x).sum()

    return program, [x]


@specimen
def memory_that_is_exchanged() -> Program:
    buffer, x = torch.zeros(2), leaf(4)

    def program():
        buffer.resize_(4).fill_(3.0)
        other = torch.empty(0)
        other.set_(buffer.untyped_storage(), 0, (2, 2))
        other.add_(1)
        y = x * 2
        x.data = torch.ones(4)
        return (y + x * buffer).sum()

    return program, [x, buffer]
