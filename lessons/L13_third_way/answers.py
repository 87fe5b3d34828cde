"""L13: read a graph, run it, change it."""

from graph_duet.authoring.answers import Answers, Wrong

_REMOVE = """
for node in reversed(graph.nodes):
    if node.op in ("call_function", "get_attr") and not node.users:
        graph.erase_node(node)
"""

_WALK = """
table, given = {{}}, iter(inputs)
for node in module.graph.nodes:
    if node.op == "placeholder":
        table[node] = next(given)
    elif node.op == "call_function":
        {call}
    else:
        return table[node.args[0]]
"""


def _run(
    repeat: str = "t[name] = run(reads[1], t[name])", least: str = "max(a)", constant: str = "reads[0]"
) -> str:
    return f"""
t, given = {{}}, list(inputs)
for name, word, reads in program:
    a = [t[r] for r in reads] if word not in ("constant", "repeat") else []
    if word == "input":
        t[name] = given.pop(0)
    elif word == "constant":
        t[name] = {constant}
    elif word == "add":
        t[name] = sum(a)
    elif word == "mul":
        t[name] = math.prod(a)
    elif word == "max":
        t[name] = {least}
    elif word == "tanh":
        t[name] = math.tanh(a[0])
    elif word == "repeat":
        t[name] = t[reads[2]]
        for _ in range(reads[0]):
            {repeat}
    else:
        return a[0]
"""


