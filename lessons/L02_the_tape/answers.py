"""L02: a tape with no list."""

from graph_duet.authoring.answers import Answers, Wrong

ANSWERS = Answers(
    right={
        "1": [
            "made = Node(a.value * b.value)\nmade.parents = [(a, b.value), (b, a.value)]\nreturn made",
            "return Node(float(np.sin(a.value)), (a, float(np.cos(a.value))))",
        ],
        "2": """
            users, todo, seen = {}, [root], {root}
            while todo:
                node = todo.pop()
                for parent, _ in node.parents:
                    users[parent] = users.get(parent, 0) + 1
                    if parent not in seen:
                        seen.add(parent)
                        todo.append(parent)
            path, ready = [], [root]
            while ready:
                node = ready.pop()
                path.append(node)
                for parent, _ in node.parents:
                    users[parent] -= 1
                    if users[parent] == 0:
                        ready.append(parent)
            return path
        """,
        "3": """
            path = order(root)
            for node in path:
                node.grad = 0.0
            root.grad = 1.0
            for node in path:
                for parent, slope in node.parents:
                    parent.grad = parent.grad + slope * node.grad
        """,
        "4": [
            """
            x = torch.tensor(value, dtype=torch.float64, requires_grad=True)
            return float(torch.autograd.grad(program(x), x)[0])
            """,
            """
            x = tf.Variable(value, dtype=tf.float64)
            with tf.GradientTape() as tape:
                z = program(x)
            return tape.gradient(z, x).numpy().item()
            """,
        ],
        "5": "right = {name: 'first' not in name for name in programs}",
        "6": "return Node(a.value * b.value, (b, a.value), (a, b.value))",
    },
    wrong={
        "1": [
            Wrong(
                "each parent gets its own value as slope",
                [
                    "return Node(a.value * b.value, (a, a.value), (b, b.value))",
                    "return Node(math.sin(a.value), (a, math.sin(a.value)))",
                ],
            ),
            Wrong(
                "slopes of addition",
                [
                    "return Node(a.value * b.value, (a, 1.0), (b, 1.0))",
                    "return Node(math.sin(a.value), (a, 1.0))",
                ],
            ),
            Wrong(
                "values without parents", ["return Node(a.value * b.value)", "return Node(math.sin(a.value))"]
            ),
            Wrong(
                "the product is right, and the sine has the slope of minus cosine",
                [
                    "return Node(a.value * b.value, (a, b.value), (b, a.value))",
                    "return Node(math.sin(a.value), (a, -math.cos(a.value)))",
                ],
            ),
        ],
        "2": [
            Wrong(
                "breadth first, each node where it is first met",
                """
                path, todo = [], [root]
                while todo:
                    node = todo.pop(0)
                    if node not in path:
                        path.append(node)
                        todo += [parent for parent, _ in node.parents]
                return path
                """,
                says="arrows",
            ),
            Wrong(
                "inputs first",
                """
                path = []
                def visit(node):
                    if node not in path:
                        for parent, _ in node.parents:
                            visit(parent)
                        path.append(node)
                visit(root)
                return path
                """,
                says="0 arrows point forward",
            ),
            Wrong("only the root", "return [root]"),
            Wrong(
                "every path, so some nodes many times",
                """
                path, todo = [], [root]
                while todo and len(path) < 100:
                    node = todo.pop(0)
                    path.append(node)
                    todo += [parent for parent, _ in node.parents]
                return path
                """,
            ),
        ],
        "3": [
            Wrong(
                "sets where it should add",
                """
                root.grad = 1.0
                for node in order(root):
                    for parent, slope in node.parents:
                        parent.grad = node.grad * slope
                """,
            ),
            Wrong(
                "forgets the gradient from above",
                """
                root.grad = 1.0
                for node in order(root):
                    for parent, slope in node.parents:
                        parent.grad += slope
                """,
            ),
            Wrong("does nothing", "pass"),
            Wrong(
                "walks from the inputs",
                """
                root.grad = 1.0
                for node in reversed(order(root)):
                    for parent, slope in node.parents:
                        parent.grad += node.grad * slope
                """,
            ),
        ],
        "4": [
            Wrong(
                "float32, and a constant that is not watched",
                [
                    "x = torch.tensor(value, requires_grad=True)\nreturn program(x).item()",
                    """
                    x = tf.constant(value)
                    with tf.GradientTape() as tape:
                        z = program(x)
                    return tape.gradient(z, x)
                    """,
                ],
            ),
            Wrong("the value, not the slope", ["return program(value)", "return program(value)"]),
            Wrong("a constant", ["return 3.0", "return 3.0"]),
            Wrong(
                "float32",
                [
                    "x = torch.tensor(value, requires_grad=True)\nprogram(x).backward()\nreturn x.grad.item()",
                    """
                    x = tf.Variable(value)
                    with tf.GradientTape() as tape:
                        z = program(x)
                    return float(tape.gradient(z, x))
                    """,
                ],
            ),
            Wrong(
                "small differences instead of a tape",
                ["return (program(value + 1e-6) - program(value - 1e-6)) / 2e-6"] * 2,
            ),
        ],
        "5": [
            Wrong("order does not matter", "right = dict.fromkeys(programs, True)"),
            Wrong("one use only", "right = {name: name == 'chain' for name in programs}"),
            Wrong("long paths first are safe", "right = {name: name != 'short_first' for name in programs}"),
            Wrong(
                "two arrows to one node are lost",
                "right = {name: name in ('chain', 'even') for name in programs}",
            ),
        ],
        "6": [
            Wrong(
                "as it is",
                "slopes = {a: b.value, b: a.value}\nreturn Node(a.value * b.value, *slopes.items())",
            ),
            Wrong(
                "doubles every slope",
                "slopes = {a: 2 * b.value, b: 2 * a.value}\nreturn Node(a.value * b.value, *slopes.items())",
            ),
            Wrong(
                "each parent gets its own value", "return Node(a.value * b.value, (a, a.value), (b, b.value))"
            ),
            Wrong("the slope of x * x only", "return Node(a.value * b.value, (a, 2 * a.value))"),
            Wrong("no parents", "return Node(a.value * b.value)"),
        ],
    },
    unusual={
        "5": "right = dict(chain=1 > 0, even=True, long_first=False, short_first=False, doubled=True)",
        "6": """
            slopes = {a: b.value}
            slopes[b] = slopes.get(b, 0.0) + a.value
            return Node(a.value * b.value, *slopes.items())
        """,
        "1": [
            "return Node(b.value * a.value, (b, a.value), (a, b.value))",
            "return Node(np.sin(a.value), [a, np.cos(a.value)])",
        ],
        "2": """
            from graphlib import TopologicalSorter
            graph, todo = {}, [root]
            while todo:
                node = todo.pop()
                if node not in graph:
                    graph[node] = [parent for parent, _ in node.parents]
                    todo += graph[node]
            return tuple(TopologicalSorter(graph).static_order())[::-1]
        """,
        "3": """
            paid = {root: np.float64(1.0)}
            for node in order(root):
                node.grad = paid[node]
                for parent, slope in node.parents:
                    paid[parent] = paid.get(parent, 0.0) + node.grad * slope
        """,
        "4": [
            "return torch.func.grad(program)(torch.tensor(value, dtype=torch.float64)).item()",
            """
            x = tf.convert_to_tensor(np.float64(value))
            with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
                tape.watch([x])
                z = program(x)
            return tape.gradient([z], [x])[0].numpy().tolist()
            """,
        ],
    },
)
