"""Small PyTorch programs of every kind that a learner may write, for the recorder to be tried on.

Each entry of `ZOO` is a function without arguments that builds its program from a fixed seed and returns
(program, state): `program()` runs it, and `state` is the list of tensors whose gradients, values and version
counters must come out the same with and without a recorder.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, TensorDataset

Program = tuple[Callable[[], Any], list[torch.Tensor]]
ZOO: dict[str, Callable[[], Program]] = {}


def specimen(build: Callable[[], Program]) -> Callable[[], Program]:
    def seeded() -> Program:
        torch.manual_seed(0)
        return build()

    ZOO[build.__name__] = seeded
    return seeded


def leaf(*shape: int, **options: Any) -> torch.Tensor:
    return torch.randn(*shape, **options).requires_grad_()


# --- expressions ---


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


# --- what autograd is told ---


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


@specimen
def checkpointed() -> Program:
    lin, x = nn.Linear(4, 4), leaf(2, 4)

    def block(h):
        return torch.tanh(lin(h)) * h

    def program():
        h = checkpoint(block, x, use_reentrant=False)
        return checkpoint(block, h, use_reentrant=False).sum()

    return program, [x, *lin.parameters()]


@specimen
def checkpointed_reentrant() -> Program:
    lin, x = nn.Linear(4, 4), leaf(2, 4)

    def program():
        return checkpoint(lambda h: F.dropout(lin(h).relu(), 0.5), x, use_reentrant=True).sum()

    return program, [x, *lin.parameters()]


@specimen
def saved_tensor_hooks() -> Program:
    x = leaf(3)

    def program():
        with torch.autograd.graph.saved_tensors_hooks(lambda t: t.double(), lambda t: t.float()):
            y = (x * x).exp()
        return y.sum()

    return program, [x]


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


# --- control flow ---


@specimen
def branch_on_a_value() -> Program:
    x = leaf(3)

    def program():
        y = x * 2
        if y.sum() > 0:
            y = y.exp()
        elif (y < 0).any():
            y = -y
        return y.sum() if y.max().item() < 100 else y.mean()

    return program, [x]


@specimen
def while_loop() -> Program:
    x = torch.tensor(1.0, requires_grad=True)

    def program():
        h = x * 2
        while h < 30:
            h = h * 2
        return h

    return program, [x]


@specimen
def nested_loops() -> Program:
    x = leaf(2)

    def program():
        total = torch.zeros(2)
        for _ in range(3):
            for _ in range(2):
                total = total + x
            total = total * 2
        return total.sum()

    return program, [x]


@dataclass
class Tree:
    value: torch.Tensor
    children: tuple[Tree, ...] = ()


@specimen
def recursion_over_a_tree() -> Program:
    w = leaf(4, 4)
    tree = Tree(leaf(4), (Tree(leaf(4)), Tree(leaf(4), (Tree(leaf(4)),))))

    def visit(node: Tree) -> torch.Tensor:
        total = node.value
        for child in node.children:
            total = total + torch.tanh(w @ visit(child))
        return total

    return lambda: visit(tree).sum(), [w, tree.value, tree.children[0].value]


@specimen
def recursive_factorial() -> Program:
    x = torch.tensor(2.0, requires_grad=True)

    def power(n: int) -> torch.Tensor:
        return x if n == 1 else x * power(n - 1)

    return lambda: power(5), [x]


@specimen
def generator_and_comprehension() -> Program:
    x = leaf(4)
    return lambda: sum(v * i for i, v in enumerate(x)) + torch.stack([v**2 for v in x]).sum(), [x]


# --- modules ---


@specimen
def mlp_with_dropout() -> Program:
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1))
    x = torch.randn(3, 4)
    return lambda: F.mse_loss(net(x), torch.zeros(3, 1)), [*net.parameters()]


@specimen
def convolution_and_batch_norm() -> Program:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    x = torch.randn(2, 1, 8, 8)
    return lambda: F.cross_entropy(net(x), torch.tensor([0, 1])), [*net.parameters(), *net.buffers()]


@specimen
def lstm() -> Program:
    net, x = nn.LSTM(3, 4, num_layers=2, batch_first=True), leaf(2, 5, 3)

    def program():
        out, (h, c) = net(x)
        return out.sum() + h.prod() + c.mean()

    return program, [x, *net.parameters()]


@specimen
def gru_cell_by_hand() -> Program:
    cell, x = nn.GRUCell(3, 4), leaf(5, 2, 3)

    def program():
        h = torch.zeros(2, 4)
        for step in x:
            h = cell(step, h)
        return h.sum()

    return program, [x, *cell.parameters()]


@specimen
def transformer_training() -> Program:
    net = nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
    source, target = leaf(2, 3, 8), leaf(2, 4, 8)
    return lambda: net(source, target).sum(), [source, target, *net.parameters()]


@specimen
def transformer_encoder_for_inference() -> Program:
    net = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2).eval()
    x = torch.randn(2, 3, 8)

    def program():
        with torch.no_grad():
            return net(x)

    return program, [x]


@specimen
def attention_for_inference() -> Program:
    net, x = nn.MultiheadAttention(8, 2, batch_first=True).eval(), torch.randn(2, 3, 8)

    def program():
        with torch.inference_mode():
            return net(x, x, x)[0].clone()

    return program, [x]


@specimen
def embedding_with_tied_weights() -> Program:
    embedding = nn.Embedding(10, 4)
    ids = torch.tensor([[1, 2, 2]])
    return lambda: F.linear(embedding(ids), embedding.weight).logsumexp(-1).sum(), [embedding.weight]


@specimen
def module_returning_a_dict() -> Program:
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Linear(3, 3)

        def forward(self, x):
            h = self.body(x)
            return {"loss": h.pow(2).mean(), "logits": h, "again": [h, {"deep": h * 2}]}

    net, x = Net(), torch.randn(2, 3)
    return lambda: net(x), [*net.parameters()]


@dataclass
class Output:
    logits: torch.Tensor
    hidden: tuple[torch.Tensor, ...]


@specimen
def module_returning_a_dataclass() -> Program:
    net, x = nn.Linear(3, 3), leaf(2, 3)

    def program():
        h = net(x)
        return Output(h.relu(), (h, x * 2))

    return program, [x, *net.parameters()]


@specimen
def several_losses() -> Program:
    x = leaf(3)
    return lambda: (x.sum(), (x**2).sum(), x.exp().mean()), [x]


@specimen
def weight_and_spectral_norm() -> Program:
    net = nn.utils.parametrizations.weight_norm(nn.Linear(3, 3))
    other = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 3))
    x = leaf(2, 3)
    return lambda: other(net(x)).sum(), [x, *net.parameters(), *other.parameters()]


@specimen
def module_deep_copied_inside() -> Program:
    net, x = nn.Linear(2, 2), torch.randn(1, 2)
    return lambda: (net(x) - copy.deepcopy(net)(x) * 2).sum(), [*net.parameters()]


# --- training ---


def _training(optimizer_of: Callable[..., torch.optim.Optimizer], **options: Any) -> Program:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    x, y = torch.randn(8, 3), torch.randn(8, 1)
    optimizer = optimizer_of(net.parameters(), **options)

    def program():
        for _ in range(2):
            optimizer.zero_grad()
            loss = F.mse_loss(net(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()

    return program, list(net.parameters())


@specimen
def training_with_sgd() -> Program:
    return _training(torch.optim.SGD, lr=0.1, momentum=0.9)


@specimen
def training_with_adam() -> Program:
    return _training(torch.optim.Adam, lr=0.1)


@specimen
def training_with_lbfgs() -> Program:
    x = leaf(3)
    optimizer = torch.optim.LBFGS([x], max_iter=3)

    def program():
        def closure():
            optimizer.zero_grad()
            loss = ((x - 1) ** 2).sum()
            loss.backward()
            return loss

        optimizer.step(closure)

    return program, [x]


@specimen
def training_by_hand() -> Program:
    w = leaf(3)

    def program():
        for _ in range(3):
            loss = ((w - 1) ** 2).sum()
            loss.backward()
            with torch.no_grad():
                w.sub_(0.1 * w.grad)
                w.grad.zero_()

    return program, [w]


@specimen
def training_over_a_loader() -> Program:
    net = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    loader = DataLoader(TensorDataset(torch.randn(6, 2), torch.randn(6, 1)), batch_size=2, shuffle=True)

    def program():
        for x, y in loader:
            optimizer.zero_grad(set_to_none=False)
            F.mse_loss(net(x), y).backward()
            optimizer.step()

    return program, list(net.parameters())


@specimen
def autocast() -> Program:
    net, x = nn.Linear(4, 4), leaf(2, 4)

    def program():
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return net(x).float().sum()

    return program, [x, *net.parameters()]


@specimen
def random_numbers() -> Program:
    x = leaf(3)

    def program():
        noise = torch.randn_like(x) + torch.rand(3)
        return (x * noise).sum() + F.dropout(x, 0.3).sum() + torch.bernoulli(torch.full((3,), 0.5)).sum()

    return program, [x]


# --- programs that fail ---


@specimen
def shapes_that_do_not_match() -> Program:
    x = leaf(3)

    def program():
        y = x * 2
        return y @ torch.zeros(4)

    return program, [x]


@specimen
def an_error_of_the_program() -> Program:
    x = leaf(3)

    def program():
        y = x * 2
        return y / len([]) + 1 / 0

    return program, [x]


@specimen
def saved_tensor_overwritten() -> Program:
    x = leaf(3)

    def program():
        y = x.exp()
        y.add_(1)
        y.sum().backward()

    return program, [x]


@specimen
def custom_backward_that_raises() -> Program:
    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            raise ValueError("broken on purpose")

    x = leaf(3)
    return lambda: (Broken.apply(x) * 3).sum(), [x]


@specimen
def module_that_raises() -> Program:
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(3, 4))
    return lambda: net(torch.randn(2, 3)), [*net.parameters()]
