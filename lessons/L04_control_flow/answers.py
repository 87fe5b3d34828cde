"""L04: put the decision into the graph."""

from graph_duet.authoring.answers import Answers, Wrong

ANSWERS = Answers(
    right={
        "1": "muls = dict(first=5, second=0, third=1, fourth=0)",
        "2": """
            h = x * 2
            positive = (h.sum() > 0).to(h.dtype)
            return positive * (h * h) + (1 - positive) * -h
        """,
        "3": """
            h = x + x
            def square():
                return tf.square(h)
            def opposite():
                return tf.negative(h)
            return tf.cond(tf.greater(tf.reduce_sum(h), 0), square, opposite)
        """,
        "5": """
            def condition(x):
                return tf.less(x, 100.0)
            def body(x):
                return (x + x,)
        """,
        "4": """
            def body(count, n):
                even = tf.equal(n % 2, 0)
                return count + 1, tf.cond(even, lambda: n // 2, lambda: 3 * n + 1)
            count, _ = tf.while_loop(lambda count, n: tf.not_equal(n, 1), body, (0, n))
            return count
        """,
    },
    wrong={
        "1": [
            Wrong("every loop is unrolled", "muls = {'first': 5, 'second': 5, 'third': 1, 'fourth': 2}"),
            Wrong("every loop is recorded", "muls = {'first': 0, 'second': 0, 'third': 0, 'fourth': 0}"),
            Wrong(
                "a recorded loop has its body at the top",
                "muls = {'first': 5, 'second': 1, 'third': 1, 'fourth': 2}",
            ),
            Wrong(
                "a Python if keeps both branches", "muls = {'first': 5, 'second': 0, 'third': 2, 'fourth': 0}"
            ),
        ],
        "2": [
            Wrong(
                "tracing records an if",
                "h = x * 2\nif h.sum().item() > 0:\n    return h * h\nreturn -h",
                "empty",  # it is what the hole holds: the planted mistake, left as it was
            ),
            Wrong(
                "decides for each element, not for the sum",
                "h = x * 2\nreturn torch.where(h > 0, h * h, -h)",
            ),
            Wrong(
                "the first element decides",
                "h = x * 2\nreturn torch.where(x[0] > 0, h * h, -h)",
            ),
            Wrong("always the first branch", "h = x * 2\nreturn h * h"),
            Wrong("a constant of the right shape", "return torch.zeros(4, dtype=torch.float64)"),
        ],
        "3": [
            Wrong(
                "a Python if without AutoGraph",
                "h = x * 2\nif tf.reduce_sum(h) > 0:\n    return h * h\nreturn -h",
                "error",
                "OperatorNotAllowedInGraphError",
            ),
            Wrong(
                "computes both and selects",
                "h = x * 2\nreturn tf.where(tf.reduce_sum(h) > 0, h * h, -h)",
                "wrong",
                "Select: 1",
            ),
            Wrong(
                "computes both, then decides",
                """
                h = x * 2
                square, opposite = h * h, -h
                return tf.cond(tf.reduce_sum(h) > 0, lambda: square, lambda: opposite)
                """,
                "wrong",
                "Neg: 1",
            ),
            Wrong(
                "the branches the wrong way round",
                "h = x * 2\nreturn tf.cond(tf.reduce_sum(h) > 0, lambda: -h, lambda: h * h)",
            ),
            Wrong("no decision", "return tf.zeros_like(x)"),
        ],
        "5": [
            Wrong(
                "as it is passed on",
                "condition = lambda x: x <= 100.0\nbody = lambda x: [tf.matmul(x, 2.0)]",
            ),
            Wrong("one turn too many at 100", "condition = lambda x: x <= 100.0\nbody = lambda x: [x * 2.0]"),
            Wrong(
                "the matrix product stays",
                "condition = lambda x: x < 100.0\nbody = lambda x: [tf.matmul(x, 2.0)]",
                "error",
                "rank",
            ),
            Wrong("stops one turn late", "condition = lambda x: x <= 200.0\nbody = lambda x: [x * 2.0]"),
            Wrong("adds 2", "condition = lambda x: x < 100.0\nbody = lambda x: [x + 2.0]"),
            Wrong(
                "hard-codes one answer",
                "condition = lambda x: False\nbody = lambda x: [x]\nx = tf.constant(128.0)",
            ),
        ],
        "4": [
            Wrong(
                "counts one too many",
                """
                def body(n, count):
                    return tf.where(n % 2 == 0, n // 2, 3 * n + 1), count + 1
                return tf.while_loop(lambda n, count: n != 1, body, [n, tf.constant(1)])[1]
                """,
            ),
            Wrong(
                "a Python while",
                "count = 0\nwhile n != 1:\n    n, count = n // 2, count + 1\nreturn tf.constant(count)",
                "error",
                "OperatorNotAllowedInGraphError",
            ),
            Wrong(
                "returns n",
                """
                def body(n, count):
                    return tf.where(n % 2 == 0, n // 2, 3 * n + 1), count + 1
                return tf.while_loop(lambda n, count: n != 1, body, [n, tf.constant(0)])[0]
                """,
            ),
            Wrong("a constant", "return tf.constant(7)"),
        ],
    },
    unusual={
        "2": """
            h = x * 2
            chosen = (h.sum() > 0).long().reshape(1)
            return torch.stack([-h, h * h]).index_select(0, chosen)[0]
        """,
        "3": """
            def yes():
                return tf.square(x * 2)
            def no():
                return -2 * x
            return tf.cond(pred=tf.reduce_sum(x) > 0, true_fn=yes, false_fn=no)
        """,
        "5": """
            condition = lambda x: 100 > x
            body = lambda x: [tf.matmul([[x]], [[2.0]])[0, 0]]
        """,
        "4": """
            def body(state):
                n, count = state[0], state[1]
                tf.debugging.assert_positive(n)
                return (tf.stack([tf.where(n % 2 == 0, n // 2, 3 * n + 1), count + 1]),)
            (state,) = tf.while_loop(lambda state: state[0] != 1, body, (tf.stack([n, 0]),))
            return state[1]
        """,
    },
)
