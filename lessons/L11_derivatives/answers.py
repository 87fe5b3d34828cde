"""L11: a Hessian that is never made."""

from graph_duet.authoring.answers import Answers, Wrong

ANSWERS = Answers(
    right={
        "1": "walks = dict(zip('abcdef', (1, 50, 4, 1, 2, 7)))",
        "2": "outcome = dict(zip('abcdef', ('0.5', '1.0', 'None', '2.0', 'raises', 'None')))",
        "3": "if outputs <= x.numel():\n    return jacrev(f)(x)\nreturn jacfwd(f)(x)",
        "4": """
            x = x.detach().requires_grad_()
            (slope,) = torch.autograd.grad(f(x), x, create_graph=True)
            return torch.autograd.grad(slope, x, grad_outputs=v)[0]
        """,
        "5": "[slope] = inner.gradient(y, [x])",
    },
    wrong={
        "1": [
            Wrong("one walk for each input", "walks = dict(zip('abcdef', (1000, 50, 4, 4, 30, 36)))"),
            Wrong("rows and columns exchanged", "walks = dict(zip('abcdef', (1, 4, 50, 1, 2, 7)))"),
            Wrong("everything is one walk", "walks = dict.fromkeys('abcdef', 1)"),
            Wrong("forgets the gradient itself", "walks = dict(zip('abcdef', (1, 50, 4, 1, 1, 6)))"),
        ],
        "2": [
            Wrong(
                "frameworks agree",
                "outcome = dict(zip('abcdef', ('1.0', '1.0', 'None', '2.0', 'raises', 'None')))",
            ),
            Wrong(
                "nothing there is 0",
                "outcome = dict(zip('abcdef', ('0.5', '1.0', '0.0', '2.0', 'raises', '0.0')))",
            ),
            Wrong(
                "both refuse a vector",
                "outcome = dict(zip('abcdef', ('0.5', '1.0', 'None', 'raises', 'raises', 'None')))",
            ),
            Wrong(
                "every gradient can be differentiated",
                "outcome = dict(zip('abcdef', ('0.5', '1.0', 'None', '2.0', '12.0', '12.0')))",
            ),
            Wrong("a constant", "outcome = dict.fromkeys('abcdef', 'None')"),
        ],
        "3": [
            Wrong("always back", "return jacrev(f)(x)", "wrong", "work of 12 walks at most: False"),
            Wrong("always forward", "return jacfwd(f)(x)", "wrong", "work of 12 walks at most: False"),
            Wrong("the wrong way round", "return (jacrev if len(x) < outputs else jacfwd)(f)(x)"),
            Wrong("zeros of the right shape", "return torch.zeros(outputs, len(x), dtype=torch.float64)"),
            Wrong(
                "the Jacobian at one point, written down",
                "return jacrev(f)(torch.linspace(-1, 1, len(x), dtype=torch.float64)) + 0.0 * x",
            ),
        ],
        "4": [
            Wrong(
                "makes the Hessian", "return torch.func.hessian(f)(x) @ v", "wrong", "at most 8 runs: False"
            ),
            Wrong(
                "makes it row by row",
                "return torch.autograd.functional.hessian(f, x) @ v",
                "wrong",
                "at most 8 runs: False",
            ),
            Wrong("the gradient times v", "return grad(f)(x) * v"),
            Wrong(
                "a difference of two slopes",
                """
                h, slope = 1e-3 / v.norm(), grad(f)
                return (slope(x + h * v) - slope(x - h * v)) / (2 * h)
                """,
                "wrong",
                most=0,
            ),
            Wrong("a constant", "return torch.zeros_like(x)"),
            Wrong(
                "no record of the first walk",
                """
                x = x.detach().requires_grad_()
                (slope,) = torch.autograd.grad(f(x), x)
                return torch.autograd.grad(slope, x, grad_outputs=v)[0]
                """,
                "error",
            ),
        ],
        "5": [
            Wrong("as it was", "with outer.stop_recording():\n    slope = inner.gradient(y, x)"),
            Wrong("cut off", "slope = tf.stop_gradient(inner.gradient(y, x))"),
            Wrong("no penalty", "slope = tf.zeros_like(x)"),
            Wrong("half of the slope", "slope = inner.gradient(y, x) / 2.0"),
            Wrong("the slope at the weight", "slope = inner.gradient(y, weight)"),
        ],
    },
    unusual={
        "3": """
            if len(x) < outputs:
                return torch.stack([jvp(f, (x,), (u,))[1] for u in torch.eye(len(x), dtype=x.dtype)], 1)
            pull = vjp(f, x)[1]
            return torch.stack([pull(v)[0] for v in torch.eye(outputs, dtype=x.dtype)])
        """,
        "4": "return jvp(grad(f), (x,), (v,))[1]",
        "5": """
            s = 1.0 - tf.tanh(tf.linalg.matvec(x, weight)) ** 2
            slope = s[:, None] * weight
        """,
    },
)
