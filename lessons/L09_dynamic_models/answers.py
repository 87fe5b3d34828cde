"""L09: trees and texts, in one graph."""

from graph_duet.authoring.answers import Answers, Wrong

ROWS = """
n = tf.size(word)
values, k = tf.zeros([n]), 0
while k < n:
    if left[k] < 0:
        value = table[word[k]]
    else:
        value = join({})
    values = tf.tensor_scatter_nd_update(values, [[k]], [value])
    k += 1
return values[n - 1]
"""

ANSWERS = Answers(
    right={
        "1": "numbers = dict(zip('abcdef', (2, 3, 9, 9, 15, 12)))",
        "2": """
            if isinstance(tree, int):
                return [tree], [-1], [-1]
            a, b = flatten(tree[0]), flatten(tree[1])
            shift = len(a[0])
            moved = [[end + shift if end >= 0 else -1 for end in ends] for ends in b[1:]]
            last = shift + len(b[0]) - 1
            return a[0] + b[0] + [-1], a[1] + moved[0] + [shift - 1], a[2] + moved[1] + [last]
        """,
        "3": """
            def body(k, values):
                leaf = tf.gather(table, tf.maximum(word[k], 0))
                ends = tf.gather(values, tf.maximum([left[k], right[k]], 0))
                value = tf.where(left[k] < 0, leaf, join(ends[0], ends[1]))
                return k + 1, tf.tensor_scatter_nd_update(values, [[k]], [value])
            n = tf.shape(word)[0]
            return tf.while_loop(lambda k, values: k < n, body, (0, tf.zeros([n])))[1][-1]
        """,
        "4": """
            place = torch.arange(nodes.shape[1])[None]
            last = (place == lengths[:, None] - 1)
            real = (place < lengths[:, None]).to(nodes.dtype)
            return (nodes * last).sum(1), (nodes * real).sum(1) / real.sum(1)
        """,
        "5": [
            "return tf.reduce_any(token != stop)",
            "return tf.where(token != stop, tf.gather(after, token), token)",
        ],
    },
    wrong={
        "1": [
            Wrong("one model, one trace", "numbers = {'a': 1, 'b': 1, 'c': 9, 'd': 9, 'e': 15, 'f': 12}"),
            Wrong("every call traces", "numbers = {'a': 3, 'b': 3, 'c': 9, 'd': 9, 'e': 15, 'f': 12}"),
            Wrong("counts the leaves only", "numbers = {'a': 2, 'b': 3, 'c': 5, 'd': 5, 'e': 9, 'f': 6}"),
            Wrong("a constant", "numbers = dict.fromkeys('abcdef', 2)"),
        ],
        "2": [
            Wrong(
                "the pair before its parts",
                """
                word, left, right = [], [], []
                def visit(node):
                    here = len(word)
                    word.append(node if isinstance(node, int) else -1)
                    left.append(-1)
                    right.append(-1)
                    if not isinstance(node, int):
                        left[here], right[here] = visit(node[0]), visit(node[1])
                    return here
                visit(tree)
                return word, left, right
                """,
            ),
            Wrong(
                "the right part first",
                """
                word, left, right = [], [], []
                def visit(node):
                    ends = (-1, -1) if isinstance(node, int) else (visit(node[1]), visit(node[0]))[::-1]
                    word.append(node if isinstance(node, int) else -1)
                    left.append(ends[0])
                    right.append(ends[1])
                    return len(word) - 1
                visit(tree)
                return word, left, right
                """,
            ),
            Wrong("a constant", "return [0, 1, -1], [-1, -1, 0], [-1, -1, 1]"),
            Wrong(
                "the words alone",
                """
                def leaves(node):
                    return [node] if isinstance(node, int) else leaves(node[0]) + leaves(node[1])
                word = leaves(tree)
                return word, [-1] * len(word), [-1] * len(word)
                """,
            ),
        ],
        "3": [
            Wrong(
                "joins the last two rows, whatever the table says",
                ROWS.format("values[k - 2], values[k - 1]"),
            ),
            Wrong(
                "left and right the wrong way round",
                ROWS.format("values[right[k]], values[left[k]]"),
            ),
            Wrong(
                "unrolled to 11 rows, the size of the example",
                """
                values = tf.zeros([11])
                n = tf.size(word)
                for k in range(11):
                    at = tf.minimum(k, n - 1)
                    leaf = tf.gather(table, tf.maximum(word[at], 0))
                    ends = tf.gather(values, tf.maximum([left[at], right[at]], 0))
                    value = tf.where(left[at] < 0, leaf, join(ends[0], ends[1]))
                    values = tf.tensor_scatter_nd_update(values, [[at]], [value])
                return values[n - 1]
                """,
                "error",
                "the graph fails",
            ),
            Wrong(
                "a variable that grows",
                """
                values, k = table[word[0]][None], 1
                while k < tf.size(word):
                    if left[k] < 0:
                        value = table[word[k]]
                    else:
                        value = join(values[left[k]], values[right[k]])
                    values = tf.concat([values, [value]], 0)
                    k += 1
                return values[-1]
                """,
                "error",
                "shape",
            ),
            Wrong("a constant", "return tf.constant(0.5) + 0.0 * tf.reduce_sum(table)"),
        ],
        "4": [
            Wrong(
                "the padding counts",
                "return nodes[torch.arange(len(nodes)), lengths - 1], nodes.mean(1)",
            ),
            Wrong(
                "the last cell is the root",
                """
                mask = torch.arange(nodes.shape[1]) < lengths[:, None]
                return nodes[:, -1], (nodes * mask).sum(1) / lengths
                """,
            ),
            Wrong(
                "divides by the width",
                """
                mask = torch.arange(nodes.shape[1]) < lengths[:, None]
                return nodes.gather(1, lengths[:, None] - 1)[:, 0], (nodes * mask).mean(1)
                """,
            ),
            Wrong(
                "a loop over the rows, with sizes read out",
                """
                rows = [row[: int(n)] for row, n in zip(nodes, lengths.tolist())]
                return torch.stack([row[-1] for row in rows]), torch.stack([row.mean() for row in rows])
                """,
                "wrong",
            ),
            Wrong(
                "a constant", "return torch.zeros(6, dtype=nodes.dtype), torch.zeros(6, dtype=nodes.dtype)"
            ),
        ],
        "5": [
            Wrong(
                "as it was",
                ["return not tf.reduce_any(token == stop)", "return tf.gather(after, token)"],
                "empty",
            ),
            Wrong(
                "goes on behind the stop token",
                ["return not tf.reduce_all(token == stop)", "return tf.gather(after, token)"],
            ),
            Wrong(
                "still ends with the first row",
                [
                    "return not tf.reduce_any(token == stop)",
                    "return tf.where(token == stop, stop, tf.gather(after, token))",
                ],
            ),
            Wrong(
                "never ends early",
                ["return True", "return tf.where(token == stop, stop, tf.gather(after, token))"],
            ),
            Wrong("a constant", ["return True", "return tf.fill(tf.shape(token), stop)"]),
            Wrong(
                "the first row decides for all",
                [
                    "return token[0] != stop",
                    "return tf.where(token == stop, stop, tf.gather(after, token))",
                ],
            ),
        ],
    },
    unusual={
        "2": """
            word, left, right, stack, todo = [], [], [], [], [(tree, False)]
            while todo:
                node, ready = todo.pop()
                if isinstance(node, int) or ready:
                    ends = (-1, -1) if isinstance(node, int) else (stack.pop(-2), stack.pop())
                    stack.append(len(word))
                    word.append(node if isinstance(node, int) else -1)
                    left.append(ends[0])
                    right.append(ends[1])
                else:
                    todo += [(node, True), (node[1], False), (node[0], False)]
            return word, left, right
        """,
        "3": """
            values = tf.TensorArray(tf.float32, size=tf.size(word), clear_after_read=False)
            for k in tf.range(tf.size(word)):
                if left[k] >= 0:
                    values = values.write(k, join(values.read(left[k]), values.read(right[k])))
                else:
                    values = values.write(k, table[word[k]])
            return values.read(tf.size(word) - 1)
        """,
        "4": """
            sums = torch.where(torch.arange(nodes.shape[1]) < lengths[:, None], nodes, 0.0).cumsum(1)
            roots = torch.take_along_dim(nodes, lengths[:, None] - 1, 1).squeeze(1)
            return roots, sums[:, -1] / lengths
        """,
        "5": [
            "return tf.math.count_nonzero(token - stop) > 0",
            """
            over = tf.cast(token == stop, tf.int32)
            return over * stop + (1 - over) * tf.gather(after, token)
            """,
        ],
    },
)
