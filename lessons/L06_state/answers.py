"""L06: what is still alive in the graph?"""

from graph_duet.authoring.answers import Answers, Wrong

AFTER = "after = {{'len(log)': {}, 'count': {}, 'variable': {}, 'len(notes)': {}}}"

DESCENT = """
def __init__(self, rate):
    self.rate = {rate}
    self.steps = {steps}

@tf.function
def step(self, w, slope):
    {count}
    return w - self.rate * slope

def halve(self):
    {halve}
"""
COUNT, HALVE = "self.steps.assign_add(1)", "self.rate.assign(self.rate / 2)"

ANSWERS = Answers(
    right={
        "1": "after = {'variable': 4, 'count': 2, 'len(notes)': 4, 'len(log)': 2}",
        "2": "second_call = dict(zip('abcde', (2, 10, 10, 2, 10)))",
        "3": """
            total = tf.Variable(0.0, trainable=False)
            def plain(x):
                return x + total.assign_add(1.0)
            step = tf.function(plain)
        """,
        "4": """
            def __init__(self):
                super().__init__()
                self.sum = torch.nn.Buffer(torch.tensor(0.0).double())

            def forward(self, x):
                self.sum.add_(x)
                return self.sum * 1.0
        """,
        "5": "return tf.sin(x) * x, tf.sin(x)",
        "6": DESCENT.format(
            rate="tf.Variable(rate, trainable=False)",
            steps="tf.Variable(0.0)",
            count="self.steps.assign_add(1.0)",
            halve="self.rate.assign(0.5 * self.rate)",
        ),
    },
    wrong={
        "1": [
            Wrong("Python runs on every call", AFTER.format(4, 4, 4, 4)),
            Wrong("everything happens once", AFTER.format(1, 1, 1, 1)),
            Wrong("assigning happens while tracing", AFTER.format(2, 2, 2, 4)),
            Wrong("torch.compile works like tf.function", AFTER.format(2, 2, 4, 2)),
            Wrong("counts calls as traces", AFTER.format(1, 1, 4, 4)),
        ],
        "2": [
            Wrong("outer state is live", "second_call = dict.fromkeys('abcde', 10)"),
            Wrong("outer state is frozen", "second_call = dict.fromkeys('abcde', 2)"),
            Wrong("torch.compile freezes too", "second_call = {'a': 2, 'b': 10, 'c': 10, 'd': 2, 'e': 2}"),
            Wrong("a list is live", "second_call = {'a': 2, 'b': 10, 'c': 10, 'd': 10, 'e': 10}"),
        ],
        "3": [
            Wrong(
                "a Python counter",
                "calls = 0\n@tf.function\ndef step(x):\n    nonlocal calls\n    calls += 1\n    return x + calls",
                "empty",  # it is what the hole holds: the planted mistake, left as it was
            ),
            Wrong(
                "no graph at all",
                "calls = [0.0]\ndef step(x):\n    calls[0] += 1.0\n    return x + calls[0]",
                "error",
                "get_concrete_function",
            ),
            Wrong(
                "a variable made inside",
                """
                @tf.function
                def step(x):
                    calls = tf.Variable(0.0)
                    calls.assign_add(1.0)
                    return x + calls
                """,
                "error",
                "singleton tf.Variables",
            ),
            Wrong(
                "adds before it counts",
                """
                calls = tf.Variable(0.0)
                @tf.function
                def step(x):
                    y = x + calls
                    calls.assign_add(1.0)
                    return y
                """,
            ),
        ],
        "4": [
            Wrong(
                "a plain attribute",
                """
                def __init__(self):
                    super().__init__()
                    self.total = 0.0

                def forward(self, x):
                    self.total = self.total + x
                    return self.total
                """,
            ),
            Wrong(
                "a buffer that is not saved",
                """
                def __init__(self):
                    super().__init__()
                    self.register_buffer("total", torch.zeros((), dtype=torch.float64), persistent=False)

                def forward(self, x):
                    self.total += x
                    return self.total.clone()
                """,
            ),
            Wrong("forgets the sum", "def forward(self, x):\n    return x.clone()"),
            Wrong(
                "hands out the buffer itself",
                """
                def __init__(self):
                    super().__init__()
                    self.register_buffer("total", torch.zeros((), dtype=torch.float64))

                def forward(self, x):
                    self.total += x
                    return self.total
                """,
            ),
        ],
        "5": [
            Wrong(
                "a handle taken for a number",
                "h = tf.sin(x)\nreturn h * x, tf.constant(h.numpy())",
                "error",
                "numpy",
            ),
            Wrong("the result only", "h = tf.sin(x)\nreturn h * x", "error"),
            Wrong("the two the wrong way round", "h = tf.sin(x)\nreturn h, h * x"),
            Wrong("a constant", "return tf.zeros_like(x), tf.zeros_like(x)"),
        ],
        "6": [
            Wrong(
                "the rate only",
                DESCENT.format(rate="tf.Variable(rate)", steps="0", count="self.steps += 1", halve=HALVE),
                says="steps: 1",
            ),
            Wrong(
                "the count only",
                DESCENT.format(rate="rate", steps="tf.Variable(0)", count=COUNT, halve="self.rate /= 2"),
                says="steps: 4",
            ),
            Wrong(
                "makes the graph again for each rate",
                DESCENT.format(rate="rate", steps="tf.Variable(0)", count=COUNT, halve="self.rate /= 2")
                + "    self.step = tf.function(self.step.python_function)\n",
            ),
            Wrong(
                "halves twice",
                DESCENT.format(
                    rate="tf.Variable(rate)",
                    steps="tf.Variable(0)",
                    count=COUNT,
                    halve=HALVE.replace("2", "4"),
                ),
            ),
            Wrong(
                "no graph",
                DESCENT.format(
                    rate="rate", steps="0", count="self.steps += 1", halve="self.rate /= 2"
                ).replace("@tf.function\n", ""),
                "error",
                "get_concrete_function",
                1,
            ),
            Wrong(
                "counts while tracing",
                DESCENT.format(
                    rate="tf.Variable(rate)",
                    steps="tf.Variable(0)",
                    count="with tf.init_scope():\n        self.steps.assign_add(1)",
                    halve=HALVE,
                ),
                says="steps: 1",
            ),
        ],
    },
    unusual={
        "2": "second_call = {'a': 2.0, 'b': 10.0, 'c': 10.0, 'd': 2.0, 'e': 10.0}",
        "3": """
            calls = None
            @tf.function
            def step(x):
                nonlocal calls
                if calls is None:
                    calls = tf.Variable(0)
                calls.assign_add(1)
                return x + tf.cast(calls, x.dtype)
        """,
        "4": """
            def __init__(self):
                super().__init__()
                self.register_buffer("sums", torch.zeros(1, dtype=torch.float64))
                self.register_buffer("count", torch.zeros((), dtype=torch.int64))

            def forward(self, x):
                self.count += 1
                self.sums.copy_(self.sums + x)
                return self.sums[0] + 0.0
        """,
        "5": "h = tf.sin(x)\nkept.append(h)\nreturn [kept[-1] * x, kept.pop()]",
        "6": DESCENT.format(
            rate="tf.Variable([rate])",
            steps="tf.Variable(0)",
            count=COUNT,
            halve="self.rate.assign_sub(self.rate / 2)",
        ).replace("self.rate * slope", "self.rate[0] * slope"),
    },
)
