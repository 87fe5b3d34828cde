"""Transforms of torch.func, and forward mode."""

from __future__ import annotations

import torch
from torch import nn

from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


@specimen
def func_grad_and_vjp() -> Program:
    x = torch.randn(3)

    def program():
        def f(v):
            return (v.sin() * v).sum()

        g = torch.func.grad(f)(x)
        out, pull = torch.func.vjp(lambda v: v**2, x)
        return g + pull(torch.ones(3))[0] + out

    return program, [x]


@specimen
def func_jacrev_and_hessian() -> Program:
    x = torch.randn(3)

    def program():
        return torch.func.jacrev(lambda v: v.sin() * v.sum())(x), torch.func.hessian(lambda v: (v**3).sum())(
            x
        )

    return program, [x]


@specimen
def func_vmap() -> Program:
    w, x = torch.randn(3), torch.randn(5, 3)

    def program():
        per_example = torch.func.vmap(torch.func.grad(lambda p, v: (p @ v).tanh()), in_dims=(None, 0))
        return per_example(w, x)

    return program, [w, x]


@specimen
def func_functional_call() -> Program:
    net, x = nn.Linear(3, 2), torch.randn(4, 3)
    parameters = {k: v.detach().clone() for k, v in net.named_parameters()}

    def program():
        return torch.func.grad(lambda p: torch.func.functional_call(net, p, (x,)).pow(2).sum())(parameters)

    return program, [x, *parameters.values()]


@specimen
def autograd_functional() -> Program:
    x = torch.randn(3)
    return lambda: torch.autograd.functional.hvp(lambda v: (v**3).sum(), x, torch.ones(3))[1], [x]


@specimen
def func_grad_over_vmap() -> Program:
    w, x = torch.randn(3), torch.randn(5, 3)

    def program():
        return torch.func.grad(lambda p: torch.func.vmap(lambda v: (p @ v).tanh())(x).sum())(w)

    return program, [w, x]


@specimen
def func_jacrev_of_a_functional_call() -> Program:
    net, x = nn.Linear(3, 2), torch.randn(3)
    parameters = {k: v.detach() for k, v in net.named_parameters()}
    return lambda: torch.func.jacrev(lambda p: torch.func.functional_call(net, p, (x,)))(parameters), [x]


@specimen
def forward_mode() -> Program:
    x = leaf(3)

    def program():
        with torch.autograd.forward_ad.dual_level():
            dual = torch.autograd.forward_ad.make_dual(x, torch.ones(3))
            unpacked = torch.autograd.forward_ad.unpack_dual((dual.sin() * dual).sum())
            return unpacked.primal + unpacked.tangent

    return program, [x]
