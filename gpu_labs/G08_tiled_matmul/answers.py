"""G08: tiled matmul."""

from graph_duet.authoring.answers import Answers, Wrong

LOAD_A = "of_a[y, x] = a[row, first + x] if row < a.shape[0] and first + x < a.shape[1] else 0"
LOAD_B = "of_b[y, x] = b[first + y, column] if first + y < b.shape[0] and column < b.shape[1] else 0"
STORE = """
if row < c.shape[0] and column < c.shape[1]:
    c[row, column] = total
"""
LOOP = f"""
total = 0.0
for first in range(0, a.shape[1], TILE):
    {LOAD_A}
    {LOAD_B}
    cuda.syncthreads()  # first
    for k in range(TILE):
        total += of_a[y, k] * of_b[k, x]
    cuda.syncthreads()  # second
"""
MATMUL = LOOP + STORE
NAIVE = """
if row < c.shape[0] and column < c.shape[1]:
    total = 0.0
    for k in range(a.shape[1]):
        total += a[row, k] * b[k, column]
    c[row, column] = total
"""
GRAD = """
of_grad = cuda.shared.array((TILE, TILE), float64)
of_b = cuda.shared.array((TILE, WIDE), float64)
b_row = cuda.blockIdx.x * TILE + y
total = 0.0
for first in range(0, grad.shape[1], TILE):
    inner = first + x
    of_grad[y, x] = grad[row, inner] if row < grad.shape[0] and inner < grad.shape[1] else 0
    of_b[y, x] = b[b_row, inner] if b_row < b.shape[0] and inner < b.shape[1] else 0
    cuda.syncthreads()  # first
    for k in range(TILE):
        total += of_grad[y, k] * of_b[x, k]
    cuda.syncthreads()  # second
if row < grad_a.shape[0] and column < grad_a.shape[1]:
    grad_a[row, column] = total
"""
TRANSPOSE = """
tile = cuda.shared.array((TILE, WIDE), float64)
if row < x.shape[0] and column < x.shape[1]:
    tile[down, across] = x[row, column]
cuda.syncthreads()
row, column = cuda.blockIdx.x * TILE + down, cuda.blockIdx.y * TILE + across
if row < y.shape[0] and column < y.shape[1]:
    y[row, column] = tile[across, down]
"""
SWAP = "row, column = cuda.blockIdx.x * TILE + down, cuda.blockIdx.y * TILE + across\n"
FORWARD = """
c = a.new_empty(a.shape[0], b.shape[1])
launch(matmul_kernel, (blocks_for(c.shape[1], 16), blocks_for(c.shape[0], 16)), (16, 16), a, b, out=c)
return c
"""
BACKWARD = """
grad_a, grad_b = torch.empty_like(a), torch.empty_like(b)
tiles = [blocks_for(size, 16) for size in (*a.shape, b.shape[1])]
launch(matmul_grad_kernel, (tiles[1], tiles[0]), (16, 16), grad, b, out=grad_a)
launch(matmul_kernel, (tiles[2], tiles[1]), (16, 16), a.T, grad, out=grad_b)
return grad_a, grad_b
"""
PREDICTED = "counts = dict(zip(('elements of c', 'without', 'with tiles', 'pairs of tiles'), {}))"

