"""Programs of which a part is compiled, scripted or traced."""

from __future__ import annotations

import torch
from torch import nn

from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


@specimen
def scripted_module_and_function() -> Program:
    @torch.jit.script
    def doubled(a):
        return a.sin() * 2

    net, x = torch.jit.script(nn.Linear(3, 3)), leaf(2, 3)
    return lambda: doubled(net(x)).sum(), [x, *net.parameters()]


@specimen
def compiled_module() -> Program:
    net, x = torch.compile(nn.Sequential(nn.Linear(3, 3), nn.ReLU()), backend="eager"), leaf(2, 3)
    return lambda: (net(x) * 2).sum(), [x, *net.parameters()]


@specimen
def module_traced_by_fx_inside() -> Program:
    net, x = nn.Linear(3, 3), leaf(2, 3)

    def program():
        traced = torch.fx.symbolic_trace(net)
        assert [node.op for node in traced.graph.nodes].count("call_function") == 1
        return traced(x).sum()

    return program, [x, *net.parameters()]


@specimen
def compiled_module_with_a_compiled_backward() -> Program:
    net, x = nn.Linear(3, 3), leaf(2, 3)
    compiled = torch.compile(net, backend="aot_eager")
    return lambda: (compiled(x) + net(x)).sum(), [x, *net.parameters()]


@specimen
def a_branch_of_the_graph() -> Program:
    x = leaf(2)
    return lambda: torch.cond(x.sum() > 1, torch.sin, torch.cos, (x,)).sum(), [x]
