"""G07: scan."""

from graph_duet.authoring.answers import Answers, Wrong

LOAD = "cells[now, t] = x[i] if i < x.size else 0\ncuda.syncthreads()\n"
LOOP = """
step = 1
while step < THREADS:
    total = cells[now, t]
    if t >= step:
        total += cells[now, t - step]
    now = 1 - now
    cells[now, t] = total
    cuda.syncthreads()
    step *= 2
"""
STORE = """
if i < x.size:
    y[i] = cells[now, t]
"""
STORE_SUM = """
if t == THREADS - 1:
    sums[cuda.blockIdx.x] = cells[now, t]
"""
LOAD_GRAD = LOAD.replace("x", "grad")
LOOP_GRAD = LOOP.replace("t >= step", "t + step < THREADS").replace("t - step", "t + step")
STORE_GRAD = """
if i < grad.size:
    grad_x[i] = cells[now, t]
if t == 0:
    sums[cuda.blockIdx.x] = cells[now, t]
"""
IN_PLACE = """
step = 1
while step < THREADS:
    if t >= step:
        cells[now, t] += cells[now, t - step]
    cuda.syncthreads()
    step *= 2
"""
FORWARD = """
blocks = blocks_for(x.numel(), THREADS)
y, sums, z = torch.empty_like(x), x.new_empty(blocks), torch.empty_like(x)
launch(scan_kernel, blocks, THREADS, x, out=[y, sums])
if blocks == 1:
    return y
launch(shift_kernel, blocks, THREADS, y, running_sums_forward(sums), -1, out=z)
return z
"""
BACKWARD = """
blocks = blocks_for(grad.numel(), THREADS)
y, sums, z = torch.empty_like(grad), grad.new_empty(blocks), torch.empty_like(grad)
launch(scan_grad_kernel, blocks, THREADS, grad, out=[y, sums])
if blocks == 1:
    return y
launch(shift_kernel, blocks, THREADS, y, running_sums_backward(sums), 1, out=z)
return z
"""
PREDICTED = "counts = dict(zip(('H steps', 'H additions', 'B steps', 'B additions'), {}))"

