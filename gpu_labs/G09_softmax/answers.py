"""G09: softmax in one pass."""

from graph_duet.authoring.answers import Answers, Wrong

MERGED = """
larger = max(m, other_m)
if larger == -math.inf:
    return larger, 0.0
return larger, s * math.exp(m - larger) + other_s * math.exp(other_m - larger)
"""
UNUSED = "return max(m, other_m), s + other_s\n"  # where the kernel does without it
OWN_PART = """
for j in range(t, x.shape[1], THREADS):
    m, s = merged(m, s, x[row, j], 1.0)
"""
WARP = """
for offset in (16, 8, 4, 2, 1):
    other_m = cuda.shfl_xor_sync(ALL, m, offset)
    other_s = cuda.shfl_xor_sync(ALL, s, offset)
    m, s = merged(m, s, other_m, other_s)
"""
STORE_PAIR = """
if t % 32 == 0:
    cells[0, t // 32], cells[1, t // 32] = m, s
"""
WAIT = "cuda.syncthreads()\n"
MEET = """
m, s = cells[0, 0], cells[1, 0]
for warp in range(1, WARPS):
    m, s = merged(m, s, cells[0, warp], cells[1, warp])
"""
DIVIDE = """
for j in range(t, x.shape[1], THREADS):
    y[row, j] = math.exp(x[row, j] - m) / s if s > 0 else 0.0
"""
KERNEL = OWN_PART + WARP + STORE_PAIR + WAIT + MEET + DIVIDE

LARGEST = """
for j in range(t, x.shape[1], THREADS):
    m = max(m, x[row, j])
for offset in (16, 8, 4, 2, 1):
    m = max(m, cuda.shfl_xor_sync(ALL, m, offset))
if t % 32 == 0:
    cells[0, t // 32] = m
cuda.syncthreads()
m = max(max(cells[0, 0], cells[0, 1]), max(cells[0, 2], cells[0, 3]))
"""
SUM = """
for j in range(t, x.shape[1], THREADS):
    s += math.exp(x[row, j] - m) if m > -math.inf else 0.0
for offset in (16, 8, 4, 2, 1):
    s += cuda.shfl_xor_sync(ALL, s, offset)
if t % 32 == 0:
    cells[1, t // 32] = s
cuda.syncthreads()
s = cells[1, 0] + cells[1, 1] + cells[1, 2] + cells[1, 3]
"""
TREE = """
pairs = cuda.shared.array((2, THREADS), float64)
pairs[0, t], pairs[1, t] = m, s
cuda.syncthreads()
half = THREADS // 2
while half > 0:
    if t < half:
        m, s = merged(pairs[0, t], pairs[1, t], pairs[0, t + half], pairs[1, t + half])
        pairs[0, t], pairs[1, t] = m, s
    cuda.syncthreads()
    half //= 2
m, s = pairs[0, 0], pairs[1, 0]
"""
READ_ONCE = """
mine = cuda.local.array(8, float64)
for turn in range((x.shape[1] - t + THREADS - 1) // THREADS):
    mine[turn] = x[row, t + turn * THREADS]
    m = max(m, mine[turn])
for offset in (16, 8, 4, 2, 1):
    m = max(m, cuda.shfl_xor_sync(ALL, m, offset))
if t % 32 == 0:
    cells[0, t // 32] = m
cuda.syncthreads()
m = max(max(cells[0, 0], cells[0, 1]), max(cells[0, 2], cells[0, 3]))
for turn in range((x.shape[1] - t + THREADS - 1) // THREADS):
    mine[turn] = math.exp(mine[turn] - m) if m > -math.inf else 0.0
    s += mine[turn]
for offset in (16, 8, 4, 2, 1):
    s += cuda.shfl_xor_sync(ALL, s, offset)
if t % 32 == 0:
    cells[1, t // 32] = s
cuda.syncthreads()
s = cells[1, 0] + cells[1, 1] + cells[1, 2] + cells[1, 3]
for turn in range((x.shape[1] - t + THREADS - 1) // THREADS):
    y[row, t + turn * THREADS] = mine[turn] / s if s > 0 else 0.0
"""

