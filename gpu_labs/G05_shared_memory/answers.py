"""G05: shared memory and barriers."""

from graph_duet.authoring.answers import Answers, Wrong

LOAD = """
for t in range(cuda.threadIdx.x, TILE, THREADS):
    j = first + t
    tile[t] = x[j] if 0 <= j < x.size else 0
"""
LOAD_GRAD = """
for t in range(cuda.threadIdx.x, TILE, THREADS):
    j = first + t
    tile[t] = grad_y[j] / neighbours(j, grad_y.size) if 0 <= j < grad_y.size else 0
"""
WAIT = "cuda.syncthreads()\n"
MEAN = """
if i < x.size:
    total = 0.0
    for k in range(2 * RADIUS + 1):
        total += tile[cuda.threadIdx.x + k]
    y[i] = total / neighbours(i, x.size)
"""
SUM = """
if i < grad_x.size:
    total = 0.0
    for k in range(2 * RADIUS + 1):
        total += tile[cuda.threadIdx.x + k]
    grad_x[i] = total
"""
FROM_GLOBAL = """
if i < x.size:
    total = 0.0
    for j in range(max(i - RADIUS, 0), min(i + RADIUS, x.size - 1) + 1):
        total += x[j]
    y[i] = total / neighbours(i, x.size)
"""
FORWARD = """
y = torch.empty_like(x)
launch(pool_kernel, blocks_for(x.numel(), 64), {}, x, out=y)
return y
"""
BACKWARD = """
grad_x = torch.empty_like(grad)
launch({}, blocks_for(grad.numel(), 64), 64, grad, out=grad_x)
return grad_x
"""

POOL = "torch.nn.functional.avg_pool1d(x[None, None], 5, 1, 2, count_include_pad=False)[0, 0]"
TORCHS_OWN = [
    f"return {POOL}",
    f"with torch.enable_grad():\n    x = torch.zeros_like(grad).requires_grad_()\n    y = {POOL}\n"
    "return torch.autograd.grad(y, x, grad)[0]",
]

