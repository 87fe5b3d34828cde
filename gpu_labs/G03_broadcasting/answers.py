"""G03: broadcasting on a 2-D grid."""

from graph_duet.authoring.answers import Answers, Wrong

START = "column, row = cuda.grid(2)\nif row < z.shape[0] and column < z.shape[1]:\n    "
START_GRAD = START.replace("z.", "grad.")
ADD = "z[row, column] = x[row % x.shape[0], column % x.shape[1]] + y[row % y.shape[0], column % y.shape[1]]"
OUTER = "z[row, column] = a[row] * b[column]"
SWAPPED_LOOPS = """
for row in range(cuda.grid(2)[0], z.shape[0], cuda.gridsize(2)[0]):
    for column in range(cuda.grid(2)[1], z.shape[1], cuda.gridsize(2)[1]):
        """
SUM = """
column, row = cuda.grid(2)
if row < grad.shape[0] and column < grad.shape[1]:
    total = 0.0
    for r in range(row, grad_z.shape[0], grad.shape[0]):
        for c in range(column, grad_z.shape[1], grad.shape[1]):
            total += grad_z[r, c]
    grad[row, column] = total
"""
FORWARD = """
rows, columns = torch.broadcast_shapes(x.shape, y.shape)
z = x.new_empty(rows, columns)
launch(add_kernel, (blocks_for(columns, 32), blocks_for(rows, 4)), (32, 4), x, y, out=z)
return z
"""
BACKWARD = """
grad_x, grad_y = torch.empty_like(x), torch.empty_like(y)
for mine in (grad_x, grad_y):
    blocks = blocks_for(mine.shape[1], 32), blocks_for(mine.shape[0], 4)
    launch(unbroadcast_kernel, blocks, (32, 4), grad, out=mine)
return grad_x, grad_y
"""
PREDICTED = "counts = dict(zip(('blocks in x', 'blocks in y', 'idle', 'place of z[3, 40]'), {}))"

