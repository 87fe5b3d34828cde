"""L01: predict the nodes before they appear."""

from graph_duet.authoring.answers import Answers, Wrong

OPERATIONS = "operations = {'Placeholder': 2, 'Const': 1, 'Mul': 2, 'AddV2': 1}"
NODES = "nodes = {'MulBackward0': 2, 'AddBackward0': 1, 'AccumulateGrad': 2}"

ANSWERS = Answers(
    right={
        "1": "exists = {line: line in 'abd' for line in 'abcdef'}",
        "2": """
            operations = dict(AddV2=1, Mul=2, Const=1, Placeholder=2)
            nodes = dict(AccumulateGrad=2, AddBackward0=1, MulBackward0=2)
        """,
        "3": """
            counts = {}
            for op in graph.get_operations():
                counts[op.type] = counts.get(op.type, 0) + 1
            return counts
        """,
        "4": """
            graph = tf.Graph()
            with graph.as_default():
                x = tf.compat.v1.placeholder("float32", None)
                y = tf.add(tf.multiply(x, a), b)
            return [graph, x, y]
        """,
        "5": "return x.tanh().mul(y).sub(y.add(x))",
        "6": """
            words, result = [], 3.0 * x + 1.0
            for value in values:
                words.append("big" if float(session.run(result, feed_dict={x: value})) > 3 else "small")
        """,
    },
    wrong={
        "1": [
            Wrong(
                "PyTorch means dynamic and TensorFlow means static",
                "exists = {'a': True, 'b': False, 'c': False, 'd': False, 'e': False, 'f': True}",
            ),
            Wrong("everything has a number", "exists = dict.fromkeys('abcdef', True)"),
            Wrong(
                "tf.function runs line by line",
                "exists = {'a': True, 'b': True, 'c': False, 'd': True, 'e': True, 'f': False}",
            ),
            Wrong("a session returns a handle", "exists = {line: line in 'ab' for line in 'abcdef'}"),
            Wrong("too few predictions", "exists = {'a': True}", "error", "KeyError"),
        ],
        "2": [
            Wrong(
                "a Python number is not an operation",
                f"operations = {{'Placeholder': 2, 'Const': 0, 'Mul': 2, 'AddV2': 1}}\n{NODES}",
                most=1,
            ),
            Wrong(
                "h * h is free",
                f"operations = {{'Placeholder': 2, 'Const': 1, 'Mul': 1, 'AddV2': 1}}\n{NODES}",
                most=1,
            ),
            Wrong(
                "the graph is built at backward()",
                f"{OPERATIONS}\nnodes = dict.fromkeys(('MulBackward0', 'AddBackward0', 'AccumulateGrad'), 0)",
                most=2,
            ),
            Wrong(
                "leaves have no node",
                f"{OPERATIONS}\nnodes = {{'MulBackward0': 2, 'AddBackward0': 1, 'AccumulateGrad': 0}}",
                most=2,
            ),
            Wrong(
                "a number is a leaf",
                f"{OPERATIONS}\nnodes = {{'MulBackward0': 2, 'AddBackward0': 1, 'AccumulateGrad': 3}}",
                most=2,
            ),
            Wrong("no nodes", OPERATIONS, "error", "NameError"),
        ],
        "3": [
            Wrong("counts names, not types", "return Counter(op.name for op in graph.get_operations())"),
            Wrong(
                "a set has no counts", "return dict.fromkeys({op.type for op in graph.get_operations()}, 1)"
            ),
            Wrong(
                "hard-codes the example",
                "return {'Exp': 3, 'Neg': 1, 'Placeholder': 1, 'Sub': 1}",
                "wrong",
                "hidden",
            ),
            Wrong("returns a constant", "return 4", "error", "AttributeError"),
        ],
        "4": [
            Wrong(
                "adds before it multiplies",
                """
                with tf.Graph().as_default() as graph:
                    x = tf.compat.v1.placeholder(tf.float32)
                    return graph, x, a * (x + b)
                """,
            ),
            Wrong(
                "a shape that fits one feed only",
                """
                with tf.Graph().as_default() as graph:
                    x = tf.compat.v1.placeholder(tf.float32, [])
                    return graph, x, a * x + b
                """,
                "error",
                "Cannot feed value of shape",
            ),
            Wrong(
                "hard-codes the slope of the example",
                """
                with tf.Graph().as_default() as graph:
                    x = tf.compat.v1.placeholder(tf.float32)
                    return graph, x, 3.0 * x + 1.0
                """,
            ),
            Wrong(
                "no graph of its own",
                "x = tf.constant(1.0)\nreturn tf.Graph(), x, a * x + b",
                "error",
            ),
        ],
        "5": [
            Wrong("forgets the sum", "return torch.tanh(x) * y"),
            Wrong("subtracts the other way", "return (x + y) - torch.tanh(x) * y"),
            Wrong("a constant of the right shape", "return torch.zeros(4)"),
            Wrong(
                "the same values in more operations",
                "return torch.tanh(x) * y - x - y",
                "wrong",
                "'sub': 2",
                most=1,
            ),
        ],
        "6": [
            Wrong(
                "the planted mistakes",
                """
                product = 3.0 * x
                words = []
                for value in values:
                    result = product + 1.0
                    session.run(result, {x: value})
                    words.append("big" if result > 3.0 else "small")
                """,
            ),
            Wrong(
                "decides with the number, and the graph still grows",
                """
                product = 3.0 * x
                words = []
                for value in values:
                    result = product + 1.0
                    words.append("big" if session.run(result, {x: value}) > 3.0 else "small")
                """,
                says="the same operations: False",
                most=1,
            ),
            Wrong(
                "decides in the graph, which grows at each value",
                """
                words, result = [], 3.0 * x + 1.0
                for value in values:
                    words.append("big" if session.run(result > 3.0, {x: value}) else "small")
                """,
                says="the same operations: False",
                most=1,
            ),
            Wrong(
                "still asks the handle",
                """
                words, result = [], 3.0 * x + 1.0
                for value in values:
                    session.run(result, {x: value})
                    words.append("big" if result > 3.0 else "small")
                """,
                "error",
                "symbolic",
            ),
            Wrong(
                "compares the value, not the result",
                """
                words, result = [], 3.0 * x + 1.0
                for value in values:
                    words.append("big" if value > 3.0 else "small")
                """,
                most=1,
            ),
            Wrong("no answer at all", "words, result = [], x", most=0),
        ],
    },
    unusual={
        "1": "exists = {**dict.fromkeys('cef', False), **dict.fromkeys('abd', True)}",
        "2": f"{NODES}\n{OPERATIONS}",
        "3": "return Counter(node.op for node in graph.as_graph_def().node)",
        "4": """
            def line(x):
                return tf.math.add(tf.constant(b), tf.math.scalar_mul(a, x))
            graph = tf.Graph()
            with graph.as_default(), tf.name_scope("affine"):
                x = tf.compat.v1.placeholder(tf.float32, name="x")
                return graph, x, line(x)
        """,
        "5": """
            product = torch.multiply(torch.nn.Tanh()(x), y)
            product -= torch.add(x, y)
            return product
        """,
        "6": """
            result = tf.add(tf.multiply(x, 3.0), 1.0)
            big = result > 3.0
            words = [("small", "big")[int(session.run(big, {x: value}))] for value in values]
        """,
    },
)
