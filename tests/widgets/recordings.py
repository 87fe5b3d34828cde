"""Recordings made by hand: small, exact, and free of any framework."""

from __future__ import annotations

from graphviz_tools.recording import (
    Control,
    Memory,
    Recording,
    Saved,
    Summary,
    Value,
)
from tests.widgets.recording_builder import RecordingBuilder, handle, matrix, scalar, vector

LOOP = """def f(x):
    h = x * 2
    while h.sum() < 30:
        h = h * h
    return h.sum()
"""


def eager_loop() -> Recording:
    """`f(tensor([1., 2., 3.]))` in PyTorch with backward: one turn of the loop, `h` used twice by `h * h`."""
    s = RecordingBuilder("torch", "f", LOOP)
    s.scope("while 1", kind="iteration", label="while · iteration 1")
    x = s.node("input", "input", "x", line=1)
    s.step(
        "forward",
        "input",
        x,
        1,
        nodes=(x,),
        writes=(vector("x", 1.0, 2.0, 3.0, flags=("leaf", "requires_grad")),),
        memory=Memory(12, 0),
    )
    acc = s.node("autograd", "AccumulateGrad", owner=x, first_output=0)
    mul = s.node("op", "mul", "h = x * 2", line=2)
    mul_b = s.node("autograd", "MulBackward0", owner=mul, first_output=0)
    h1 = vector("h", 2.0, 4.0, 6.0)
    s.step(
        "forward",
        "mul",
        mul,
        2,
        nodes=(acc, mul, mul_b),
        edges=(s.edge(x, mul), s.edge(mul_b, acc, kind="autograd")),
        reads=(vector("x", 1.0, 2.0, 3.0),),
        writes=(h1,),
        memory=Memory(24, 0),
    )
    test = s.node("branch", "while", "h.sum() < 30", line=3)
    s.step(
        "forward",
        "bool",
        test,
        3,
        nodes=(test,),
        edges=(s.edge(mul, test),),
        reads=(scalar("h.sum()", 12.0),),
        control=Control("loop", "12. < 30", "True", 1),
        memory=Memory(24, 0),
    )
    body = ("while 1",)
    sq = s.node("op", "mul", "h = h * h", line=4, scope=body)
    sq_b = s.node("autograd", "MulBackward0", owner=sq, first_output=0, scope=body)
    h2 = vector("h", 4.0, 16.0, 36.0)
    s.step(
        "forward",
        "mul",
        sq,
        4,
        nodes=(sq, sq_b),
        edges=(
            s.edge(mul, sq),
            s.edge(mul, sq, 1),
            s.edge(sq_b, mul_b, kind="autograd"),
            s.edge(sq_b, mul_b, kind="autograd", source_slot=1),
        ),
        reads=(h1, h1),
        writes=(h2,),
        saved=(Saved(sq_b, "self", h1), Saved(sq_b, "other", h1)),
        memory=Memory(36, 12),
    )
    test2 = s.node("branch", "while", "h.sum() < 30", line=3)
    s.step(
        "forward",
        "bool",
        test2,
        3,
        nodes=(test2,),
        edges=(s.edge(sq, test2),),
        reads=(scalar("h.sum()", 56.0),),
        control=Control("loop", "56. < 30", "False", None),
        memory=Memory(36, 12),
    )
    total = s.node("op", "sum", "h.sum()", line=5)
    total_b = s.node("autograd", "SumBackward0", owner=total, first_output=0)
    s.step(
        "forward",
        "sum",
        total,
        5,
        nodes=(total, total_b),
        edges=(s.edge(sq, total), s.edge(total_b, sq_b, kind="autograd")),
        reads=(h2,),
        writes=(scalar("loss", 56.0),),
        memory=Memory(40, 12),
    )
    out = s.node("output", "output", "loss", line=5)
    s.step(
        "forward",
        "output",
        out,
        5,
        nodes=(out,),
        edges=(s.edge(total, out),),
        reads=(scalar("loss", 56.0),),
        memory=Memory(40, 12),
    )
    one, ones = scalar("grad", 1.0), vector("grad", 1.0, 1.0, 1.0)
    s.step("backward", "SumBackward0", total_b, 5, grads_in=(one,), grads_out=(ones,), memory=Memory(52, 12))
    half = vector("grad", 2.0, 4.0, 6.0)
    s.step(
        "backward",
        "MulBackward0",
        sq_b,
        4,
        grads_in=(ones,),
        grads_out=(half, half),
        freed=(sq_b,),
        memory=Memory(52, 0),
        note="h meets itself: each use sends a gradient, and they are added.",
    )
    full = vector("grad", 4.0, 8.0, 12.0)
    s.step(
        "backward",
        "MulBackward0",
        mul_b,
        2,
        grads_in=(full,),
        grads_out=(vector("grad", 8.0, 16.0, 24.0),),
        memory=Memory(52, 0),
    )
    s.step(
        "backward",
        "AccumulateGrad",
        acc,
        1,
        grads_in=(vector("grad", 8.0, 16.0, 24.0),),
        memory=Memory(24, 0),
    )
    return s.recording()


