"""L20: three mistakes in a port."""

from graph_duet.authoring.answers import Answers, Wrong

ANSWERS = Answers(
    right={
        "1": """
            shapes = dict(a=[2, 4, 5, 16 // 4], b=[2, 4, 5, 5], c=4 + 3 + 2 + 1, d=[2, 4, 5, 4], e=[2, 5, 16])
            shapes["f"] = [3 * 16, 16]
        """,
        "2": """
            ones = torch.ones(q.shape[2], q.shape[2], dtype=torch.bool)
            seen = ones.tril() & ones.triu(1 - window)
            return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        """,
        "3": """
            kernels = state["in_proj_weight"].reshape(3, heads, -1, state["in_proj_weight"].shape[1])
            biases = state["in_proj_bias"].reshape(3, heads, -1)
            arrays = []
            for kernel, bias in zip(kernels, biases):
                arrays.extend([np.moveaxis(kernel, 2, 0), bias])
            out = state["out_proj.weight"]
            return arrays + [np.moveaxis(out.reshape(len(out), heads, -1), 0, 2), state["out_proj.bias"]]
        """,
        "4": """
            keys = torch.concat([cache[0], k], dim=2)
            values = torch.concat([cache[1], v], dim=2)
            return torch.nn.functional.scaled_dot_product_attention(q, keys, values), (keys, values)
        """,
        "5": """
            parts = tf.split(x @ qkv, 3, axis=-1)
            q, k, v = (tf.transpose(tf.reshape(p, [rows, length, heads, size]), [0, 2, 1, 3]) for p in parts)
            scores = tf.einsum("rhis,rhjs->rhij", q, k) / tf.sqrt(float(size))
            places = tf.range(length)
            scores += tf.where(places[:, None] < places[None, :], -1e9, 0.0)
            shares = tf.nn.softmax(scores, axis=-1)
        """,
    },
    wrong={
        "1": [
            Wrong(
                "each head has the whole width",
                "shapes = dict(a=[2, 4, 5, 16], b=[2, 4, 5, 5], c=10, d=[2, 4, 5, 16], e=[2, 5, 16], f=[48, 16])",
            ),
            Wrong(
                "inputs first",
                "shapes = dict(a=[2, 4, 5, 4], b=[2, 4, 5, 5], c=10, d=[2, 4, 5, 4], e=[2, 5, 16], f=[16, 48])",
            ),
            Wrong(
                "a token does not see itself",
                "shapes = dict(a=[2, 4, 5, 4], b=[2, 4, 5, 5], c=15, d=[2, 4, 5, 4], e=[2, 5, 16], f=[48, 16])",
            ),
            Wrong("one shape for all", "shapes = {**dict.fromkeys('abdef', [2, 5, 16]), 'c': 0}"),
        ],
        "2": [
            Wrong(
                "no window",
                """
                future = torch.ones(q.shape[2], q.shape[2]).triu(1).bool()
                scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
                return scores.masked_fill(future, float("-inf")).softmax(-1) @ v
                """,
            ),
            Wrong(
                "a window on both sides",
                """
                at = torch.arange(q.shape[2])
                far = (at[:, None] - at[None, :]).abs() >= window
                scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
                return scores.masked_fill(far, float("-inf")).softmax(-1) @ v
                """,
            ),
            Wrong(
                "one token too many",
                """
                at = torch.arange(q.shape[2])
                back = at[:, None] - at[None, :]
                scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
                hidden = (back < 0) | (back > window)
                return scores.masked_fill(hidden, float("-inf")).softmax(-1) @ v
                """,
            ),
            Wrong(
                "a mask that is too small for large scores",
                """
                at = torch.arange(q.shape[2])
                back = at[:, None] - at[None, :]
                scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
                hidden = (back < 0) | (back >= window)
                return (scores - 20.0 * hidden).softmax(-1) @ v
                """,
            ),
            Wrong(
                "forgets the scale",
                """
                at = torch.arange(q.shape[2])
                back = at[:, None] - at[None, :]
                hidden = (back < 0) | (back >= window)
                return (q @ k.transpose(-1, -2)).masked_fill(hidden, float("-inf")).softmax(-1) @ v
                """,
            ),
            Wrong("the values alone", "return v * 1.0"),
        ],
        "3": [
            Wrong(
                "forgets to transpose",
                """
                width = state["out_proj.bias"].shape[0]
                size, arrays = width // heads, []
                for kernel, bias in zip(np.split(state["in_proj_weight"], 3), np.split(state["in_proj_bias"], 3)):
                    arrays += [kernel.reshape(width, heads, size), bias.reshape(heads, size)]
                arrays += [state["out_proj.weight"].reshape(heads, size, width), state["out_proj.bias"]]
                return arrays
                """,
            ),
            Wrong(
                "leaves the output as it was",
                """
                width = state["out_proj.bias"].shape[0]
                size, arrays = width // heads, []
                for kernel, bias in zip(np.split(state["in_proj_weight"], 3), np.split(state["in_proj_bias"], 3)):
                    arrays += [kernel.T.reshape(width, heads, size), bias.reshape(heads, size)]
                arrays += [state["out_proj.weight"].reshape(heads, size, width), state["out_proj.bias"]]
                return arrays
                """,
            ),
            Wrong(
                "keys and values swapped",
                """
                width = state["out_proj.bias"].shape[0]
                size, arrays = width // heads, []
                kernels = np.split(state["in_proj_weight"], 3)
                biases = np.split(state["in_proj_bias"], 3)
                for n in (0, 2, 1):
                    arrays += [kernels[n].T.reshape(width, heads, size), biases[n].reshape(heads, size)]
                arrays += [state["out_proj.weight"].T.reshape(heads, size, width), state["out_proj.bias"]]
                return arrays
                """,
            ),
            Wrong(
                "zeros of the right shapes",
                """
                size = 8 // heads
                each = [np.zeros((8, heads, size)), np.zeros((heads, size))]
                return each * 3 + [np.zeros((heads, size, 8)), np.zeros(8)]
                """,
            ),
            Wrong("the arrays as they are", "return list(state.values())", "error"),
        ],
        "4": [
            Wrong(
                "keeps nothing",
                "shares = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)\nreturn shares @ v, (k, v)",
            ),
            Wrong(
                "does not see the new token",
                """
                pair = tuple(torch.cat(both, 2) for both in zip(cache, (k, v)))
                if cache[0].shape[2] == 0:
                    return v, pair
                shares = (q @ cache[0].transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)
                return shares @ cache[1], pair
                """,
            ),
            Wrong(
                "puts the new one in front, and only the keys",
                """
                keys, values = torch.cat([k, cache[0]], 2), torch.cat([cache[1], v], 2)
                shares = (q @ keys.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)
                return shares @ values, (keys, values)
                """,
            ),
            Wrong(
                "forgets the scale",
                """
                k, v = (torch.cat(pair, 2) for pair in zip(cache, (k, v)))
                return (q @ k.transpose(-1, -2)).softmax(-1) @ v, (k, v)
                """,
            ),
            Wrong("the value itself", "return v, tuple(torch.cat(p, 2) for p in zip(cache, (k, v)))"),
            Wrong(
                "one memory for all",
                """
                grown = globals().setdefault("grown", [[], []])
                if cache[0].shape[2] == 0:
                    grown[0].clear(), grown[1].clear()
                grown[0].append(k), grown[1].append(v)
                k, v = torch.cat(grown[0], 2), torch.cat(grown[1], 2)
                shares = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)
                return shares @ v, (k, v)
                """,
            ),
        ],
        "5": [
            Wrong(
                "as it was",
                """
                apart = tf.reshape(x @ qkv, [rows, length, 3, size, heads])
                q, k, v = tf.unstack(tf.transpose(apart, [2, 0, 4, 1, 3]))
                scores = tf.matmul(q, k, transpose_b=True) / width**0.5
                shares = tf.nn.softmax(scores)
                """,
            ),
            Wrong(
                "the scale is still wrong",
                """
                apart = tf.reshape(x @ qkv, [rows, length, 3, heads, size])
                q, k, v = tf.unstack(tf.transpose(apart, [2, 0, 3, 1, 4]))
                scores = tf.matmul(q, k, transpose_b=True) / width**0.5
                past = tf.linalg.band_part(tf.ones([length, length]), -1, 0) > 0
                shares = tf.nn.softmax(tf.where(past, scores, -float("inf")))
                """,
            ),
            Wrong(
                "the mask is still missing",
                """
                apart = tf.reshape(x @ qkv, [rows, length, 3, heads, size])
                q, k, v = tf.unstack(tf.transpose(apart, [2, 0, 3, 1, 4]))
                shares = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / size**0.5)
                """,
            ),
            Wrong(
                "the axis is still wrong",
                """
                apart = tf.reshape(x @ qkv, [rows, length, 3, size, heads])
                q, k, v = tf.unstack(tf.transpose(apart, [2, 0, 4, 1, 3]))
                scores = tf.matmul(q, k, transpose_b=True) / size**0.5
                past = tf.linalg.band_part(tf.ones([length, length]), -1, 0) > 0
                shares = tf.nn.softmax(tf.where(past, scores, -float("inf")))
                """,
            ),
            Wrong(
                "masks the shares, which then add up to less than 1",
                """
                apart = tf.reshape(x @ qkv, [rows, length, 3, heads, size])
                q, k, v = tf.unstack(tf.transpose(apart, [2, 0, 3, 1, 4]))
                shares = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / size**0.5)
                shares = tf.linalg.band_part(shares, -1, 0)
                """,
            ),
            Wrong(
                "hides the past",
                """
                apart = tf.reshape(x @ qkv, [rows, length, 3, heads, size])
                q, k, v = tf.unstack(tf.transpose(apart, [2, 0, 3, 1, 4]))
                scores = tf.matmul(q, k, transpose_b=True) / size**0.5
                past = tf.linalg.band_part(tf.ones([length, length]), 0, -1) > 0
                shares = tf.nn.softmax(tf.where(past, scores, -float("inf")))
                """,
            ),
        ],
    },
    unusual={
        "2": """
            rows = []
            for i in range(q.shape[2]):
                past = slice(max(0, i - window + 1), i + 1)
                scores = (q[:, :, i : i + 1] * k[:, :, past]).sum(-1) / q.shape[-1] ** 0.5
                rows.append((scores.softmax(-1)[..., None] * v[:, :, past]).sum(2))
            return torch.stack(rows, 2)
        """,
        "4": """
            old_k, old_v = cache
            k, v = torch.cat([k, old_k], 2), torch.cat([v, old_v], 2)  # the newest first: sums have no order
            weights = ((q * k).sum(-1, keepdim=True) / q.shape[-1] ** 0.5).exp()
            return (weights * v).sum(2, keepdim=True) / weights.sum(2, keepdim=True), (k, v)
        """,
        "5": """
            apart = tf.reshape(x @ qkv, [rows, length, 3, heads, size])
            q, k, v = (tf.transpose(apart[:, :, n], [0, 2, 1, 3]) for n in range(3))
            weights = tf.exp(tf.matmul(q * size**-0.5, k, transpose_b=True))
            weights = tf.linalg.band_part(weights, -1, 0)
            shares = weights / tf.reduce_sum(weights, -1, keepdims=True)
        """,
    },
)
