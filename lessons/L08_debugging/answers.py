"""L08: three sick programs."""

from graph_duet.authoring.answers import Answers, Wrong

ANSWERS = Answers(
    right={
        "1": "raises = {row: row in 'ce' for row in 'abcdef'}",
        "2": "culprit = dict(a=['sqrt', 3], b=['exp', 1], c=['div', 3])",
        "3": "return torch.linalg.vector_norm(gap, dim=1)",
        "4": "return -tf.reduce_mean(tf.nn.log_softmax(scores)[:, 0])",
        "5": """
            found = None
            handles = []
            for name, child in model.named_children():
                def hook(module, inputs, output, name=name):
                    nonlocal found
                    if found is None and not bool(torch.isfinite(output).all()):
                        found = name
                handles.append(child.register_forward_hook(hook))
            model(x)
            for handle in handles:
                handle.remove()
            return found
        """,
        "6": "spoils = bool((gradient - gradient != 0).any())",
    },
    wrong={
        "1": [
            Wrong("each tool finds each bad number", "raises = dict.fromkeys('abcdef', True)"),
            Wrong("no tool finds anything", "raises = dict.fromkeys('abcdef', False)"),
            Wrong("anomaly mode sees infinities", "raises = {row: row in 'abce' for row in 'abcdef'}"),
            Wrong("anomaly mode looks forward", "raises = {row: row in 'cde' for row in 'abcdef'}"),
        ],
        "2": [
            Wrong("where anomaly mode points", "culprit = dict(a=('mul', 2), b=('exp', 1), c=('div', 3))"),
            Wrong("where NaN appears", "culprit = dict(a=('mul', 2), b=('div', 3), c=('div', 3))"),
            Wrong("the last line", "culprit = dict.fromkeys('abc', ('mean', 4))"),
            Wrong("the logarithm", "culprit = dict(a=('sqrt', 3), b=('log', 4), c=('div', 3))"),
        ],
        "3": [
            Wrong("as it was", "return (gap * gap).sum(1).sqrt()", "wrong", "nan"),
            Wrong(
                "one where, behind the root",
                "square = (gap * gap).sum(1)\nreturn torch.where(square == 0, 0.0, square.sqrt())",
                "wrong",
                "nan",
            ),
            Wrong("a large number below the root", "return ((gap * gap).sum(1) + 0.5).sqrt()"),
            Wrong("the square of the length", "return (gap * gap).sum(1)"),
            Wrong("cut from the graph", "return gap.detach().norm(dim=1) + 0.0 * gap.sum(1)"),
            Wrong("a constant", "return gap.sum(1) * 0.0 + 2.0"),
        ],
        "4": [
            Wrong(
                "as it was",
                """
                powers = tf.exp(scores)
                chance = powers[:, 0] / tf.reduce_sum(powers, axis=1)
                return -tf.reduce_mean(tf.math.log(chance))
                """,
                "wrong",
                "nan",
            ),
            Wrong(
                "a small number in the logarithm",
                "return -tf.reduce_mean(tf.math.log(tf.nn.softmax(scores)[:, 0] + 1e-8))",
            ),
            Wrong(
                "scores cut off", "return -tf.reduce_mean(tf.nn.log_softmax(tf.minimum(scores, 80.0))[:, 0])"
            ),
            Wrong("the wrong axis", "return -tf.reduce_mean(tf.nn.log_softmax(scores, axis=0)[:, 0])"),
            Wrong("a constant", "return tf.reduce_sum(scores) * 0.0 + 1.5"),
        ],
        "5": [
            Wrong("always the same name", "return '2'"),
            Wrong("none is bad", "model(x)\nreturn None"),
            Wrong(
                "sees NaN only",
                """
                bad = []
                handles = [
                    child.register_forward_hook(
                        lambda module, inputs, output, name=name: bad.append(name) if output.isnan().any() else None
                    )
                    for name, child in model.named_children()
                ]
                model(x)
                for handle in handles:
                    handle.remove()
                return bad[0] if bad else None
                """,
            ),
            Wrong(
                "the last one",
                """
                bad = []
                handles = [
                    child.register_forward_hook(
                        lambda module, inputs, output, name=name: bad.append(name)
                        if not output.isfinite().all() else None
                    )
                    for name, child in model.named_children()
                ]
                model(x)
                for handle in handles:
                    handle.remove()
                return bad[-1] if bad else None
                """,
            ),
            Wrong(
                "leaves its hooks behind",
                """
                bad = []
                for name, child in model.named_children():
                    child.register_forward_hook(
                        lambda module, inputs, output, name=name: bad.append(name)
                        if not output.isfinite().all() else None
                    )
                model(x)
                return bad[0] if bad else None
                """,
            ),
        ],
        "6": [
            Wrong("as it was", "spoils = not torch.isfinite(value)", "wrong", "skipped: 0"),
            Wrong("never", "spoils = False", "wrong", "skipped: 0"),
            Wrong("always", "spoils = True", "wrong", "skipped: 5"),
            Wrong("only where all of it is bad", "spoils = bool(weight.isnan().all())", "wrong", "skipped"),
            Wrong(
                "repairs the gradient instead",
                "gradient = torch.nan_to_num(gradient)\nspoils = False",
                "wrong",
                "skipped: 0",
            ),
        ],
    },
    unusual={
        "3": """
            square = (gap * gap).sum(1)
            return square * square.clamp(min=1e-30).rsqrt()
        """,
        "4": """
            first = tf.zeros(tf.shape(scores)[0], tf.int32)
            return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=first, logits=scores))
        """,
        "5": """
            layers = list(model)
            for layer in reversed(layers) if isinstance(model, Backwards) else layers:
                x = layer(x)
                if not torch.isfinite(x).all():
                    return next(name for name, child in model.named_children() if child is layer)
        """,
        "6": "spoils = bool(torch.isnan(gradient.sum()))",
    },
)