ANSWERS = Answers(
    right={
        "1": PREDICTED.format((3072, 196608, 12288, 2)),
        "2": """
            value = 0.0
            for tile in range((b.shape[0] + TILE - 1) // TILE):
                k = tile * TILE + x
                if row < a.shape[0] and k < a.shape[1]:
                    of_a[y, x] = a[row, k]
                else:
                    of_a[y, x] = 0.0
                k = tile * TILE + y
                if column < b.shape[1] and k < b.shape[0]:
                    of_b[y, x] = b[k, column]
                else:
                    of_b[y, x] = 0.0
                cuda.syncthreads()
                for k in range(TILE):
                    value = value + of_b[k, x] * of_a[y, k]
                cuda.syncthreads()
            if row >= c.shape[0] or column >= c.shape[1]:
                return
            c[row, column] = value
        """,
        "3": """
            first = cuda.shared.array((TILE, WIDE), float64)
            second = cuda.shared.array((TILE, WIDE), float64)
            total = 0.0
            for tile in range((b.shape[1] + TILE - 1) // TILE):
                k, other = tile * TILE + x, cuda.blockIdx.x * TILE + y
                first[y, x] = grad[row, k] if row < grad.shape[0] and k < grad.shape[1] else 0.0
                second[x, y] = b[other, k] if other < b.shape[0] and k < b.shape[1] else 0.0
                cuda.syncthreads()
                for k in range(TILE):
                    total += first[y, k] * second[k, x]
                cuda.syncthreads()
            if row < grad_a.shape[0] and column < grad_a.shape[1]:
                grad_a[row, column] = total
        """,
        "4": [
            FORWARD.replace("new_empty", "new_zeros"),
            """
            def product(kernel, left, right, rows, columns):
                result = grad.new_empty(rows, columns)
                launch(kernel, ((columns + 15) // 16, (rows + 15) // 16), (16, 16), left, right, out=result)
                return result

            grad_a = product(matmul_kernel, grad, b.t(), *a.shape)
            return grad_a, product(matmul_grad_kernel, a.t(), grad.t(), *b.shape)
            """,
        ],
        "5": """
            tile = cuda.shared.array((TILE, WIDE), float64)
            tile[across, down] = x[row, column] if row < x.shape[0] and column < x.shape[1] else 0.0
            cuda.syncthreads()
            to_row, to_column = column - across + down, row - down + across
            if to_row < y.shape[0] and to_column < y.shape[1]:
                y[to_row, to_column] = tile[down, across]
        """,
    },
    wrong={
        "1": [
            Wrong("counts products", PREDICTED.format((3072, 98304, 12288, 2))),
            Wrong("each element once", PREDICTED.format((3072, 196608, 3584, 2))),
            Wrong("a pair for each tile of c", PREDICTED.format((3072, 196608, 12288, 12))),
            Wrong("the wrong shape of c", PREDICTED.format((1536, 196608, 12288, 2))),
        ],
        "2": [
            Wrong("from global memory", NAIVE, says="reads"),
            Wrong(
                "no first barrier",
                MATMUL.replace("    cuda.syncthreads()  # first\n", ""),
                says="missing-barrier",
            ),
            Wrong(
                "no second barrier",
                MATMUL.replace("    cuda.syncthreads()  # second\n", ""),
                says="missing-barrier",
            ),
            Wrong(
                "threads return before the barrier",
                "if row >= c.shape[0] or column >= c.shape[1]:\n    return\n" + MATMUL,
                says="uninitialised-read",
            ),
            Wrong(
                "loads past the end",
                MATMUL.replace(LOAD_A, "of_a[y, x] = a[row, first + x]"),
                says="out-of-bounds",
            ),
            Wrong(
                "whole tiles only",
                MATMUL.replace("range(0, a.shape[1], TILE)", "range(0, a.shape[1] - TILE + 1, TILE)"),
                says="wrong-values",
            ),
            Wrong(
                "only the first tile", MATMUL.replace("a.shape[1], TILE)", "1, TILE)"), says="wrong-values"
            ),
        ],
        "3": [
            Wrong("no spare column", GRAD.replace("WIDE", "TILE"), says="passes"),
            Wrong(
                "b in columns",
                GRAD.replace("b_row = cuda.blockIdx.x * TILE + y", "b_row = column")
                .replace("b[b_row, inner]", "b[b_row, first + y]")
                .replace("inner < b.shape[1]", "first + y < b.shape[1]")
                .replace("of_b[x, k]", "of_b[k, x]"),
                says="sectors",
            ),
            Wrong(
                "no second barrier",
                GRAD.replace("    cuda.syncthreads()  # second\n", ""),
                says="missing-barrier",
            ),
            Wrong("not transposed", GRAD.replace("of_b[x, k]", "of_b[k, x]"), says="wrong-values"),
            Wrong(
                "from global memory",
                "if row < grad_a.shape[0] and column < grad_a.shape[1]:\n    total = 0.0\n"
                "    for k in range(grad.shape[1]):\n        total += grad[row, k] * b[column, k]\n"
                "    grad_a[row, column] = total",
                says="reads",
            ),
            Wrong(
                "the guard of the load is missing",
                GRAD.replace(" if b_row < b.shape[0] and inner < b.shape[1] else 0", ""),
                says="out-of-bounds",
            ),
        ],
        "4": [
            Wrong(
                "one gradient for both",
                [FORWARD, BACKWARD.replace("grad_a, grad_b\n", "grad_a, grad_a\n")],
                says="error",
            ),
            Wrong(
                "torch's own operations",
                ["return a @ b", "return grad @ b.T, a.T @ grad"],
                says="not-launched",
                most=0,
            ),
            Wrong(
                "forgets to transpose b",
                [FORWARD, BACKWARD.replace("matmul_grad_kernel", "matmul_kernel")],
                says="gradient",
            ),
            Wrong(
                "rows in x",
                [
                    FORWARD.replace(
                        "c.shape[1], 16), blocks_for(c.shape[0]", "c.shape[0], 16), blocks_for(c.shape[1]"
                    ),
                    BACKWARD,
                ],
                says="wrong-values",
            ),
            Wrong(
                "a block too small for the tile",
                [FORWARD.replace("(16, 16)", "(8, 8)"), BACKWARD],
                says="error",
            ),
        ],
        "5": [
            Wrong("no barrier", TRANSPOSE.replace("cuda.syncthreads()\n", ""), says="missing-barrier"),
            Wrong("no spare column", TRANSPOSE.replace("WIDE", "TILE"), says="passes"),
            Wrong("the place of the block", TRANSPOSE.replace(SWAP, ""), says="uninitialised-read"),
            Wrong(
                "without a tile",
                "if row < x.shape[0] and column < x.shape[1]:\n    y[column, row] = x[row, column]",
                says="sectors",
            ),
            Wrong("a copy of the tile", TRANSPOSE.replace("tile[across, down]", "tile[down, across]")),
            Wrong(
                "no guard",
                TRANSPOSE.replace("if row < y.shape[0] and column < y.shape[1]", "if row >= 0"),
                says="out-of-bounds",
            ),
        ],
    },
    unusual={
        "2": """
            total, k = 0.0, 0
            while k < a.shape[1]:
                of_a[x, y] = a[row, k + x] if row < a.shape[0] and k + x < a.shape[1] else 0.0
                of_b[y, x] = b[k + y, column] if column < b.shape[1] and k + y < b.shape[0] else 0.0
                cuda.syncthreads()
                for _ in range(min(TILE, a.shape[1] - k)):
                    total += of_a[_, y] * of_b[_, x]
                cuda.syncthreads()
                k += TILE
            if row < c.shape[0] and column < c.shape[1]:
                c[row, column] = total
        """,
    },
    instant={
        "2": [
            Wrong("adds to what was there", MATMUL.replace("= total", "+= total"), says="wrong-values"),
            Wrong(
                "the barrier inside the guard",
                MATMUL.replace(
                    "    cuda.syncthreads()  # first", "    if row < c.shape[0]:\n        cuda.syncthreads()"
                ),
                says="divergent-barrier",
            ),
        ],
        "4": [
            Wrong(
                "torch multiplies, beside a launch",
                [FORWARD, BACKWARD.replace("return grad_a, grad_b", "return grad_a, a.T @ grad")],
                says="not-launched",
            ),
        ],
    },
)