GRAD = """
for row in range(cuda.blockIdx.x, y.shape[0], cuda.gridDim.x):
    c = 0.0
    for j in range(t, y.shape[1], THREADS):
        c += y[row, j] * grad_y[row, j]
    for offset in (16, 8, 4, 2, 1):
        c += cuda.shfl_xor_sync(ALL, c, offset)
    if t % 32 == 0:
        cells[t // 32] = c
    cuda.syncthreads()
    c = cells[0] + cells[1] + cells[2] + cells[3]
    cuda.syncthreads()
    for j in range(t, y.shape[1], THREADS):
        grad_x[row, j] = y[row, j] * (grad_y[row, j] - c)
"""
MEETING = "    c = cells[0] + cells[1] + cells[2] + cells[3]\n    cuda.syncthreads()\n"
ELEMENTWISE = """
for row in range(cuda.blockIdx.x, y.shape[0], cuda.gridDim.x):
    for j in range(t, y.shape[1], THREADS):
        grad_x[row, j] = {}
"""

FORWARD = """
rows = x.reshape(-1, x.shape[-1])
y = rows.new_empty(rows.shape)
launch(softmax_kernel, rows.shape[0], THREADS, rows, out=y)
return y.reshape(x.shape)
"""
BACKWARD = """
y, grad_y = out.reshape(-1, out.shape[-1]), grad.reshape(-1, out.shape[-1])
grad_x = y.new_empty(y.shape)
launch(softmax_grad_kernel, 3, THREADS, y, grad_y, out=grad_x)
return grad_x.reshape(out.shape)
"""

M_OF_ALL = "m = max(max(cells[0], cells[1]), max(cells[2], cells[3]))\n"
REST = """
for j in range(t, x.shape[1], THREADS):
    s += math.exp(x[row, j] - m)
for offset in (16, 8, 4, 2, 1):
    s += cuda.shfl_xor_sync(ALL, s, offset)
if t % 32 == 0:
    cells[t // 32] = s
cuda.syncthreads()
if t == 0:
    y[row] = m + math.log(cells[0] + cells[1] + cells[2] + cells[3])
"""
PREDICTED = "counts = dict(zip(('three passes', 'online', 'shuffles', 'repairs'), {}))"