def static_loop() -> Recording:
    """The same function traced by TensorFlow, then run: cond and body are built before any number."""
    s = RecordingBuilder("tensorflow", "f", LOOP)
    s.scope("while", kind="loop")
    s.scope("while", "cond", kind="cond")
    s.scope("while", "body", kind="body")
    plan = [
        ("input", "Placeholder", "x", 1, (), (), (3,)),
        ("op", "Mul", "mul", 2, (), (0,), (3,)),
        ("op", "Sum", "Sum", 3, ("while", "cond"), (1,), ()),
        ("op", "Less", "Less", 3, ("while", "cond"), (2,), ()),
        ("op", "Mul", "mul_1", 4, ("while", "body"), (1,), (3,)),
        ("op", "Sum", "Sum_1", 5, (), (4,), ()),
    ]
    ids = []
    for kind, op, label, line, scope, sources, shape in plan:
        node = s.node(kind, op, label, line=line, scope=scope)
        edges = tuple(s.edge(ids[source], node) for source in sources)
        ids.append(node)
        s.step("trace", op, node, line, nodes=(node,), edges=edges, writes=(handle(label, shape),))
    runs = [
        (0, vector("x", 1.0, 2.0, 3.0), None),
        (1, vector("mul", 2.0, 4.0, 6.0), None),
        (2, scalar("Sum", 12.0), None),
        (
            3,
            Value((), "bool", name="Less", summary=Summary(1, 1, 1, 0), numbers=(True,)),
            Control("loop", "True", "body", 1),
        ),
        (4, vector("mul_1", 4.0, 16.0, 36.0), None),
        (2, scalar("Sum", 56.0), None),
        (
            3,
            Value((), "bool", name="Less", summary=Summary(0, 0, 0, 0), numbers=(False,)),
            Control("loop", "False", "exit"),
        ),
        (5, scalar("Sum_1", 56.0), None),
    ]
    for place, value, control in runs:
        s.step("run", s.nodes[ids[place]].op, ids[place], None, writes=(value,), control=control)
    return s.recording()


