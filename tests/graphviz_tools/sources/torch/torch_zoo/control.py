"""Control flow: branches, loops, recursion, generators."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


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