ANSWERS = Answers(
    right={
        "1": "counts = dict(zip(('without', 'with a tile', 'first window'), (3194, 676, 3)))",
        "2": """
            t = cuda.threadIdx.x
            tile[t] = x[first + t] if 0 <= first + t < x.size else 0.0
            if t < 2 * RADIUS:
                j = first + THREADS + t
                tile[THREADS + t] = x[j] if j < x.size else 0.0
        """,
        "3": """
            t = cuda.threadIdx.x
            tile[t] = x[first + t] if 0 <= first + t < x.size else 0
            if t < 2 * RADIUS:
                j = first + THREADS + t
                tile[THREADS + t] = x[j] if 0 <= j < x.size else 0
            cuda.syncthreads()
            if i < y.size:
                y[i] = (tile[t] + tile[t + 1] + tile[t + 2] + tile[t + 3] + tile[t + 4]) / neighbours(i, y.size)
        """,
        "4": LOAD_GRAD
        + WAIT
        + """
if i >= grad_x.size:
    return
t = cuda.threadIdx.x
grad_x[i] = tile[t] + tile[t + 1] + tile[t + 2] + tile[t + 3] + tile[t + 4]
""",
        "5": [FORWARD.format("THREADS"), BACKWARD.format("pool_grad_kernel")],
    },
    wrong={
        "1": [
            Wrong(
                "forgets the short windows",
                "counts = {'without': 3200, 'with a tile': 676, 'first window': 3}",
            ),
            Wrong("forgets the halo", "counts = {'without': 3194, 'with a tile': 640, 'first window': 3}"),
            Wrong("every tile is whole", "counts = {'without': 3194, 'with a tile': 680, 'first window': 3}"),
            Wrong(
                "the first window is whole",
                "counts = {'without': 3194, 'with a tile': 676, 'first window': 5}",
            ),
        ],
        "2": [
            Wrong(
                "no halo on the right",
                LOAD.replace("TILE, THREADS", "THREADS, THREADS"),
                says="uninitialised",
            ),
            Wrong(
                "past the ends", LOAD.replace("x[j] if 0 <= j < x.size else 0", "x[j]"), says="out-of-bounds"
            ),
            Wrong("no guard in front", LOAD.replace("0 <= j < x.size", "j < x.size"), says="out-of-bounds"),
            Wrong("one off", LOAD.replace("first + t", "first + t + 1"), says="wrong-values"),
            Wrong("every thread loads all", LOAD.replace("cuda.threadIdx.x, TILE, THREADS", "TILE")),
            Wrong("zeros", LOAD.replace("x[j] if 0 <= j < x.size else 0", "0"), says="wrong-values"),
        ],
        "3": [
            Wrong("no barrier", LOAD + MEAN, says="missing-barrier"),
            Wrong(
                "no halo",
                LOAD.replace("TILE, THREADS", "THREADS, THREADS") + WAIT + MEAN,
                says="uninitialised",
            ),
            Wrong(
                "loads past the ends",
                LOAD.replace("x[j] if 0 <= j < x.size else 0", "x[j]") + WAIT + MEAN,
                says="out-of-bounds",
            ),
            Wrong("reads global memory five times", FROM_GLOBAL, says="reads"),
            Wrong("a constant", "if i < y.size:\n    y[i] = 0.0", says="wrong-values"),
        ],
        "4": [
            Wrong("no barrier", LOAD_GRAD + SUM, says="missing-barrier"),
            Wrong(
                "divides by its own window",
                LOAD_GRAD.replace(" / neighbours(j, grad_y.size)", "")
                + WAIT
                + SUM.replace("= total\n", "= total / neighbours(i, grad_x.size)\n"),
                says="wrong-values",
            ),
            Wrong("divides by nothing", LOAD_GRAD.replace(" / neighbours(j, grad_y.size)", "") + WAIT + SUM),
            Wrong(
                "no guard",
                LOAD_GRAD + WAIT + SUM.replace("if i < grad_x.size", "if i >= 0"),
                says="out-of-bounds",
            ),
            Wrong("hands the gradient through", "if i < grad_x.size:\n    grad_x[i] = grad_y[i]"),
        ],
        "5": [
            Wrong(
                "another block than the tile's",
                [FORWARD.format("32"), BACKWARD.format("pool_grad_kernel")],
                says="error",
            ),
            Wrong(
                "the forward kernel as its own gradient",
                [FORWARD.format("64"), BACKWARD.format("pool_kernel")],
                says="gradient",
            ),
            Wrong("no backward to speak of", [FORWARD.format("64"), "return grad"], says="gradient"),
            Wrong("torch's own operations", TORCHS_OWN, says="not-launched", most=0),
        ],
    },
    unusual={
        "3": """
            t = cuda.threadIdx.x
            cell = t + RADIUS
            tile[cell] = x[i] if i < x.size else 0
            if t < RADIUS:
                tile[t] = x[i - RADIUS] if 0 <= i - RADIUS < x.size else 0
            if t >= THREADS - RADIUS:
                tile[cell + RADIUS] = x[i + RADIUS] if i + RADIUS < x.size else 0
            cuda.syncthreads()
            total, count = 0.0, 0
            for k in range(-RADIUS, RADIUS + 1):
                if 0 <= i + k < x.size:
                    total += tile[cell + k]
                    count += 1
            if i < x.size:
                y[i] = total / count
        """,
    },
    instant={
        "3": [
            Wrong(
                "the padding is counted",
                LOAD + WAIT + MEAN.replace("neighbours(i, x.size)", "5"),
                says="wrong-values",
            ),
            Wrong(
                "the barrier behind the guard",
                LOAD + MEAN.replace("    total = 0.0", "    cuda.syncthreads()\n    total = 0.0"),
                says="divergent-barrier",
            ),
            Wrong("copies the input", "if i < x.size:\n    y[i] = x[i]", says="wrong-values"),
            Wrong(
                "each thread loads one element, and no halo",
                "t = cuda.threadIdx.x\ntile[t + RADIUS] = x[i] if i < x.size else 0\n" + WAIT + MEAN,
                says="uninitialised-read",
            ),
        ],
        "4": [
            Wrong(
                "the barrier alone is right",
                LOAD_GRAD.replace(" / neighbours(j, grad_y.size)", "")
                + WAIT
                + SUM.replace("= total\n", "= total / neighbours(i, grad_x.size)\n"),
                says="wrong-values",
            ),
            Wrong(
                "the quotient alone is right",
                LOAD_GRAD + SUM.replace("    total = 0.0", "    cuda.syncthreads()\n    total = 0.0"),
                says="divergent-barrier",
            ),
            Wrong(
                "straight from global memory",
                """
                if i < grad_x.size:
                    total = 0.0
                    for j in range(max(i - RADIUS, 0), min(i + RADIUS, grad_x.size - 1) + 1):
                        total += grad_y[j] / neighbours(j, grad_x.size)
                    grad_x[i] = total
                """,
                says="reads",
            ),
            Wrong(
                "divided by five",
                LOAD_GRAD.replace("neighbours(j, grad_y.size)", "5") + WAIT + SUM,
                says="wrong-values",
            ),
            Wrong(
                "scattered without atomics",
                """
                if i < grad_x.size:
                    for j in range(max(i - RADIUS, 0), min(i + RADIUS, grad_x.size - 1) + 1):
                        grad_x[j] += grad_y[i] / neighbours(i, grad_x.size)
                """,
                says="wrong-values",
            ),
        ],
        "5": [
            Wrong(
                "hands the input through",
                ["return x.clone()", BACKWARD.format("pool_grad_kernel")],
                says="wrong-values",
            ),
        ],
    },
)
