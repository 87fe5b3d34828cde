"""L07: one graph, and keep it."""

from graph_duet.authoring.answers import Answers, Wrong

ANSWERS = Answers(
    right={
        "1": "graphs = dict(zip('abcdef', (2, 3, 2, 2, 2, 2)))",
        "2": "return torch.cond(x.abs().max() > limit, lambda x: x * (limit / x.abs().max()), lambda x: x * 1.0, (x,))",
        "3": [
            'self.register_buffer("calls", torch.tensor(0), persistent=False)',
            "y = y / torch.maximum(y.abs().max(), torch.tensor(1.0))",
        ],
        "4": """
            times = tf.constant(0)
            while tf.reduce_sum(x) > 1.0:
                x = x * 0.5
                times += 1
            return x, times
        """,
        "5": """
            inner = torch.compile(f, backend=backend)
            def service(x):
                sizes.append(len(x))
                return inner(x)
            return service, sizes
        """,
    },
    wrong={
        "1": [
            Wrong("every size is a graph", "graphs = {'a': 3, 'b': 3, 'c': 4, 'd': 3, 'e': 2, 'f': 2}"),
            Wrong("compiled is one graph", "graphs = dict.fromkeys('abcdef', 1)"),
            Wrong("dynamic means any size", "graphs = {'a': 2, 'b': 2, 'c': 1, 'd': 2, 'e': 2, 'f': 2}"),
            Wrong("a break costs nothing", "graphs = {'a': 2, 'b': 3, 'c': 2, 'd': 2, 'e': 1, 'f': 1}"),
        ],
        "2": [
            Wrong(
                "as it was",
                "peak = x.abs().max()\nif peak > limit:\n    x = x * (limit / peak)\nreturn x",
                "wrong",
                "graphs: ",
            ),
            Wrong("always scales", "return x * (limit / x.abs().max())"),
            Wrong("clips each element", "return x.clamp(-limit, limit)"),
            Wrong("never scales", "return x * 1.0"),
            Wrong("a constant", "return torch.ones(4, dtype=torch.float64)"),
            Wrong(
                "leaves the compiler out",
                "return torch._dynamo.disable(lambda: x * min(1.0, float(limit / x.abs().max())))()",
            ),
        ],
        "3": [
            Wrong(
                "only the counter",
                [
                    'self.register_buffer("calls", torch.zeros((), dtype=torch.int64))',
                    "peak = y.abs().max().item()\nif peak > 1.0:\n    y = y / peak",
                ],
                "error",
            ),
            Wrong(
                "only the break",
                ["self.calls = 0", "y = y / y.abs().max().clamp(min=1.0)"],
                "wrong",
                "at most two graphs: False",
            ),
            Wrong(
                "takes its graphs off the list",
                ["del kept[2:]\nself.calls = 0", "y = y / y.abs().max().clamp(min=1.0)"],
            ),
            Wrong(
                "always divides by the peak",
                [
                    'self.register_buffer("calls", torch.zeros((), dtype=torch.int64))',
                    "y = y / y.abs().max()",
                ],
            ),
            Wrong(
                "a peak for each row",
                [
                    'self.register_buffer("calls", torch.zeros((), dtype=torch.int64))',
                    "y = y / y.abs().amax(1, keepdim=True).clamp(min=1.0)",
                ],
            ),
        ],
        "4": [
            Wrong(
                "as it was",
                """
                while tf.reduce_sum(x) > 1.0:
                    x = x / 2.0
                    times = times + 1 if x is not None else 0
                return x, times
                """,
                "error",
                "times",
            ),
            Wrong(
                "a fixed number of turns",
                "times = 0\nfor _ in range(4):\n    x = x / 2.0\n    times = times + 1\nreturn x, times",
            ),
            Wrong(
                "counts from one",
                "times = 1\nwhile tf.reduce_sum(x) > 1.0:\n    x = x / 2.0\n    times = times + 1\nreturn x, times",
            ),
            Wrong(
                "no loop in the graph",
                """
                total = tf.maximum(tf.reduce_sum(x), 1.0)
                times = tf.cast(tf.math.ceil(tf.math.log(total) / tf.math.log(2.0)), tf.int32)
                return x / tf.pow(2.0, tf.cast(times, tf.float32)), times
                """,
                "wrong",
                "loops in the graph: 0",
            ),
        ],
        "5": [
            Wrong(
                "as it was",
                """
                @torch.compile(backend=backend)
                def service(x):
                    sizes.append(x.shape[0])
                    return f(x)
                return service, sizes
                """,
                "wrong",
                "at most two graphs: False",
            ),
            Wrong(
                "takes its graphs off the list that it can name",
                """
                @torch.compile(backend=backend)
                def compiled(x):
                    sizes.append(x.shape[0])
                    return f(x)
                def service(x):
                    del kept[2:]
                    return compiled(x)
                return service, sizes
                """,
                "wrong",
                "at most two graphs: False",
            ),
            Wrong(
                "forgets the note",
                "return torch.compile(f, backend=backend), sizes",
                "wrong",
                "all noted: False",
            ),
            Wrong(
                "does not compile",
                "def service(x):\n    sizes.append(x.shape[0])\n    return f(x)\nreturn service, sizes",
            ),
            Wrong(
                "notes each size one time only",
                """
                compiled = torch.compile(f, backend=backend)
                def service(x):
                    if x.shape[0] not in sizes:
                        sizes.append(x.shape[0])
                    return compiled(x)
                return service, sizes
                """,
                "wrong",
                "all noted: False",
            ),
        ],
    },
    unusual={
        "2": """
            peak = x.abs().max()
            return x / torch.clamp(peak / limit, min=1.0)
        """,
        "3": [
            "self.calls = torch.nn.Parameter(torch.tensor(0), requires_grad=False)",
            "peak = y.abs().amax()\ny = torch.where(peak > 1.0, y / peak, y)",
        ],
        "4": """
            return tf.while_loop(
                lambda x, times: tf.reduce_sum(x) > 1.0,
                lambda x, times: (x / 2.0, times + 1),
                (x, 0),
            )
        """,
        "5": """
            compiled = torch.compile(f, backend=backend, dynamic=True)

            class Service:
                def __call__(self, x):
                    sizes.append(x.numel())
                    return compiled(x)

            return Service(), sizes
        """,
    },
)
