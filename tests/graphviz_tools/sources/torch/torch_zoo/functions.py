"""Custom `autograd.Function`s of every kind."""

from __future__ import annotations

import torch

from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * 3 * x * x


@specimen
def custom_function() -> Program:
    x = leaf(3)
    return lambda: Cube.apply(x * 2).sum(), [x]


@specimen
def custom_function_twice_differentiated() -> Program:
    x = leaf(3)

    def program():
        (g,) = torch.autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
        return g.sum()

    return program, [x]


@specimen
def custom_function_through_numpy() -> Program:
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return torch.from_numpy(x.detach().numpy() * 2)

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = leaf(3)
    return lambda: (Double.apply(x) * x).sum(), [x]


class Several(torch.autograd.Function):
    """Takes what is not a tensor, gives several outputs, one without a gradient, and gets None for unused ones."""

    @staticmethod
    def forward(ctx, x, factor, name):
        ctx.factor = factor
        ctx.set_materialize_grads(False)
        whole = (x * factor).long()
        ctx.mark_non_differentiable(whole)
        return x * factor, whole, x + factor

    @staticmethod
    def backward(ctx, scaled, whole, moved):
        assert whole is None and moved is None
        return scaled * ctx.factor, None, None


@specimen
def custom_function_with_several_outputs() -> Program:
    x = leaf(3)

    def program():
        scaled, whole, _ = Several.apply(x * 1.5, 3, "by three")
        return scaled.sum() + whole.sum()

    return program, [x]


class Sine(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.sin()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * x.cos()


@specimen
def custom_function_with_its_context_set_up_apart() -> Program:
    x = leaf(3)
    return lambda: Sine.apply(x).sum(), [x]


@specimen
def custom_function_under_vmap_and_grad() -> Program:
    x = torch.randn(4, 3)
    return lambda: torch.func.vmap(torch.func.grad(lambda v: Sine.apply(v).sum()))(x), [x]


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2


@specimen
def custom_function_in_place() -> Program:
    x = leaf(3)

    def program():
        y = x * 1
        z = Doubled.apply(y)
        return (z * y).sum()

    return program, [x]
