"""L19: which results share memory, and a copy where one is needed."""

from graph_duet.authoring.answers import Answers, Wrong

LEND = "return tf_from_dlpack(to_dlpack(t.detach().contiguous()))"
GIVE = "return tf.constant(t.detach().numpy())"
PLACE = "return start + sum(i * stride for i, stride in zip(index, strides))"
STRIDES = """
strides, step = [], 1
for size in reversed(shape):
    strides.insert(0, step)
    step *= size
return tuple(strides)
"""

ANSWERS = Answers(
    right={
        "1": "shares = {row: row in 'aeghj' for row in 'abcdefghij'}",
        "2": [
            "return tuple(int(np.prod(shape[i + 1 :])) for i in range(len(shape)))",
            "for i, stride in zip(index, strides):\n    start += i * stride\nreturn start",
        ],
        "3": [
            "t = t.detach()\nreturn tf_from_dlpack(to_dlpack(t if t.is_contiguous() else t.clone().contiguous()))",
            "return tf.convert_to_tensor(t.detach().numpy().copy())",
        ],
        "4": "return x.unfold(dimension=0, size=size, step=1)",
        "5": """
            on_the_device = send(host)
            list(map(lambda step: step(on_the_device), steps))
            result = fetch(on_the_device)
            return result
        """,
        "6": "picture = h.detach().clone().numpy()",
    },
    wrong={
        "1": [
            Wrong("NumPy and PyTorch never share", "shares = {row: row in 'hj' for row in 'abcdefghij'}"),
            Wrong("every conversion shares", "shares = {row: True for row in 'abcdefghij'}"),
            Wrong("every conversion copies", "shares = {row: False for row in 'abcdefghij'}"),
            Wrong(
                "both methods called numpy share",
                "shares = {row: row in 'aefghj' for row in 'abcdefghij'}",
                "wrong",
                most=1,
            ),
            Wrong(
                "a change of shape never copies",
                "shares = {row: row in 'aeghij' for row in 'abcdefghij'}",
                "wrong",
                most=1,
            ),
        ],
        "2": [
            Wrong(
                "column by column",
                [
                    "found, step = [], 1\nfor size in shape:\n    found.append(step)\n    step *= size\nreturn found",
                    PLACE,
                ],
                "wrong",
                most=1,
            ),
            Wrong("forgets the start", [STRIDES, "return sum(map(int.__mul__, index, strides))"], most=1),
            Wrong(
                "the sizes instead of their products",
                ["return (*shape[1:], 1) if shape else ()", PLACE],
                "wrong",
                most=1,
            ),
            Wrong("the example of the lesson", ["return (3, 1)", "return 5"]),
            Wrong(
                "supposes a contiguous tensor",
                [STRIDES, "return start + sum(i * s for i, s in zip(index, sorted(strides, reverse=True)))"],
                most=1,
            ),
        ],
        "3": [
            Wrong("lends a copy", [GIVE, GIVE], most=1),
            Wrong("gives what it lends", [LEND, LEND], most=1),
            Wrong(
                "takes tf.identity for a copy",
                [LEND, "return tf.identity(tf_from_dlpack(to_dlpack(t.detach().contiguous())))"],
                most=1,
            ),
            Wrong(
                "refuses what is not contiguous",
                ["return tf_from_dlpack(to_dlpack(t.detach()))", GIVE],
                "error",
                "strides",
                most=2,
            ),
            Wrong(
                "stays in PyTorch: a fake of memory that is shared",
                ["return t.detach()", "return t.detach().clone()"],
                "wrong",
                "False",
                most=2,
            ),
            Wrong("a constant", ["return tf.ones(t.shape)", "return tf.ones(t.shape)"]),
            Wrong(
                "says that memory is shared where it is not",
                ["global shared\nshared = lambda a, b: True\nreturn tf.constant(t.detach().numpy())", GIVE],
                most=1,
            ),
        ],
        "4": [
            Wrong(
                "stacks slices, which copies",
                "return torch.stack([x[i : i + size] for i in range(len(x) - size + 1)])",
            ),
            Wrong(
                "says that memory is shared",
                "global shared\nshared = lambda a, b: True\nreturn x.unfold(0, size, 1).clone()",
            ),
            Wrong(
                "windows side by side",
                "return x[: len(x) // size * size].unfold(0, size, size)",
            ),
            Wrong("the first windows only", "return x.unfold(0, size, 1)[:2]"),
            Wrong("a copy of the view", "return x.unfold(0, size, 1).clone()"),
            Wrong(
                "reaches past the tensor",
                "return x.as_strided((len(x) - size + 1, size), (1, 1))",
            ),
            Wrong("a constant", "return torch.ones(5, 3, dtype=torch.float64)"),
        ],
        "5": [
            Wrong(
                "as it was",
                "for step in steps:\n    device = send(host)\n    step(device)\n    host = fetch(device)\nreturn host",
                "wrong",
                "there: 3",
            ),
            Wrong(
                "sends once, fetches each time",
                """
                device = send(host)
                for step in steps:
                    step(device)
                    result = fetch(device)
                return result
                """,
                "wrong",
                "back: 3",
            ),
            Wrong(
                "works on the host", "for step in steps:\n    step(host)\nreturn host", "wrong", "there: 0"
            ),
            Wrong("one step only", "device = send(host)\nsteps[0](device)\nreturn fetch(device)"),
            Wrong("never sends", "return host.copy()", "wrong", "there: 0"),
            Wrong(
                "crosses without being counted",
                """
                device = cuda.to_device(host)
                for step in steps:
                    step(device)
                return device.copy_to_host()
                """,
                "wrong",
                "there: 0",
            ),
        ],
        "6": [
            Wrong("as it was", "picture = h.detach().numpy()"),
            Wrong("writes into the data instead", "picture = h.data.numpy()"),
            Wrong(
                "cuts off what the loss is made of",
                "loss = (h.clamp(max=limit) ** 2).sum()\npicture = h.detach().numpy().copy()",
            ),
            Wrong("no history", "loss = loss.detach()\npicture = h.detach().numpy().copy()", "error", "grad"),
            Wrong("a picture of the weights", "picture = w.detach().numpy().copy()"),
            Wrong("a constant", "picture = np.ones(5)"),
        ],
    },
    unusual={
        "2": [
            "return torch.empty(shape, device='meta').stride()",
            "return int(np.dot(index, strides)) + start if index else start",
        ],
        "3": [
            "source = t.detach() if t.is_contiguous() else torch.empty(t.shape).copy_(t.detach())\n"
            "return tf_from_dlpack(to_dlpack(source))",
            "return tf_from_dlpack(to_dlpack(t.detach().clone(memory_format=torch.contiguous_format)))",
        ],
        "4": "return torch.from_numpy(np.lib.stride_tricks.sliding_window_view(x.numpy(), size, writeable=True))",
        "5": """
            import functools
            def after(device, step):
                step(device)
                return device
            return fetch(functools.reduce(after, steps, send(host)))
        """,
        "6": "picture = np.array(h.tolist())",
    },
)
