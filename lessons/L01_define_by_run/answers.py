"""L01: predict the nodes before they appear."""

from graph_duet.authoring.answers import Answers, Wrong

ANSWERS = Answers(
    right={
        "1": "operations = dict(AddV2=1, Mul=2, Const=1, Placeholder=2)",
        "2": "nodes = dict(AccumulateGrad=2, AddBackward0=1, MulBackward0=2)",
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
        "6": "exists = {line: line not in 'ce' for line in 'abcde'}",
    },
    wrong={
        "1": [
            Wrong(
                "a Python number is no node",
                "operations = {'Placeholder': 2, 'Const': 0, 'Mul': 2, 'AddV2': 1}",
            ),
            Wrong("h * h is free", "operations = {'Placeholder': 2, 'Const': 1, 'Mul': 1, 'AddV2': 1}"),
            Wrong(
                "the same number everywhere",
                "operations = dict.fromkeys(('Placeholder', 'Const', 'Mul', 'AddV2'), 1)",
            ),
            Wrong("too few predictions", "operations = {'Placeholder': 2}", "error", "KeyError"),
        ],
        "2": [
            Wrong(
                "the graph is built at backward()",
                "nodes = {'MulBackward0': 0, 'AddBackward0': 0, 'AccumulateGrad': 0}",
            ),
            Wrong(
                "leaves have no node", "nodes = {'MulBackward0': 2, 'AddBackward0': 1, 'AccumulateGrad': 0}"
            ),
            Wrong(
                "a number is a leaf", "nodes = {'MulBackward0': 2, 'AddBackward0': 1, 'AccumulateGrad': 3}"
            ),
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
        ],
        "6": [
            Wrong(
                "PyTorch means dynamic and TensorFlow means static",
                "exists = {'a': True, 'b': False, 'c': False, 'd': False, 'e': False}",
            ),
            Wrong("everything has a number", "exists = dict.fromkeys('abcde', True)"),
            Wrong(
                "tf.function runs line by line",
                "exists = {'a': True, 'b': True, 'c': False, 'd': True, 'e': True}",
            ),
        ],
    },
    unusual={
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
    },
)