ANSWERS = Answers(
    right={
        "1": "counts = dict(zip('abcdef', (4, 2, 2, 1, 2, 1)))",
        "2": _run(),
        "3": """
            while True:
                known = [n for n in graph.nodes if n.op == "call_function"
                         and all(m.op == "get_attr" for m in n.all_input_nodes)]
                if not known:
                    break
                node = known[0]
                table = {m: getattr(module, m.target) for m in node.all_input_nodes}
                module.register_buffer("k_" + node.name, node.target(*looked_up(node.args, table), **node.kwargs))
                with graph.inserting_before(node):
                    node.replace_all_uses_with(graph.get_attr("k_" + node.name))
                graph.erase_node(node)
            graph.eliminate_dead_code()
        """,
        "4": _WALK.format(call="table[node] = MEANING[word(node)](*(table[n] for n in node.args))"),
        "5": """
            effect = node.op == "call_function" and str(node.target).split(".")[1].endswith("_")
            if node.op == "call_function" and not (node.users or effect):
                module.graph.erase_node(node)
        """,
    },
    wrong={
        "1": [
            Wrong("a loop is one operation", "counts = dict(zip('abcdef', (1, 2, 2, 1, 2, 1)))"),
            Wrong("both branches are noted", "counts = dict(zip('abcdef', (4, 3, 2, 1, 2, 1)))"),
            Wrong("buffers are constants everywhere", "counts = dict(zip('abcdef', (4, 2, 1, 1, 2, 1)))"),
            Wrong("equal constants are shared", "counts = dict(zip('abcdef', (4, 2, 2, 1, 1, 1)))"),
            Wrong("only the last dead one goes", "counts = dict(zip('abcdef', (4, 2, 2, 1, 2, 2)))"),
        ],
        "2": [
            Wrong(
                "runs the body of a loop one time too few",
                _run().replace("range(reads[0])", "range(reads[0] - 1)"),
            ),
            Wrong(
                "a loop that starts again from its input at each turn",
                _run(repeat="t[name] = run(reads[1], t[reads[2]])"),
            ),
            Wrong("the smaller of two", _run(least="min(a)")),
            Wrong("the name of a constant", _run(constant="reads"), "error"),
            Wrong("a constant result", "return 0.5"),
            Wrong("only the last instruction", "return math.tanh(inputs[0])"),
        ],
        "3": [
            Wrong("removes only", _REMOVE, "wrong", "operations"),
            Wrong("nothing", "pass", "wrong", "operations"),
            Wrong(
                "removes downwards",
                _REMOVE.replace("reversed(graph.nodes)", "list(graph.nodes)"),
                "wrong",
                "operations",
            ),
            Wrong(
                "the result of one run, as a constant",
                """
                first = next(node for node in graph.nodes if node.op == "placeholder")
                module.register_buffer("known", module(torch.ones(3, dtype=torch.float64)))
                last = next(node for node in graph.nodes if node.op == "output")
                with graph.inserting_before(last):
                    last.args = (graph.get_attr("known"),)
                for node in reversed(graph.nodes):
                    if node.op in ("call_function", "get_attr") and not node.users:
                        graph.erase_node(node)
                """,
            ),
            Wrong(
                "knows everything, inputs too",
                """
                for node in list(graph.nodes):
                    if node.op == "placeholder":
                        table[node] = torch.ones(3, dtype=torch.float64)
                    elif node.op == "get_attr":
                        table[node] = getattr(module, node.target)
                    elif node.op == "call_function":
                        value = node.target(*looked_up(node.args, table), **node.kwargs)
                        module.register_buffer(f"folded_{node.name}", value)
                        with graph.inserting_before(node):
                            constant = graph.get_attr(f"folded_{node.name}")
                        node.replace_all_uses_with(constant)
                        table[constant] = value
                graph.eliminate_dead_code()
                """,
            ),
        ],
        "4": [
            Wrong(
                "calls PyTorch from the graph",
                """
                return tf.numpy_function(
                    lambda *arrays: module(*map(torch.tensor, arrays)).numpy(), inputs, tf.float32
                )
                """,
                "error",
            ),
            Wrong(
                "arguments the wrong way round",
                _WALK.format(
                    call="table[node] = MEANING[word(node)](*(table[n] for n in reversed(node.args)))"
                ),
            ),
            Wrong(
                "every operation an addition",
                _WALK.format(
                    call="table[node] = (tf.tanh if word(node) == 'tanh' else tf.add)(*(table[n] for n in node.args))"
                ),
            ),
            Wrong("one program, written by hand", "x, y = inputs\nreturn tf.tanh(x) + y + y"),
            Wrong(
                "the numbers of one run",
                "return tf.constant(module(torch.ones(2), torch.ones(2)).detach().numpy())",
            ),
        ],
        "5": [
            Wrong(
                "as it was",
                """
                if node.op == "call_function" and not node.users:
                    module.graph.erase_node(node)
                """,
            ),
            Wrong("removes nothing", "pass", "wrong", "dead: 2"),
            Wrong(
                "keeps what ends in nothing, one level",
                """
                if node.op == "call_function" and not node.users and "sin" in node.name:
                    module.graph.erase_node(node)
                """,
                "wrong",
                "dead: 1",
            ),
            Wrong(
                "keeps additions alone",
                """
                if node.op == "call_function" and not node.users and "add_" in node.name:
                    continue
                if node.op == "call_function" and not node.users or "mul_" in node.name:
                    node.replace_all_uses_with(node.args[0])
                    module.graph.erase_node(node)
                """,
            ),
        ],
    },
    unusual={
        "2": """
            words = {"add": lambda a, b: b + a, "mul": lambda a, b: b * a, "tanh": math.tanh,
                     "max": lambda a, b: a if a > b else b}
            lines, given = {name: (word, reads) for name, word, reads in program}, dict(zip(
                [name for name, word, _reads in program if word == "input"], inputs))

            def value(name):
                word, reads = lines[name]
                if word == "input":
                    return given[name]
                if word == "constant":
                    return reads[0]
                if word == "repeat":
                    turn = value(reads[2])
                    for _ in range(reads[0]):
                        turn = run(reads[1], turn)
                    return turn
                return value(reads[0]) if word == "output" else words[word](*map(value, reads))

            return value(program[-1][0])
        """,
        "4": """
            class Over(torch.fx.Interpreter):
                def call_function(self, target, args, kwargs):
                    return MEANING[str(target).split(".")[1]](*args)

            return Over(module).run(*inputs, enable_io_processing=False)
        """,
        "5": """
            if node.op == "call_function" and not node.users and not node.is_impure():
                module.graph.erase_node(node)
        """,
    },
)