ANSWERS = Answers(
    right={
        "1": PREDICTED.format((3, 2, 348, 250)),
        "2": """
            column = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
            row = cuda.blockIdx.y * cuda.blockDim.y + cuda.threadIdx.y
            if row >= z.shape[0] or column >= z.shape[1]:
                return
            total = x[row if x.shape[0] > 1 else 0, column if x.shape[1] > 1 else 0]
            total += y[row if y.shape[0] > 1 else 0, column if y.shape[1] > 1 else 0]
            z[row, column] = total
        """,
        "3": """
            column, row = cuda.grid(2)
            if row >= grad.shape[0] or column >= grad.shape[1]:
                return
            first_row, last_row = (row, row + 1) if grad.shape[0] > 1 else (0, grad_z.shape[0])
            first, last = (column, column + 1) if grad.shape[1] > 1 else (0, grad_z.shape[1])
            total = 0.0
            for r in range(first_row, last_row):
                for c in range(first, last):
                    total = total + grad_z[r, c]
            grad[row, column] = total
        """,
        "4": [
            """
            z = torch.empty(max(x.shape[0], y.shape[0]), max(x.shape[1], y.shape[1]), dtype=x.dtype)
            launch(add_kernel, (blocks_for(z.shape[1], 16), blocks_for(z.shape[0], 16)), (16, 16), x, y, out=z)
            return z
            """,
            """
            grads = x.new_zeros(x.shape), y.new_zeros(y.shape)
            for each in grads:
                grid = (each.shape[1] + 63) // 64, each.shape[0]
                launch(unbroadcast_kernel, grid, (64, 1), grad, out=each)
            return grads
            """,
        ],
        "5": """
            column, row = cuda.grid(2)
            if row >= a.size or column >= b.size:
                return
            z[row, column] = b[column] * a[row]
        """,
    },
    wrong={
        "1": [
            Wrong("x along the rows", PREDICTED.format((1, 18, 1884, 250))),
            Wrong("half blocks", PREDICTED.format((2, 1, 0, 250))),
            Wrong("column after column", PREDICTED.format((3, 2, 348, 243))),
            Wrong("counts rows from 1", PREDICTED.format((3, 2, 348, 180))),
        ],
        "2": [
            Wrong("no guard", "column, row = cuda.grid(2)\n" + ADD, says="out-of-bounds"),
            Wrong("a guard with or", START.replace(" and ", " or ") + ADD, says="out-of-bounds"),
            Wrong(
                "row and column have changed places",
                START.replace("column, row", "row, column") + ADD,
                says="wrong-values",
            ),
            Wrong("a warp walks down a column", SWAPPED_LOOPS + ADD, says="sectors"),
            Wrong(
                "nothing is stretched",
                START + "z[row, column] = x[row, column] + y[row, column]",
                says="out-of-bounds",
            ),
        ],
        "3": [
            Wrong(
                "no guard",
                SUM.replace("if row < grad.shape[0] and column < grad.shape[1]", "if row >= 0"),
                says="out-of-bounds",
            ),
            Wrong(
                "takes one element, sums none",
                START_GRAD + "grad[row, column] = grad_z[row, column]",
                says="wrong-values",
            ),
            Wrong(
                "sums over the rows only",
                SUM.replace("range(column, grad_z.shape[1], grad.shape[1])", "range(column, column + 1)"),
                says="wrong-values",
            ),
            Wrong(
                "always sums everything",
                SUM.replace("range(row, grad_z.shape[0], grad.shape[0])", "range(grad_z.shape[0])").replace(
                    "range(column, grad_z.shape[1], grad.shape[1])", "range(grad_z.shape[1])"
                ),
            ),
            Wrong(
                "the mean",
                SUM.replace("= total", "= total * grad.size / grad_z.size"),
                says="wrong-values",
            ),
        ],
        "4": [
            Wrong(
                "one dimension",
                [
                    FORWARD.replace("(blocks_for(columns, 32), blocks_for(rows, 4)), (32, 4)", "99, 128"),
                    BACKWARD,
                ],
                says="wrong-values",
            ),
            Wrong(
                "a grid with rows in x",
                [
                    FORWARD.replace(
                        "(blocks_for(columns, 32), blocks_for(rows, 4))",
                        "(blocks_for(rows, 32), blocks_for(columns, 4))",
                    ),
                    BACKWARD,
                ],
                says="wrong-values",
            ),
            Wrong(
                "the gradient as it came", [FORWARD, "return grad.clone(), grad.clone()"], says="not-launched"
            ),
            Wrong(
                "torch's own operations",
                [
                    "return x + y",
                    "return grad.sum_to_size(x.shape).clone(), grad.sum_to_size(y.shape).clone()",
                ],
                says="not-launched",
                most=0,
            ),
        ],
        "5": [
            Wrong(
                "the guard only",
                START.replace("column, row", "row, column") + OUTER,
                says="wrong-values",
            ),
            Wrong("the order only", START.replace(" and ", " or ") + OUTER, says="out-of-bounds"),
            Wrong("no guard", "column, row = cuda.grid(2)\n" + OUTER, says="out-of-bounds"),
            Wrong("the sum", START + OUTER.replace("*", "+"), says="wrong-values"),
            Wrong("a and b have changed places", START + "z[row, column] = a[column] * b[row]"),
        ],
    },
    unusual={
        "2": """
            width, _ = cuda.gridsize(2)
            across, down = cuda.grid(2)
            for i in range(down * width + across, z.size, width * cuda.gridsize(2)[1]):
                row, column = i // z.shape[1], i % z.shape[1]
                in_x = x[min(row, x.shape[0] - 1), min(column, x.shape[1] - 1)]
                z[row, column] = in_x + y[min(row, y.shape[0] - 1), min(column, y.shape[1] - 1)]
        """,
        "3": """
            column, row = cuda.grid(2)
            if row < grad.shape[0] and column < grad.shape[1]:
                rows, columns = grad_z.shape[0] // grad.shape[0], grad_z.shape[1] // grad.shape[1]
                total = 0.0
                for k in range(rows * columns):
                    total += grad_z[row + k // columns, column + k % columns]
                grad[row, column] = total
        """,
    },
    instant={
        "2": [
            Wrong(
                "stretches columns only",
                START + ADD.replace("row % x.shape[0]", "row").replace("row % y.shape[0]", "row"),
                says="out-of-bounds",
            ),
            Wrong(
                "one row too many", START.replace("z.shape[0]", "z.shape[0] + 1") + ADD, says="out-of-bounds"
            ),
            Wrong(
                "every thread does all",
                "for row in range(z.shape[0]):\n    for column in range(z.shape[1]):\n        " + ADD,
                says="reads",
            ),
            Wrong(
                "stretches rows only",
                START + "z[row, column] = x[row % x.shape[0], column] + y[row % y.shape[0], column]",
                says="out-of-bounds",
            ),
            Wrong(
                "always the first of y",
                START + ADD.replace("y[row % y.shape[0], column % y.shape[1]]", "y[0, 0]"),
                says="wrong-values",
            ),
        ],
        "3": [
            Wrong(
                "adds up in global memory",
                SUM.replace("total = 0.0", "grad[row, column] = 0")
                .replace("total += grad_z", "grad[row, column] += grad_z")
                .replace("    grad[row, column] = total\n", ""),
                says="reads",
            ),
            Wrong(
                "one thread does all",
                "if cuda.grid(2)[0] == 0 and cuda.grid(2)[1] == 0:\n"
                "    for row in range(grad.shape[0]):\n"
                "        for column in range(grad.shape[1]):\n"
                "            total = 0.0\n"
                "            for r in range(row, grad_z.shape[0], grad.shape[0]):\n"
                "                for c in range(column, grad_z.shape[1], grad.shape[1]):\n"
                "                    total += grad_z[r, c]\n"
                "            grad[row, column] = total",
                says="depth",
            ),
            Wrong(
                "each thread of grad_z stores what it has",
                "column, row = cuda.grid(2)\nif row < grad_z.shape[0] and column < grad_z.shape[1]:\n"
                "    grad[row % grad.shape[0], column % grad.shape[1]] = grad_z[row, column]",
                says="race-write-write",
            ),
        ],
        "4": [
            Wrong(
                "one gradient, of the first",
                [FORWARD, BACKWARD.replace("return grad_x, grad_y", "return grad_x")],
                says="error",
            ),
            Wrong(
                "torch sums, beside a launch",
                [
                    FORWARD,
                    BACKWARD.replace("return grad_x, grad_y", "return grad_x, grad.sum_to_size(y.shape)"),
                ],
                says="not-launched",
            ),
            Wrong(
                "sums one gradient only",
                [FORWARD, BACKWARD.replace("(grad_x, grad_y):", "(grad_y,):")],
                says="gradient",
            ),
        ],
        "5": [
            Wrong(
                "the smaller of both", START.replace("z.shape[1]", "z.shape[0]") + OUTER, says="wrong-values"
            ),
            Wrong("the first row only", START + "z[0, column] = a[0] * b[column]", says="wrong-values"),
        ],
    },
)
