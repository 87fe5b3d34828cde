"""What autograd is told: modes, hooks, retained graphs, double backward."""

from __future__ import annotations

import torch
from torch import nn

from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


@specimen
def detach_and_no_grad() -> Program:
    x = leaf(3)

    def program():
        y = x * 2
        frozen = y.detach()
        with torch.no_grad():
            scale = (x * 3).sum()
        return (y * frozen * scale).sum()

    return program, [x]


@specimen
def inference_mode() -> Program:
    x = leaf(3)

    def program():
        with torch.inference_mode():
            y = x * 2
            z = (y + 1).sum()
        return (z.clone() * x).sum()

    return program, [x]


@specimen
def retain_grad_of_an_intermediate() -> Program:
    x = leaf(3)
    kept: list[torch.Tensor] = []

    def program():
        y = x * 2
        y.retain_grad()
        kept.append(y)
        (y**2).sum().backward()
        return y.grad * 1

    return program, [x]


@specimen
def gradient_accumulates() -> Program:
    x = leaf(3)

    def program():
        (x * 2).sum().backward()
        (x * 3).sum().backward()
        return

    return program, [x]


@specimen
def retain_graph_twice() -> Program:
    x = leaf(3)

    def program():
        y = (x.exp() * x).sum()
        y.backward(retain_graph=True)
        y.backward()

    return program, [x]


@specimen
def second_backward_fails() -> Program:
    x = leaf(3)

    def program():
        y = (x.exp() * x).sum()
        y.backward()
        y.backward()

    return program, [x]


@specimen
def vector_backward_with_gradient() -> Program:
    x = leaf(3)
    return lambda: (x**2).backward(torch.tensor([1.0, 0.1, 0.01])), [x]


@specimen
def double_backward() -> Program:
    x = leaf(3)

    def program():
        y = (x**3).sum()
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        return (g**2).sum()

    return program, [x]


@specimen
def gradient_penalty() -> Program:
    net, x = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)), leaf(5, 3)

    def program():
        out = net(x)
        (g,) = torch.autograd.grad(out.sum(), x, create_graph=True)
        return out.mean() + ((g.norm(dim=1) - 1) ** 2).mean()

    return program, [x, *net.parameters()]


@specimen
def hooks_on_tensors() -> Program:
    x = leaf(3)

    def cut(p: torch.Tensor) -> None:
        p.grad.clamp_(max=15)

    def program():
        y = x * 2
        y.register_hook(lambda g: g * 10)
        x.register_post_accumulate_grad_hook(cut)
        y.sum().backward()

    return program, [x]


@specimen
def hooks_on_modules() -> Program:
    net = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    x = leaf(2, 3)
    net[0].register_forward_hook(lambda m, args, out: out * 2)
    net[0].register_full_backward_hook(lambda m, gin, gout: (gin[0] * 3,))
    return lambda: net(x).sum(), [x, *net.parameters()]


@specimen
def hooks_on_autograd_nodes() -> Program:
    x = leaf(3)

    def program():
        y = x.exp()
        y.grad_fn.register_prehook(lambda gradients: (gradients[0] * 2,))
        y.grad_fn.register_hook(lambda leaving, arriving: (leaving[0] + 1,))
        return y.sum()

    return program, [x]


@specimen
def a_hook_on_several_gradients() -> Program:
    x, y = leaf(3), leaf(3)

    def program():
        a, b, seen = x * 2, y * 3, []
        torch.autograd.graph.register_multi_grad_hook((a, b), lambda gradients: seen.append(len(gradients)))
        (a * b).sum().backward()
        return x.grad * len(seen)

    return program, [x, y]


@specimen
def grad_mode_switched_inside() -> Program:
    x = leaf(3)

    def program():
        with torch.no_grad():
            y = x * 2
            with torch.enable_grad():
                z = x * 3
        return (y + z).sum()

    return program, [x]


@specimen
def gradients_of_some_inputs_only() -> Program:
    x, w = leaf(3), leaf(3)

    def program():
        unused = torch.autograd.grad((x**2).sum(), [x, w], allow_unused=True)
        zeros = torch.autograd.grad((x * 2).sum(), [x, w], materialize_grads=True)
        (x * w).sum().backward(inputs=[w])
        return unused[0] + zeros[1]

    return program, [x, w]


@specimen
def batched_gradients() -> Program:
    x = leaf(3)
    return lambda: torch.autograd.grad(x**2, x, torch.eye(3), is_grads_batched=True)[0], [x]


@specimen
def backward_with_create_graph() -> Program:
    x = leaf(3)

    def program():
        (x.tanh() ** 2).sum().backward(create_graph=True)
        gradient, x.grad = x.grad, None
        (gradient**2).sum().backward()

    return program, [x]
