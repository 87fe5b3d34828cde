"""Under `torch.func`, each step shows the shape that the program's own code sees there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad, hessian, jacfwd, jacrev, vmap

from graphviz_tools import record_torch

Shapes = list[tuple[str, tuple[int, ...]]]
PROGRAMS: dict[str, Callable[[Shapes], Any]] = {}


def program(make: Callable[[Shapes], Any]) -> Callable[[Shapes], Any]:
    PROGRAMS[make.__name__] = make
    return make


def look(seen: Shapes, op: str, tensor: torch.Tensor) -> torch.Tensor:
    seen.append((op, tuple(tensor.shape)))
    return tensor


@program
def vmap_makes_tensors(seen: Shapes) -> Any:
    def one(x: torch.Tensor) -> torch.Tensor:
        zeros = look(seen, "new_zeros", x.new_zeros(3, 3))
        look(seen, "ones_like", torch.ones_like(x))
        look(seen, "new_full", x.new_full((2,), 1.0))
        both = look(seen, "cat", torch.cat([x, x]))
        moved = look(seen, "add", zeros + x)
        return torch.dot(moved.sum(0), both[:3])

    return vmap(one)(torch.ones(4, 3))


@program
def vmap_of_views(seen: Shapes) -> Any:
    def one(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        product = look(seen, "mul", x * y)
        row = look(seen, "unsqueeze", product.unsqueeze(0))
        return look(seen, "expand", row.expand(2, 3))

    return vmap(one, in_dims=(0, None))(torch.ones(4, 3), torch.ones(3))


@program
def vmap_in_vmap(seen: Shapes) -> Any:
    def one(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        product = look(seen, "mul", x * y)
        return look(seen, "sum", product.sum())

    over_y = vmap(one, in_dims=(None, 0))
    return vmap(over_y, in_dims=(0, None))(torch.ones(4, 3), torch.ones(5, 3))


@program
def vmap_with_randomness(seen: Shapes) -> Any:
    def one(x: torch.Tensor) -> torch.Tensor:
        noise = look(seen, "randn", torch.randn(2))
        return look(seen, "dropout", F.dropout(noise + x.sum(), 0.5))

    return vmap(one, randomness="different")(torch.ones(4, 3))


@program
def gradient_for_each_example(seen: Shapes) -> Any:
    layer = nn.Linear(3, 2)
    parameters = {name: p.detach() for name, p in layer.named_parameters()}

    def loss(parameters: Any, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        out = look(seen, "linear", functional_call(layer, parameters, (x,)))
        return look(seen, "mse_loss", F.mse_loss(out, y))

    return vmap(grad(loss), in_dims=(None, 0, 0))(parameters, torch.ones(5, 3), torch.ones(5, 2))


def square(seen: Shapes) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda x: look(seen, "pow", x**2)


@program
def jacobian_in_reverse(seen: Shapes) -> Any:
    return jacrev(square(seen))(torch.ones(3))


@program
def jacobian_forward(seen: Shapes) -> Any:
    return jacfwd(square(seen))(torch.ones(3))


@program
def jacobian_for_each_example(seen: Shapes) -> Any:
    return vmap(jacrev(square(seen)))(torch.ones(4, 3))


@program
def second_derivatives(seen: Shapes) -> Any:
    return hessian(lambda x: look(seen, "sin", x.sin()).sum())(torch.ones(3))


BATCHED = [name for name in PROGRAMS if name.startswith("vmap") or name.endswith("for_each_example")]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_step_shows_the_shape_that_the_program_sees(name: str) -> None:
    seen: Shapes = []
    recording = record_torch(PROGRAMS[name], seen, backward=False)
    assert recording.error == "" and seen
    ops = {op for op, _ in seen}
    mine = [s for s in recording.steps if s.op in ops and s.line is not None and "look" in s.line.text]
    assert [(s.op, s.writes[0].shape) for s in mine] == seen
    if name in BATCHED:
        assert all("vmapped" in s.writes[0].flags for s in mine)
