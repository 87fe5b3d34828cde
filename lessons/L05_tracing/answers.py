"""L05: serve many shapes."""

from graph_duet.authoring.answers import Answers, Wrong

ANSWERS = Answers(
    right={
        "1": "traces = dict(zip('abcdefgh', (2, 1, 2, 3, 1, 4, 1, 2)))",
        "2": "one_trace = tf.function(input_signature=(tf.TensorSpec(shape=[None], dtype='float32'),))",
        "3": "return f(w, tf.convert_to_tensor(rate, tf.float32))",
        "4": """
            bucket = 8
            while bucket < x.shape[0]:
                bucket *= 2
            return total(tf.concat([x, tf.zeros(bucket - x.shape[0])], axis=0))
        """,
        "5": """
            def marked(x):
                torch._dynamo.mark_dynamic(x, 0)
                return graph(x)
            graph = torch.compile(f, backend=backend)
            return marked
        """,
        "6": """
            step = tf.function(update, input_signature=[tf.TensorSpec([2]), tf.TensorSpec([2]), tf.TensorSpec([])])
            for number, target in enumerate(targets):
                w = step(w, target, rates[number])
        """,
    },
    wrong={
        "1": [
            Wrong(
                "a number is a tensor",
                "traces = {'a': 1, 'b': 1, 'c': 2, 'd': 2, 'e': 1, 'f': 4, 'g': 1, 'h': 2}",
            ),
            Wrong(
                "every value retraces",
                "traces = {'a': 2, 'b': 2, 'c': 2, 'd': 3, 'e': 4, 'f': 4, 'g': 1, 'h': 2}",
            ),
            Wrong(
                "every call retraces",
                "traces = {'a': 3, 'b': 2, 'c': 3, 'd': 3, 'e': 4, 'f': 4, 'g': 3, 'h': 3}",
            ),
            Wrong("1, 1.0 and True differ", "traces = dict(zip('abcdefgh', (2, 1, 2, 3, 1, 4, 3, 2)))"),
            Wrong(
                "PyTorch keeps every number in its graph",
                "traces = dict(zip('abcdefgh', (2, 1, 2, 3, 1, 4, 1, 3)))",
            ),
            Wrong(
                "one row is missing", "traces = dict(zip('abcdef', (2, 1, 2, 3, 1, 4)))", "error", "KeyError"
            ),
        ],
        "2": [
            Wrong("one trace per length, as the hole is left", "one_trace = tf.function", "empty", ""),
            Wrong(
                "relaxes after the second",
                "one_trace = tf.function(reduce_retracing=True)",
                "wrong",
                "traces: 2",
            ),
            Wrong(
                "a signature for one length",
                "one_trace = tf.function(input_signature=[tf.TensorSpec([2], tf.float32)])",
                "error",
                "TypeError",
            ),
            Wrong(
                "an object that says that it traced once",
                """
                class one_trace:
                    def __init__(self, f):
                        self.f = tf.function(f)
                    def __call__(self, x):
                        return self.f(x)
                    def experimental_get_tracing_count(self):
                        return 1
                """,
                "wrong",
                "traces: 4",
            ),
        ],
        "3": [
            Wrong("passes the number on", "return f(w, rate)", "wrong", "traces: 4"),
            Wrong("a number of another dtype", "return f(w, tf.constant(1))", "error", "int32"),
            Wrong("hard-codes a rate", "return f(w, tf.constant(0.1))", "wrong", "traces: 1"),
            Wrong("goes round the graph", "f(w, tf.constant(rate))\nreturn w - rate", "wrong", "traces: 1"),
        ],
        "4": [
            Wrong(
                "traces at the right lengths, and answers without them",
                "for n in (8, 16, 32):\n    total(tf.zeros(n))\nreturn tf.reduce_sum(x * x)",
                "wrong",
                "[8, 16, 32]",
            ),
            Wrong("no padding", "return total(x)", "wrong", "traced at [1, "),
            Wrong("always the largest", "return total(tf.pad(x, [[0, 32 - x.shape[0]]]))", "wrong", "[32]"),
            Wrong(
                "cuts instead of padding",
                "return total(x[:8] if x.shape[0] >= 8 else tf.pad(x, [[0, 8 - x.shape[0]]]))",
            ),
            Wrong(
                "pads with ones",
                """
                bucket = next(size for size in (8, 16, 32) if x.shape[0] <= size)
                return total(tf.pad(x, [[0, bucket - x.shape[0]]], constant_values=1.0))
                """,
            ),
        ],
        "5": [
            Wrong(
                "finds out after one retrace",
                "return torch.compile(f, backend=backend)",
                "wrong",
                "graphs: 2",
            ),
            Wrong(
                "one graph per length",
                "return torch.compile(f, backend=backend, dynamic=False)",
                "wrong",
                "graphs: 4",
            ),
            Wrong("does not compile", "return f", "wrong", "graphs: 0"),
            Wrong(
                "compiles at every call",
                "return lambda x: torch.compile(lambda y: f(y), backend=backend, dynamic=False)(x)",
                "wrong",
                "graphs: 4",
            ),
        ],
        "6": [
            Wrong(
                "makes it once, and passes numbers",
                "step = tf.function(update)\nfor target, rate in zip(targets, rates):\n    w = step(w, target, rate)",
                "wrong",
                "traces: 5",
            ),
            Wrong(
                "passes tensors, and makes it in the loop",
                "for target, rate in zip(targets, rates):\n    w = tf.function(update)(w, target, tf.constant(rate))",
                "wrong",
                "traces: 5",
            ),
            Wrong(
                "one rate for all steps",
                "step = tf.function(update)\nfor target in targets:\n    w = step(w, target, tf.constant(rates[0]))",
            ),
            Wrong(
                "no graph at all",
                "for target, rate in zip(targets, rates):\n    w = update(w, target, rate)",
                "error",
                "graph",
            ),
            Wrong(
                "the same weights at every step",
                "step = tf.function(update)\nfor target, rate in zip(targets, rates):\n"
                "    y = step(w, target, tf.constant(rate))\nw = y",
            ),
        ],
    },
    unusual={
        "2": """
            def one_trace(f):
                return tf.function(f, input_signature=[tf.TensorSpec(None, tf.float32)], autograph=False)
        """,
        "3": "return f(w, rate=tf.cast(rate, w.dtype))",
        "4": """
            size = max(8, 1 << (len(x) - 1).bit_length())
            padded = np.zeros(size, np.float32)
            padded[: len(x)] = x
            return total(tf.constant(padded))
        """,
        "5": """
            @torch.compile(backend=backend, dynamic=True, fullgraph=True)
            def graph(x):
                return f(x)
            return graph
        """,
        "6": """
            step = tf.function(update, reduce_retracing=True)
            for target, rate in zip(targets, tf.constant(rates)):
                w = step(w, target, rate)
        """,
    },
)
