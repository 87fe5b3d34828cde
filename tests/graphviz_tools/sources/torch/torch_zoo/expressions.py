"""Expressions: operators, views, in-place writes, dtypes."""

from __future__ import annotations

import torch

from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


@specimen
def scalar_polynomial() -> Program:
    x = torch.tensor(3.0, requires_grad=True)
    return lambda: x**3 - 2 * x + 1, [x]


@specimen
def diamond() -> Program:
    x = leaf(4)

    def program():
        h = x * 2
        a = h.sin()
        b = h.cos()
        return (a * b + h).sum()

    return program, [x]


@specimen
def broadcasting() -> Program:
    a, b = leaf(3, 1), leaf(1, 4)
    return lambda: (a * b - b / (a.abs() + 1)).mean(), [a, b]


@specimen
def matmul_chain() -> Program:
    a, b, c = leaf(3, 4), leaf(4, 5), leaf(5, 2)
    return lambda: torch.linalg.norm(a @ b @ c), [a, b, c]


@specimen
def einsum_and_reductions() -> Program:
    a, b = leaf(2, 3, 4), leaf(2, 4, 5)

    def program():
        c = torch.einsum("bij,bjk->bik", a, b)
        values, _ = c.max(dim=-1)
        return values.logsumexp(dim=0).sum() + c.std() + c.prod(dim=0).mean()

    return program, [a, b]


@specimen
def indexing_and_gather() -> Program:
    x = leaf(5, 4)
    rows = torch.tensor([0, 2, 2])

    def program():
        picked = x[rows]
        column = x.gather(1, torch.tensor([[0], [1], [2], [3], [0]]))
        masked = x[x > 0]
        return picked.sum() + column.prod() + masked.sum() + x[1:3, ::2].sum() + x[..., None].mean()

    return program, [x]


@specimen
def views_and_transposes() -> Program:
    x = leaf(2, 6)

    def program():
        y = x.view(3, 4).t().contiguous().reshape(2, 2, 3).permute(2, 0, 1)
        return (y.unsqueeze(0).expand(2, -1, -1, -1) * y.T.mT.flatten()[0]).sum() if y.dim() == 2 else y.sum()

    return program, [x]


@specimen
def split_chunk_stack_cat() -> Program:
    x = leaf(6, 4)

    def program():
        a, b = x.chunk(2)
        parts = torch.split(x, [1, 2, 3])
        top = torch.topk(x, 2, dim=1)
        return (
            torch.stack([a, b]).sum()
            + torch.cat(parts[1:]).prod()
            + top.values.sum()
            + sum(x.unbind(1)).sum()
        )

    return program, [x]


@specimen
def in_place_writes() -> Program:
    x = leaf(4)

    def program():
        y = x * 2
        y.add_(1)
        y.mul_(x)
        y[0] = 5.0
        y[1:3] *= 2
        return y.sum()

    return program, [x]


@specimen
def writes_through_a_view() -> Program:
    x = leaf(3, 3)

    def program():
        y = x.clone()
        row = y[0]
        row.mul_(10)
        diagonal = y.diagonal()
        diagonal.zero_()
        return (y**2).sum() + row.sum()

    return program, [x]


@specimen
def out_arguments_and_copies() -> Program:
    buffer, x = torch.zeros(4), leaf(4)

    def program():
        torch.mul(torch.ones(4), 3, out=buffer)
        y = torch.empty(4).copy_(x)
        return (y * buffer).sum() + torch.where(x > 0, x, -x).sum() + x.masked_fill(x < 0, 0.0).sum()

    return program, [x, buffer]


@specimen
def mixed_dtypes() -> Program:
    x = leaf(3)

    def program():
        half = x.to(torch.bfloat16) * 2
        double = x.double() + torch.arange(3)
        return half.float().sum() + double.sum() + x.half().float().mean()

    return program, [x]


@specimen
def complex_numbers() -> Program:
    z = torch.randn(4, dtype=torch.complex64).requires_grad_()

    def program():
        w = z * z.conj() + torch.fft.fft(z)
        return (w.real**2 + w.imag**2).sum() + torch.view_as_real(z).sum()

    return program, [z]


@specimen
def nan_and_infinity() -> Program:
    x = torch.tensor([0.0, 1.0, -1.0], requires_grad=True)
    return lambda: (x.log() / x).sum() + torch.tensor(float("inf")), [x]


@specimen
def empty_and_zero_dimensional() -> Program:
    x = leaf(0, 3)
    y = torch.tensor(2.0, requires_grad=True)
    return lambda: x.sum() + y * y + torch.zeros(0).sum(), [x, y]


@specimen
def sparse_product() -> Program:
    x = leaf(3, 2)
    s = torch.sparse_coo_tensor(torch.tensor([[0, 1], [2, 0]]), torch.tensor([3.0, 4.0]), (3, 3))
    return lambda: torch.sparse.mm(s, x).sum(), [x]
