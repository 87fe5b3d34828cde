"""Programs for torch.export and TorchScript."""

from __future__ import annotations

import torch

from tests.graphviz_tools.sources.compiled.compiled_programs import (
    COMPILED,
    Program,
)


def cond_on_data(x):
    def doubled(x):
        return x.sin() * 2

    def halved(x):
        return x.cos() / 2

    return torch.cond(x.sum() > 0, doubled, halved, (x,)) + 1


def nested_cond(x):
    def outer(x):
        return torch.cond(x.max() > 2, lambda x: x * 3, lambda x: x - 3, (x,))

    return torch.cond(x.sum() > 0, outer, lambda x: -x, (x,))


def while_below(count, x):
    def going(count, x):
        return x.sum() < 50

    def turn(count, x):
        return count + 1, x * 2

    return torch._higher_order_ops.while_loop(going, turn, (count, x))


EXPORTED = {
    **{
        name: COMPILED[name]
        for name in ("arithmetic", "several outputs", "python branch", "in place", "split")
    },
    **{name: COMPILED[name] for name in ("attention", "perceptron", "convolution", "stack of blocks")},
    **{name: COMPILED[name] for name in ("tied weights", "causal attention", "attention layer")},
    "cond, true": Program(lambda: (cond_on_data, (torch.ones(3),)), {"aten.sin": "return x.sin() * 2"}),
    "cond, false": Program(lambda: (cond_on_data, (-torch.ones(3),)), {"aten.cos": "return x.cos() / 2"}),
    "nested cond": Program(lambda: (nested_cond, (torch.ones(3),))),
    "while loop": Program(
        lambda: (while_below, (torch.tensor(0), torch.ones(3))), {"aten.mul": "return count + 1, x * 2"}
    ),
}


def scripted_control(x, turns: int):
    for turn in range(turns):
        if bool(x.sum() > 10):
            x = x - turn
            x = x / 2
        else:
            x = x * 2
    return x


def scripted_while(x):
    while bool(x.sum() < 100):
        x = x * 3
    return x


def scripted_lists(x):
    parts = []
    for row in range(x.size(0)):
        parts.append(x[row] * row)
    return torch.stack(parts), len(parts)


TRACED = {
    **{name: COMPILED[name] for name in ("arithmetic", "loss", "split", "attention", "perceptron")},
    **{name: COMPILED[name] for name in ("convolution", "stack of blocks", "recurrent", "a branch on data")},
    **{name: COMPILED[name] for name in ("tied weights", "argument written", "causal attention")},
}


SCRIPTED = {
    "control": Program(lambda: (scripted_control, (torch.ones(3), 4)), {"aten::mul": "x = x * 2"}),
    "while": Program(lambda: (scripted_while, (torch.ones(2),)), {"aten::mul": "x = x * 3"}),
    "lists": Program(
        lambda: (scripted_lists, (torch.ones(3, 2),)),
        {"aten::stack": "return torch.stack(parts), len(parts)"},
    ),
    **{name: COMPILED[name] for name in ("arithmetic", "split", "perceptron", "convolution")},
    **{name: COMPILED[name] for name in ("buffers", "tied weights", "argument written")},
}
