"""L03: what is in `.grad`?"""

from graph_duet.authoring.answers import Answers, Wrong

ANSWERS = Answers(
    right={
        "1": "table = dict(zip('abcdefghi', (None, 4, 8, 'error', 8, 3, 4, 5, 4)))",
        "2": "has_grad = dict(loss=False, k=True, h=False, x=False, w=True)",
        "3": """
            for x in data:
                loss = (w * x - 1).square()
                (slope,) = torch.autograd.grad(loss, w)
                w.data -= rate * slope
            return w
        """,
        "4": """
            x = x.clone().requires_grad_(True)
            (gradient,) = torch.autograd.grad(f(x)[i], x)
            return gradient
        """,
        "5": """
            with tf.GradientTape() as tape:
                tape.watch(x)
                h = x * x
                z = tf.sin(h) * h
            return tape.gradient(z, [h, x])
        """,
        "6": """
            (gradient,) = torch.autograd.grad(((w * torch.cat(batches) - 1) ** 2).mean(), w)
            return gradient
        """,
    },
    wrong={
        "1": [
            Wrong(
                "backward() is idempotent",
                "table = {'a': None, 'b': 4, 'c': 4, 'd': 4, 'e': 4, 'f': 3, 'g': 4, 'h': 5, 'i': 2}",
            ),
            Wrong(
                "autograd sees through detach and no_grad",
                "table = {'a': 0, 'b': 4, 'c': 8, 'd': 'error', 'e': 8, 'f': 3, 'g': 12, 'h': 13, 'i': 4}",
            ),
            Wrong("the same everywhere", "table = dict.fromkeys('abcdefghi', 4)"),
            Wrong(
                "every second backward raises",
                "table = dict(zip('abcdefghi', (None, 4, 8, 'error', 8, 3, 4, 5, 'error')))",
                most=2,
            ),
            Wrong(
                "backward() sets .grad",
                "table = dict(zip('abcdefghi', (None, 4, 4, 'error', 4, 3, 4, 5, 2)))",
            ),
        ],
        "2": [
            Wrong(
                "every tensor has a gradient",
                "has_grad = dict.fromkeys(('w', 'x', 'h', 'k', 'loss'), True)",
            ),
            Wrong(
                "only leaves, whatever retain_grad says",
                "has_grad = {'w': True, 'x': False, 'h': False, 'k': False, 'loss': False}",
            ),
            Wrong(
                "everything that requires a gradient",
                "has_grad = {'w': True, 'x': False, 'h': True, 'k': True, 'loss': True}",
            ),
            Wrong(
                "every leaf",
                "has_grad = {'w': True, 'x': True, 'h': False, 'k': True, 'loss': False}",
            ),
        ],
        "3": [
            Wrong(
                "never empties .grad",
                """
                for x in data:
                    ((w * x - 1) ** 2).backward()
                    with torch.no_grad():
                        w -= rate * w.grad
                return w
                """,
            ),
            Wrong(
                "replaces the leaf",
                """
                for x in data:
                    w.grad = None
                    ((w * x - 1) ** 2).backward()
                    w = w - rate * w.grad
                return w
                """,
                "error",
            ),
            Wrong("takes no step", "return w"),
            Wrong(
                "another leaf",
                """
                for x in data:
                    w = (w - rate * 2 * x * (w * x - 1)).detach().requires_grad_()
                return w
                """,
            ),
        ],
        "4": [
            Wrong(
                "ones: the sum of the rows",
                "x = x.detach().requires_grad_()\nf(x).backward(torch.ones(3, dtype=x.dtype))\nreturn x.grad",
            ),
            Wrong(
                "the value",
                "return f(x)",
            ),
            Wrong("a constant of the right shape", "return torch.zeros_like(x)"),
            Wrong("a column", "return torch.autograd.functional.jacobian(f, x)[:, i]"),
        ],
        "5": [
            Wrong(
                "a tape that is used up",
                """
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    h = x * x
                    z = tf.sin(h) * h
                return tape.gradient(z, h), tape.gradient(z, x)
                """,
                "error",
                "non-persistent",
            ),
            Wrong(
                "a constant that is not watched",
                """
                with tf.GradientTape(persistent=True) as tape:
                    h = x * x
                    z = tf.sin(h) * h
                return tape.gradient(z, h), tape.gradient(z, x)
                """,
            ),
            Wrong("the two the wrong way round", "h = x * x\nreturn 2 * x * h, h"),
            Wrong(
                "z cut off from x",
                """
                with tf.GradientTape(persistent=True) as tape:
                    tape.watch(x)
                    h = tf.stop_gradient(x * x)
                    tape.watch(h)
                    z = tf.sin(h) * h
                return tape.gradient(z, h), tape.gradient(z, x)
                """,
            ),
        ],
        "6": [
            Wrong(
                "as it is",
                """
                for x in batches:
                    loss = ((w * x - 1) ** 2).mean() / len(batches)
                    loss.backward()
                return w.grad
                """,
            ),
            Wrong(
                "empties .grad, and still takes the mean of the means",
                """
                w.grad = None
                for x in batches:
                    loss = ((w * x - 1) ** 2).mean() / len(batches)
                    loss.backward()
                return w.grad
                """,
            ),
            Wrong(
                "the right weights, and the gradient of the last call is still there",
                """
                for x in batches:
                    (((w * x - 1) ** 2).sum() / sum(map(len, batches))).backward()
                return w.grad
                """,
                most=1,
            ),
            Wrong(
                "empties .grad between the vectors",
                """
                for x in batches:
                    w.grad = None
                    (((w * x - 1) ** 2).sum() / sum(map(len, batches))).backward()
                return w.grad
                """,
            ),
            Wrong(
                "the sum, not the mean",
                """
                w.grad = None
                for x in batches:
                    ((w * x - 1) ** 2).sum().backward()
                return w.grad
                """,
            ),
        ],
    },
    unusual={
        "2": "has_grad = {name: name in 'wk' for name in ('w', 'x', 'h', 'k', 'loss')}",
        "6": """
            with torch.no_grad():
                x = torch.concatenate(batches)
                return (2 * x * (w * x - 1)).mean()
        """,
        "1": "table = dict(zip('abcdefghi', (None, 4.0, 8.0, 'error', 8.0, 3.0, 4.0, 5.0, 4.0)))",
        "3": """
            optimizer = torch.optim.SGD([w], lr=rate)
            for x in data:
                optimizer.zero_grad()
                (w * x - 1).pow(2).backward()
                optimizer.step()
            return w
        """,
        "4": "return torch.autograd.functional.jacobian(f, x)[i]",
        "5": """
            h = x * x
            with tf.GradientTape() as tape:
                tape.watch(h)
                z = tf.sin(h) * h
            slope = tape.gradient(z, h)
            return [slope, slope * 2 * x]
        """,
    },
)