ANSWERS = Answers(
    right={
        "1": PREDICTED.format((6, 321, 12, 126)),
        "2": """
            if i < x.size:
                cells[0, t] = x[i]
            else:
                cells[0, t] = 0.0
            for power in range(6):
                cuda.syncthreads()
                other = t - (1 << power)
                cells[1 - now, t] = cells[now, t] + (cells[now, other] if other >= 0 else 0.0)
                now = 1 - now
            if i < y.size:
                y[i] = cells[now, t]
            if t == cuda.blockDim.x - 1:
                sums[cuda.blockIdx.x] = cells[now, t]
        """,
        "3": """
            mirrored = THREADS - 1 - t
            cells[now, mirrored] = grad[i] if i < grad.size else 0
            cuda.syncthreads()
            step = 1
            while step < THREADS:
                cells[1 - now, t] = cells[now, t]
                if t >= step:
                    cells[1 - now, t] = cells[now, t] + cells[now, t - step]
                now = 1 - now
                cuda.syncthreads()
                step *= 2
            if i < grad_x.size:
                grad_x[i] = cells[now, mirrored]
            if t == THREADS - 1:
                sums[cuda.blockIdx.x] = cells[now, t]
        """,
        "4": [
            """
            levels = []
            while True:
                y, sums = x.new_empty(x.numel()), x.new_zeros((x.numel() + 63) // 64)
                launch(scan_kernel, sums.numel(), 64, x, out=(y, sums))
                if sums.numel() == 1:
                    break
                levels.append(y)
                x = sums
            for below in reversed(levels):
                z = torch.empty_like(below)
                launch(shift_kernel, (below.numel() + 63) // 64, 64, below, y, -1, out=z)
                y = z
            return y
            """,
            BACKWARD,
        ],
        "5": """
            for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
                if ends[i] > (ends[i - 1] if i > 0 else 0):
                    y[ends[i] - 1] = x[i]
        """,
    },
    wrong={
        "1": [
            Wrong("all threads add in each step", PREDICTED.format((6, 384, 12, 126))),
            Wrong("Blelloch takes as many steps", PREDICTED.format((6, 321, 6, 126))),
            Wrong("a loop of one thread", PREDICTED.format((63, 63, 12, 126))),
            Wrong("Blelloch only goes up", PREDICTED.format((6, 321, 6, 63))),
        ],
        "2": [
            Wrong("in place", LOAD + IN_PLACE + STORE + STORE_SUM, says="missing-barrier"),
            Wrong(
                "no barrier in the loop",
                LOAD + LOOP.replace("    cuda.syncthreads()\n", "") + STORE + STORE_SUM,
                says="missing-barrier",
            ),
            Wrong(
                "one thread adds them all",
                """
                if t == 0:
                    total = 0.0
                    for k in range(i, min(i + THREADS, x.size)):
                        total += x[k]
                        y[k] = total
                    sums[cuda.blockIdx.x] = total
                """,
                says="depth",
            ),
            Wrong(
                "no guard on the load",
                LOAD.replace(" if i < x.size else 0", "") + LOOP + STORE + STORE_SUM,
                says="out-of-bounds",
            ),
            Wrong(
                "some threads copy nothing",
                LOAD
                + LOOP.replace("    total = cells[now, t]\n", "")
                .replace(
                    "total += cells[now, t - step]",
                    "cells[1 - now, t] = cells[now, t] + cells[now, t - step]",
                )
                .replace("    cells[now, t] = total\n", "")
                + STORE
                + STORE_SUM,
                says="uninitialised-read",
            ),
        ],
        "3": [
            Wrong(
                "from the left",
                LOAD_GRAD + LOOP + STORE_GRAD.replace("t == 0", "t == THREADS - 1"),
                says="wrong-values",
            ),
            Wrong(
                "the sum of the last thread",
                LOAD_GRAD + LOOP_GRAD + STORE_GRAD.replace("t == 0", "t == THREADS - 1"),
                says="wrong-values",
            ),
            Wrong(
                "past the last cell",
                LOAD_GRAD + LOOP_GRAD.replace("t + step < THREADS", "t + step <= THREADS") + STORE_GRAD,
                says="out-of-bounds",
            ),
            Wrong(
                "no barrier in the loop",
                LOAD_GRAD + LOOP_GRAD.replace("    cuda.syncthreads()\n", "") + STORE_GRAD,
                says="missing-barrier",
            ),
            Wrong(
                "hands the gradient through",
                "if i < grad.size:\n    grad_x[i] = grad[i]",
                says="wrong-values",
            ),
        ],
        "4": [
            Wrong(
                "each block for itself",
                [
                    "y, sums = torch.empty_like(x), x.new_empty(blocks_for(x.numel(), 64))\n"
                    "launch(scan_kernel, sums.numel(), 64, x, out=[y, sums])\nreturn y",
                    BACKWARD,
                ],
                says="wrong-values",
            ),
            Wrong(
                "the backward from the left",
                [FORWARD, BACKWARD.replace("scan_grad_kernel", "scan_kernel").replace(" 1, out", " -1, out")],
                says="gradient",
            ),
            Wrong(
                "torch's own operations",
                ["return x.cumsum(0)", "return grad.flip(0).cumsum(0).flip(0)"],
                says="not-launched",
                most=0,
            ),
            Wrong(
                "torch scans the sums",
                [FORWARD.replace("running_sums_forward(sums)", "sums.cumsum(0)"), BACKWARD],
                says="not-launched",
            ),
        ],
        "5": [
            Wrong(
                "the place only",
                "i = cuda.grid(1)\nif i < x.size and x[i] >= 0:\n    y[ends[i] - 1] = x[i]",
            ),
            Wrong(
                "the condition only",
                "i = cuda.grid(1)\nif i < x.size and x[i] > 0:\n    y[ends[i]] = x[i]",
                says="out-of-bounds",
            ),
            Wrong(
                "no guard", "i = cuda.grid(1)\nif x[i] > 0:\n    y[ends[i] - 1] = x[i]", says="out-of-bounds"
            ),
            Wrong("leaves gaps", "i = cuda.grid(1)\nif i < y.size:\n    y[i] = x[i]", says="wrong-values"),
            Wrong("the others", "i = cuda.grid(1)\nif i < x.size and x[i] < 0:\n    y[ends[i] - 1] = x[i]"),
        ],
    },
    unusual={
        "2": """
            mine = x[i] if i < x.size else 0.0
            cells[0, t] = mine
            cuda.syncthreads()
            step = 1
            while step < THREADS:
                k = (t + 1) * 2 * step - 1
                if k < THREADS:
                    cells[0, k] += cells[0, k - step]
                cuda.syncthreads()
                step *= 2
            if t == 0:
                sums[cuda.blockIdx.x] = cells[0, THREADS - 1]
                cells[0, THREADS - 1] = 0
            while step > 1:
                step //= 2
                k = (t + 1) * 2 * step - 1
                if k < THREADS:
                    left = cells[0, k - step]
                    cells[0, k - step] = cells[0, k]
                    cells[0, k] += left
                cuda.syncthreads()
            if i < x.size:
                y[i] = cells[0, t] + mine
        """,
        "3": """
            v = grad[i] if i < grad.size else 0.0
            for step in (1, 2, 4, 8, 16):
                right = cuda.shfl_down_sync(0xFFFFFFFF, v, step)
                if t % 32 + step < 32:
                    v += right
            if t % 32 == 0:
                cells[0, t // 32] = v
            cuda.syncthreads()
            if t < 32:
                v += cells[0, 1]
            if i < grad.size:
                grad_x[i] = v
            if t == 0:
                sums[cuda.blockIdx.x] = v
        """,
    },
    instant={
        "2": [
            Wrong(
                "the barrier inside the if",
                LOAD
                + LOOP.replace(
                    "        total += cells[now, t - step]",
                    "        cuda.syncthreads()\n        total += cells[now, t - step]",
                ).replace("    cuda.syncthreads()\n    step", "    step")
                + STORE
                + STORE_SUM,
                says="divergent-barrier",
            ),
            Wrong(
                "without the element itself",
                LOAD + LOOP + STORE.replace("cells[now, t]", "cells[now, t] - x[i]") + STORE_SUM,
                says="wrong-values",
            ),
            Wrong(
                "stops one step early",
                LOAD + LOOP.replace("step < THREADS", "2 * step < THREADS") + STORE + STORE_SUM,
                says="wrong-values",
            ),
            Wrong("no sums", LOAD + LOOP + STORE, says="wrong-values"),
        ],
        "4": [
            Wrong(
                "two levels and no more",
                [
                    """
                    blocks = blocks_for(x.numel(), THREADS)
                    y, sums, z = torch.empty_like(x), x.new_empty(blocks), torch.empty_like(x)
                    totals, unused = torch.empty_like(sums), x.new_empty(1)
                    launch(scan_kernel, blocks, THREADS, x, out=[y, sums])
                    launch(scan_kernel, 1, THREADS, sums, out=[totals, unused])
                    launch(shift_kernel, blocks, THREADS, y, totals, -1, out=z)
                    return z
                    """,
                    BACKWARD,
                ],
                says="wrong-values",
            ),
            Wrong(
                "shifts by its own sum",
                [FORWARD.replace(", -1,", ", 0,"), BACKWARD],
                says="wrong-values",
            ),
        ],
        "3": [
            Wrong(
                "every thread adds what is right of it",
                "total = 0.0\nfor k in range(i, min(i - t + THREADS, grad.size)):\n    total += grad[k]\n"
                "if i < grad.size:\n    grad_x[i] = total\nif t == 0:\n    sums[cuda.blockIdx.x] = total",
                says="reads",
            ),
        ],
    },
)