ANSWERS = Answers(
    right={
        "1": PREDICTED.format((3000, 2000, 5, 3)),
        "2": [
            """
            if s == 0:
                return other_m, other_s
            if other_s == 0:
                return m, s
            if other_m > m:
                return other_m, other_s + s * math.exp(m - other_m)
            return m, s + other_s * math.exp(other_m - m)
            """,
            """
            j = t
            while j < x.shape[1]:
                v = x[row, j]
                if v > -math.inf:
                    m, s = merged(m, s, v, 1.0)
                j += cuda.blockDim.x
            for step in range(5):
                other_m = cuda.shfl_xor_sync(ALL, m, 1 << step)
                other_s = cuda.shfl_xor_sync(ALL, s, 1 << step)
                m, s = merged(m, s, other_m, other_s)
            if t % 32 == 31:
                cells[0, t // 32] = m
                cells[1, t // 32] = s
            cuda.syncthreads()
            m, s = cells[0, t % WARPS], cells[1, t % WARPS]
            for offset in (2, 1):
                other_m = cuda.shfl_xor_sync(ALL, m, offset)
                other_s = cuda.shfl_xor_sync(ALL, s, offset)
                m, s = merged(m, s, other_m, other_s)
            for j in range(t, x.shape[1], THREADS):
                if s == 0:
                    y[row, j] = 0.0
                else:
                    y[row, j] = math.exp(x[row, j] - m) / s
            """,
        ],
        "3": """
            row = cuda.blockIdx.x
            while row < len(y):
                c = 0.0
                for j in range(t, y.shape[1], THREADS):
                    c += grad_y[row, j] * y[row, j]
                for offset in (1, 2, 4, 8, 16):
                    c += cuda.shfl_down_sync(ALL, c, offset)
                cuda.syncthreads()
                if t % 32 == 0:
                    cells[t // 32] = c
                cuda.syncthreads()
                c = 0.0
                for warp in range(WARPS):
                    c += cells[warp]
                for j in range(t, y.shape[1], THREADS):
                    share = y[row, j]
                    grad_x[row, j] = share * grad_y[row, j] - share * c
                row += cuda.gridDim.x
        """,
        "4": [
            """
            n = x.shape[-1]
            y = torch.empty((x.numel() // n, n), dtype=x.dtype)
            launch(softmax_kernel, x.numel() // n, THREADS, x.contiguous().view(-1, n), out=y)
            return y.view(x.shape)
            """,
            BACKWARD,
        ],
        "5": """
            cuda.syncthreads()
            for warp in range(WARPS):
                m = max(m, cells[warp])
            sums = cuda.shared.array(WARPS, float64)
            for j in range(t, x.shape[1], THREADS):
                s += math.exp(x[row, j] - m)
            for offset in (16, 8, 4, 2, 1):
                s += cuda.shfl_xor_sync(ALL, s, offset)
            if t % 32 == 0:
                sums[t // 32] = s
            cuda.syncthreads()
            if t == 0:
                y[row] = m + math.log(sums[0] + sums[1] + sums[2] + sums[3])
        """,
    },
    wrong={
        "1": [
            Wrong("each thread reads the row", PREDICTED.format((384000, 256000, 5, 3))),
            Wrong("online means one pass in all", PREDICTED.format((3000, 1000, 5, 3))),
            Wrong("31 shuffles for 32 threads", PREDICTED.format((3000, 2000, 31, 3))),
            Wrong("repairs at each element", PREDICTED.format((3000, 2000, 5, 7))),
        ],
        "2": [
            Wrong("three passes", [UNUSED, LARGEST + SUM + DIVIDE], says="reads"),
            Wrong(
                "no maximum",
                ["return 0.0, s + other_s * math.exp(other_m)", KERNEL],
                says="wrong-values",
            ),
            Wrong("each warp for itself", [MERGED, OWN_PART + WARP + DIVIDE], says="wrong-values"),
            Wrong(
                "no barrier",
                [MERGED, OWN_PART + WARP + STORE_PAIR + MEET + DIVIDE],
                says="missing-barrier",
            ),
            Wrong("a tree in shared memory", [MERGED, OWN_PART + TREE + DIVIDE], says="depth"),
            Wrong(
                "two masked parts give NaN",
                [MERGED.replace("if larger == -math.inf:\n    return larger, 0.0\n", ""), KERNEL],
                says="wrong-values",
            ),
        ],
        "3": [
            Wrong(
                "the cells serve the next row too soon",
                GRAD.replace(MEETING, MEETING.replace("    cuda.syncthreads()\n", "")),
                says="missing-barrier",
            ),
            Wrong(
                "a row for each block",
                GRAD.replace(
                    "for row in range(cuda.blockIdx.x, y.shape[0], cuda.gridDim.x):",
                    "for row in range(cuda.blockIdx.x, min(cuda.blockIdx.x + 1, y.shape[0])):",
                ),
                says="wrong-values",
            ),
            Wrong(
                "makes the Jacobian, number by number",
                """
                for row in range(cuda.blockIdx.x, y.shape[0], cuda.gridDim.x):
                    for i in range(t, y.shape[1], THREADS):
                        total = 0.0
                        for j in range(y.shape[1]):
                            total += ((1.0 if i == j else 0.0) - y[row, j]) * grad_y[row, j]
                        grad_x[row, i] = y[row, i] * total
                """,
                says="reads",
            ),
            Wrong(
                "the diagonal only",
                ELEMENTWISE.format("y[row, j] * (1 - y[row, j]) * grad_y[row, j]"),
                says="wrong-values",
            ),
            Wrong("hands the gradient through", ELEMENTWISE.format("grad_y[row, j]"), says="wrong-values"),
            Wrong(
                "each warp for itself",
                GRAD.replace(MEETING, "").replace("    if t % 32 == 0:\n        cells[t // 32] = c\n", ""),
                says="wrong-values",
            ),
        ],
        "4": [
            Wrong(
                "torch's own operations",
                ["return x.softmax(-1)", "return out * (grad - (out * grad).sum(-1, keepdim=True))"],
                says="not-launched",
                most=0,
            ),
            Wrong(
                "torch finds the largest",
                [FORWARD.replace("THREADS, rows,", "THREADS, rows - rows.amax(1, keepdim=True),"), BACKWARD],
                says="not-launched",
            ),
            Wrong(
                "the first axis has the rows",
                [FORWARD.replace("x.reshape(-1, x.shape[-1])", "x.reshape(x.shape[0], -1)"), BACKWARD],
                says="wrong-values",
            ),
            Wrong(
                "one block for all rows",
                [
                    FORWARD.replace("rows.shape[0], THREADS", "1, THREADS").replace("new_empty", "new_zeros"),
                    BACKWARD,
                ],
                says="wrong-values",
            ),
            Wrong(
                "the gradient from y alone",
                [FORWARD, BACKWARD.replace("THREADS, y, grad_y,", "THREADS, y, y,")],
                says="gradient",
            ),
        ],
        "5": [
            Wrong("the barrier only", WAIT + "m = cells[0]\n" + WAIT + REST, says="wrong-values"),
            Wrong("the largest only", WAIT + M_OF_ALL + REST, says="missing-barrier"),
            Wrong("no largest at all", WAIT + "m = 0.0\n" + REST, says="wrong-values"),
            Wrong("each warp its own", WAIT + REST, says="wrong-values"),
            Wrong(
                "forgets to add m",
                WAIT + M_OF_ALL + WAIT + REST.replace("m + math.log", "math.log"),
                says="wrong-values",
            ),
        ],
    },
    unusual={
        "2": [UNUSED, READ_ONCE],
        "3": """
            both, turn = cuda.shared.array((2, WARPS), float64), 0
            for row in range(cuda.blockIdx.x, y.shape[0], cuda.gridDim.x):
                c = 0.0
                for j in range(t, y.shape[1], THREADS):
                    c += y[row, j] * grad_y[row, j]
                for offset in (16, 8, 4, 2, 1):
                    c += cuda.shfl_xor_sync(ALL, c, offset)
                if t % 32 == 0:
                    both[turn, t // 32] = c
                cuda.syncthreads()
                c = both[turn, 0] + both[turn, 1] + both[turn, 2] + both[turn, 3]
                turn = 1 - turn
                for j in range(t, y.shape[1], THREADS):
                    grad_x[row, j] = y[row, j] * (grad_y[row, j] - c)
        """,
    },
    instant={
        "2": [
            Wrong(
                "a masked row divides 0 by 0",
                [MERGED, KERNEL.replace(" if s > 0 else 0.0", "")],
                says="wrong-values",
            ),
            Wrong(
                "a row no wider than the block",
                [
                    MERGED,
                    KERNEL.replace(
                        "for j in range(t, x.shape[1], THREADS):", "if t < x.shape[1]:\n    j = t"
                    ),
                ],
                says="wrong-values",
            ),
            Wrong(
                "no guard",
                [
                    MERGED,
                    KERNEL.replace(
                        OWN_PART,
                        "\nfor k in range((x.shape[1] + THREADS - 1) // THREADS):\n"
                        "    m, s = merged(m, s, x[row, t + k * THREADS], 1.0)\n",
                    ),
                ],
                says="out-of-bounds",
            ),
            Wrong(
                "the barrier inside the if",
                [MERGED, KERNEL.replace(WAIT, "    " + WAIT).replace("= m, s\n\n", "= m, s\n")],
                says="divergent-barrier",
            ),
            Wrong(
                "neighbours read far apart",
                [
                    MERGED,
                    "per = (x.shape[1] + THREADS - 1) // THREADS\n"
                    + KERNEL.replace(
                        "range(t, x.shape[1], THREADS)", "range(t * per, min(t * per + per, x.shape[1]))"
                    ),
                ],
                says="sectors",
            ),
            Wrong(
                "four steps of five",
                [MERGED, KERNEL.replace("(16, 8, 4, 2, 1)", "(8, 4, 2, 1)")],
                says="wrong-values",
            ),
        ],
        "3": [
            Wrong(
                "the barrier inside the if",
                GRAD.replace("cells[t // 32] = c\n    cuda", "cells[t // 32] = c\n        cuda"),
                says="divergent-barrier",
            ),
            Wrong(
                "the sum of the gradients alone",
                GRAD.replace("c += y[row, j] * grad_y[row, j]", "c += grad_y[row, j]"),
                says="wrong-values",
            ),
        ],
        "4": [
            Wrong(
                "two axes and no more",
                [FORWARD.replace("x.reshape(-1, x.shape[-1])", "x"), BACKWARD],
                says="error",
            ),
        ],
    },
)