def perceptron(width: int = 64) -> Recording:
    """Two linear layers and a loss, with heat maps, parameters, modules and an update."""
    code = "def loss(model, x, y):\n    p = model(x)\n    return ((p - y) ** 2).mean()\n"
    s = RecordingBuilder("torch", "loss", code)
    x = s.node("input", "input", "x", line=1)
    s.step("forward", "input", x, 1, nodes=(x,), writes=(matrix("x", 32, width),), memory=Memory(8192, 0))
    last, chain, alive = x, [], 8192
    for layer in ("first", "relu", "second"):
        s.scope(
            layer, label={"first": "first: Linear", "relu": "relu: ReLU", "second": "second: Linear"}[layer]
        )
        if layer == "relu":
            op = s.node("op", "relu", "relu(x)", line=2, scope=(layer,))
            back = s.node("autograd", "ReluBackward0", owner=op, first_output=0, scope=(layer,))
            made, edges, leaves = [op, back], [s.edge(last, op)], []
        else:
            weight = s.node("parameter", "parameter", f"{layer}.weight", scope=(layer,))
            op = s.node("op", "linear", "linear(x, weight)", line=2, scope=(layer,))
            back = s.node("autograd", "AddmmBackward0", owner=op, first_output=0, scope=(layer,))
            acc = s.node("autograd", "AccumulateGrad", owner=weight, first_output=0, scope=(layer,))
            made, leaves = [weight, op, back, acc], [acc]
            edges = [
                s.edge(last, op),
                s.edge(weight, op, 1),
                s.edge(back, acc, kind="autograd", source_slot=1),
            ]
        if chain:
            edges.append(s.edge(back, chain[-1][0], kind="autograd"))
        alive += 32 * width * 4
        value = matrix(layer, 32, width, 2.0)
        s.step(
            "forward",
            s.nodes[op].op,
            op,
            2,
            nodes=tuple(made),
            edges=tuple(edges),
            reads=(matrix("x", 32, width),),
            writes=(value,),
            saved=(Saved(back, "self", value),),
            memory=Memory(alive, alive - 8192),
        )
        chain.append((back, leaves, layer))
        last = op
    mean = s.node("op", "mse", "((p - y) ** 2).mean()", line=3)
    mean_b = s.node("autograd", "MeanBackward0", owner=mean, first_output=0)
    s.step(
        "forward",
        "mse",
        mean,
        3,
        nodes=(mean, mean_b),
        edges=(s.edge(last, mean), s.edge(mean_b, chain[-1][0], kind="autograd")),
        reads=(matrix("p", 32, width),),
        writes=(scalar("loss", 1.25),),
        memory=Memory(alive, alive - 8192),
    )
    s.step(
        "backward",
        "MeanBackward0",
        mean_b,
        3,
        grads_in=(scalar("grad", 1.0),),
        grads_out=(matrix("grad", 32, width, 0.01),),
        memory=Memory(alive + 8192, alive - 8192),
    )
    for back, leaves, layer in reversed(chain):
        alive -= 32 * width * 4
        gradient = matrix("grad", 32, width, 0.02)
        # Slot 0 leads to the earlier layer, slot 1 to the weight.
        s.step(
            "backward",
            s.nodes[back].op,
            back,
            2,
            grads_in=(gradient,),
            grads_out=(gradient, gradient),
            freed=(back,),
            memory=Memory(alive + 8192, alive - 8192),
        )
        for leaf in leaves:
            s.step(
                "backward",
                "AccumulateGrad",
                leaf,
                2,
                grads_in=(matrix(f"{layer}.weight.grad", width, width, 0.1),),
                memory=Memory(alive + 8192, alive - 8192),
            )
    s.step(
        "optimize",
        "SGD.step",
        None,
        None,
        memory=Memory(alive, 0),
        note="Each parameter moves against its gradient.",
    )
    return s.recording()


def tower(layers: int, ops: int) -> Recording:
    """`layers` equal modules of `ops` ops each, forward and backward: a stand-in for a large model."""
    s = RecordingBuilder("torch", "tower", "def f(model, x):\n    return model(x)\n")
    x = s.node("input", "input", "x", line=1)
    s.step("forward", "input", x, 1, nodes=(x,), writes=(vector("x", 1.0),), memory=Memory(4, 0))
    last, backs = x, []
    for layer in range(layers):
        scope = ("model", f"layer{layer}")
        s.scope(*scope, label=f"layer {layer}: Block")
        for number in range(ops):
            op = s.node("op", "mul", f"op{number}", line=2, scope=scope)
            back = s.node("autograd", "MulBackward0", owner=op, first_output=0, scope=scope)
            edges = [s.edge(last, op)]
            if backs:
                edges.append(s.edge(back, backs[-1], kind="autograd"))
            s.step(
                "forward",
                "mul",
                op,
                2,
                nodes=(op, back),
                edges=tuple(edges),
                writes=(vector("h", 1.0),),
                memory=Memory(4 * len(backs) + 4, 4 * len(backs)),
            )
            backs.append(back)
            last = op
    for left, back in enumerate(reversed(backs)):
        s.step(
            "backward",
            "MulBackward0",
            back,
            2,
            grads_in=(vector("grad", 1.0),),
            grads_out=(vector("grad", 1.0),),
            freed=(back,),
            memory=Memory(4 * (len(backs) - left), 4 * (len(backs) - left - 1)),
        )
    return s.recording()
