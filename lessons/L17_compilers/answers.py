"""L17: fewer kernels, equal results."""

from graph_duet.authoring.answers import Answers, Wrong

_GELU = """
h = torch.addmm(b, x, w)
h = 0.5 * h * (1 + torch.tanh(0.7978845608028654 * (h + 0.044715 * h**3)))
return F.layer_norm(h, (5,))
"""


def _costs(*numbers: int) -> str:
    return f"costs = dict(zip('abcdef', {numbers}))"


def _plan(reads: str = "len(outside)", written: str = "name in wanted or name == result") -> str:
    return f"""
total = 0
for group in plan:
    outside = {{r for name in group for r in program[name] if r not in group}}
    wanted = {{r for name in program if name not in group for r in program[name]}}
    total += {reads} + sum({written} for name in group)
return size * total
"""


ANSWERS = Answers(
    right={
        "1": _costs(2, 2, 1, 1600, 800, 3),
        "2": _plan(),
        "3": """
            h = F.gelu(F.linear(x, w.t(), b), approximate="tanh")
            return F.layer_norm(h, h.shape[1:])
        """,
        "4": """
            both = tf.matmul(x, np.hstack([wa, wb, wc]))
            return tf.multiply(2.0, tf.tanh(both))
        """,
        "5": "return torch.exp(x - torch.logsumexp(x, 1, keepdim=True))",
    },
    wrong={
        "1": [
            Wrong("eager mode fuses", _costs(1, 2, 1, 1600, 800, 3)),
            Wrong("a view is a kernel", _costs(2, 2, 2, 1600, 800, 3)),
            Wrong("what is written in Python is one dispatch", _costs(2, 1, 1, 1600, 800, 3)),
            Wrong("only what is written counts", _costs(2, 2, 1, 800, 400, 3)),
            Wrong("a graph is fused", _costs(2, 2, 1, 1600, 800, 1)),
        ],
        "2": [
            Wrong("nothing is fused", _plan("sum(len(program[n]) for n in group)", "True")),
            Wrong("every value is written", _plan(written="True")),
            Wrong(
                "reads a value as often as it is named",
                _plan("sum(r not in group for n in group for r in program[n])"),
            ),
            Wrong("forgets the result", _plan(written="name in wanted")),
            Wrong("only the result is written", _plan(written="name == result")),
            Wrong("a constant", "return 4000"),
        ],
        "3": [
            Wrong("as it was", "return slow(x, w, b)", "wrong", "at most four kernels: False"),
            Wrong("GELU by hand", _GELU, "wrong", "at most four kernels: False"),
            Wrong("the exact GELU", "return F.layer_norm(F.gelu(torch.addmm(b, x, w)), (5,))", "wrong"),
            Wrong("without the bias", "return F.layer_norm(F.gelu(x @ w, approximate='tanh'), (5,))"),
            Wrong(
                "hides all in a branch",
                "return torch.cond(x.sum() > -1e9, slow, slow, (x, w, b))",
                "wrong",
                "at most four kernels: False",
            ),
            Wrong("a constant of the right shape", "return torch.zeros(6, 5, dtype=torch.float64)"),
            Wrong(
                "numbers of now, written into the graph",
                "return torch.tensor(slow(x, w, b).tolist(), dtype=torch.float64)",
            ),
        ],
        "4": [
            Wrong("as it was", "return separate(x, wa, wb, wc)", "wrong", "products: 3"),
            Wrong(
                "joins inside the graph, and splits",
                """
                whole = tf.concat([tf.constant(w) for w in (wa, wb, wc)], axis=1)
                parts = tf.split(tf.matmul(x, whole), [2, 3, 2], axis=1)
                return tf.concat([tf.tanh(part) for part in parts], axis=1) * 2.0
                """,
                "wrong",
                "few: False",
            ),
            Wrong("one of the three", "return tf.tanh(tf.matmul(x, wa)) * 2.0"),
            Wrong(
                "the wrong order",
                "return tf.tanh(tf.matmul(x, np.concatenate([wc, wb, wa], axis=1))) * 2.0",
            ),
            Wrong(
                "calls back into Python",
                "return tf.numpy_function(lambda x: separate(x, wa, wb, wc).numpy(), [x], tf.float32)",
                "error",
            ),
            Wrong(
                "hides the three products in a function",
                """
                inner = tf.function(lambda x: separate(x, wa, wb, wc), autograph=False)
                return inner(x)
                """,
                "wrong",
                "products: 3",
            ),
        ],
        "5": [
            Wrong("as it was", "weights = torch.exp(x)\nreturn weights / weights.sum(1, keepdim=True)"),
            Wrong(
                "stable, in five kernels",
                """
                weights = torch.exp(x - x.amax(1, keepdim=True))
                return weights / weights.sum(1, keepdim=True)
                """,
                "wrong",
                "at most three kernels: False",
            ),
            Wrong(
                "cuts large numbers off", "w = torch.exp(x.clamp(max=500))\nreturn w / w.sum(1, keepdim=True)"
            ),
            Wrong("replaces NaN", "w = torch.exp(x)\nreturn torch.nan_to_num(w / w.sum(1, keepdim=True))"),
            Wrong("along the other axis", "return torch.softmax(x, dim=0)"),
        ],
    },
    unusual={
        "2": """
            home = {name: number for number, group in enumerate(plan) for name in group}
            read = {(home[name], r) for name, reads in program.items() for r in reads if home.get(r) != home[name]}
            made = {r for _, r in read if r in home} | {result}
            return (len(read) + len(made)) * size
        """,
        "3": """
            h = F.gelu(torch.baddbmm(b.expand(1, 6, 5), x[None], w[None])[0], approximate="tanh")
            return torch.native_layer_norm(h, [5], None, None, 1e-5)[0]
        """,
        "4": """
            whole = tf.constant(np.concatenate([wa, wb, wc], axis=1))
            return tf.tanh(tf.einsum("rk,kc->rc", x, whole)) * np.float32(2.0)
        """,
        "5": "return torch.exp(torch.log_softmax(x, dim=1))",
    },
)
