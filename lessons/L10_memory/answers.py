"""L10: below the budget."""

from graph_duet.authoring.answers import Answers, Wrong

ANSWERS = Answers(
    right={
        "1": "kept = dict(zip('abcdef', (8, 4, 4, 8, 4, 0)))",
        "2": """
            kept = []
            def pack(tensor):
                kept.append(tensor)
                return tensor
            with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
                f()
            seen, total = set(), 0
            for tensor in kept:
                storage = tensor.untyped_storage()
                if storage.data_ptr() not in seen:
                    seen.add(storage.data_ptr())
                    total += storage.nbytes()
            return total
        """,
        "3": """
            for xs, ys in zip(x.split(rows), y.split(rows)):
                loss = torch.nn.functional.mse_loss(net(xs), ys) * len(xs) / len(x)
                loss.backward()
        """,
        "4": """
            rows, width = x.shape
            spare = budget // (8 * rows) - width * len(blocks)
            kept = sorted(range(len(blocks)), key=lambda i: blocks[i].inner)
            while sum(blocks[i].inner for i in kept) > spare:
                kept.pop()
            for i, block in enumerate(blocks):
                x = block(x) if i in kept else checkpoint(block, x, use_reentrant=False)
            return x
        """,
        "5": """
            seed = np.random.randint(0, 2**30, size=2).astype("int32")

            @tf.recompute_grad
            def layer(x):
                return tf.nn.experimental.stateless_dropout(heavy(x), rate=0.5, seed=seed)

            return layer(x)
        """,
    },
    wrong={
        "1": [
            Wrong("each line keeps its result", "kept = dict.fromkeys('abcdef', 4)"),
            Wrong("what is kept twice counts twice", "kept = dict(zip('abcdef', (8, 8, 4, 12, 4, 0)))"),
            Wrong("all inputs are kept", "kept = dict(zip('abcdef', (8, 4, 8, 8, 8, 8)))"),
            Wrong("nothing is kept", "kept = dict.fromkeys('abcdef', 0)"),
        ],
        "2": [
            Wrong("the bytes of the result", "return f().nbytes"),
            Wrong(
                "counts what is kept twice two times",
                """
                kept = []
                with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
                    f()
                return sum(t.nbytes for t in kept)
                """,
            ),
            Wrong("a constant", "return 1024"),
            Wrong(
                "numbers, not bytes",
                """
                kept = []
                with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
                    f()
                return sum({t.data_ptr(): t.numel() for t in kept}.values())
                """,
            ),
            Wrong("twice the result", "return 2 * f().nbytes"),
        ],
        "3": [
            Wrong("the whole batch", "(net(x) - y).square().mean().backward()", "error", "14 rows at once"),
            Wrong(
                "a mean of means",
                """
                pieces = list(zip(x.split(rows), y.split(rows)))
                for xs, ys in pieces:
                    ((net(xs) - ys).square().mean() / len(pieces)).backward()
                """,
            ),
            Wrong(
                "a sum of means",
                """
                for xs, ys in zip(x.split(rows), y.split(rows)):
                    (net(xs) - ys).square().mean().backward()
                """,
            ),
            Wrong(
                "leaves the last piece out",
                """
                for start in range(0, len(x) - rows + 1, rows):
                    piece = slice(start, start + rows)
                    ((net(x[piece]) - y[piece]).square().sum() / y.numel()).backward()
                """,
            ),
            Wrong("ones", "net(x[:1])\nnet.weight.grad = torch.ones_like(net.weight)"),
            Wrong(
                "lets the net take every row",
                "net.most = len(x)\n(net(x) - y).square().mean().backward()",
                "wrong",
                "four pieces: False",
            ),
            Wrong(
                "goes round the net, and calls it beside",
                """
                for piece in x.split(rows):
                    net(piece)
                (x @ net.weight - y).square().mean().backward()
                """,
                "wrong",
                "four pieces: False",
            ),
        ],
        "4": [
            Wrong(
                "no checkpoint",
                "for block in blocks:\n    x = block(x)\nreturn x",
                "wrong",
                "within the budget: False",
            ),
            Wrong(
                "a checkpoint around each",
                "for block in blocks:\n    x = checkpoint(block, x, use_reentrant=False)\nreturn x",
                "wrong",
                "runs: 10",
            ),
            Wrong(
                "the smallest first",
                """
                kept = sum(8 * len(x) * (x.shape[1] + block.inner) for block in blocks)
                again = []
                for block in sorted(blocks, key=lambda block: block.inner):
                    if kept > budget:
                        kept -= 8 * len(x) * block.inner
                        again.append(block)
                for block in blocks:
                    x = checkpoint(block, x, use_reentrant=False) if block in again else block(x)
                return x
                """,
            ),
            Wrong(
                "one checkpoint around everything",
                "return checkpoint(torch.nn.Sequential(*blocks), x, use_reentrant=False)",
            ),
            Wrong("nothing is computed", "return x * 1.0"),
            Wrong(
                "forgets the gradient",
                "with torch.no_grad():\n    for block in blocks:\n        x = block(x)\nreturn x",
                "error",
            ),
            Wrong(
                "runs each block a second time for nothing",
                """
                for block in blocks:
                    with torch.no_grad():
                        again = block(x)
                    x = block(x) + 0.0 * again
                return x
                """,
                "wrong",
                "within the budget: False",
            ),
            Wrong(
                "hides what is kept behind hooks of its own",
                """
                with torch.autograd.graph.save_on_cpu():
                    for block in blocks:
                        x = block(x)
                return x
                """,
            ),
        ],
        "5": [
            Wrong(
                "as it was",
                "return tf.recompute_grad(lambda x: tf.nn.dropout(heavy(x), 0.5))(x)",
                "wrong",
                "masks agree: False",
            ),
            Wrong("computes nothing again", "return tf.nn.dropout(heavy(x), 0.5)", "wrong", "runs: 1"),
            Wrong(
                "the same seed each time",
                """
                drop = tf.nn.experimental.stateless_dropout
                return tf.recompute_grad(lambda x: drop(heavy(x), 0.5, seed=[1, 2]))(x)
                """,
                "wrong",
                "another mask: False",
            ),
            Wrong("drops nothing", "return tf.recompute_grad(heavy)(x)"),
            Wrong(
                "runs heavy a second time for nothing",
                "heavy(x)\nreturn tf.nn.dropout(heavy(x), 0.5)",
                "wrong",
                "runs: 1",
            ),
            Wrong(
                "draws the seed inside",
                """
                def layer(x):
                    seed = tf.random.uniform([2], maxval=2**30, dtype=tf.int32)
                    return tf.nn.experimental.stateless_dropout(heavy(x), 0.5, seed=seed)
                return tf.recompute_grad(layer)(x)
                """,
                "wrong",
                "masks agree: False",
            ),
        ],
    },
    unusual={
        "2": """
            kept = {}
            def pack(tensor):
                storage = tensor.untyped_storage()
                kept[storage.data_ptr()] = storage
                return tensor
            with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
                result = f()
            return sum(map(len, kept.values()))
        """,
        "3": """
            pieces = [torch.arange(start, min(start + rows, len(x))) for start in range(0, len(x), rows)]
            for piece in reversed(pieces):
                net(x[piece]).backward(2 * (net(x[piece]) - y[piece]).detach() / y.numel())
        """,
        "4": """
            spare = budget // (8 * len(x)) - x.shape[1] * len(blocks)
            limit = 0
            for inner in sorted(block.inner for block in blocks):
                spare -= inner
                limit = inner if spare >= 0 else limit
            for block in blocks:
                if block.inner <= limit:
                    x = block(x)
                else:
                    x = checkpoint(lambda x, block=block: block(x), x, use_reentrant=False)
            return x
        """,
        "5": """
            mask = tf.cast(tf.random.uniform(tf.shape(x)) < 0.5, x.dtype) * 2.0
            return tf.recompute_grad(lambda x: heavy(x) * mask)(x)
        """,
    },
)
