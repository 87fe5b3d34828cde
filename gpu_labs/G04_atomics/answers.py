"""G04: atomics."""

from graph_duet.authoring.answers import Answers, Wrong

START = "column, i = cuda.grid(2)\nif i < y.shape[0] and column < y.shape[1]:\n    "
START_GRAD = START.replace("y.", "grad_y.")
LOOK = "y[i, column] = table[index[i], column]"
ADD = "cuda.atomic.add(grad_table, (index[i], column), grad_y[i, column])"
FORWARD = """
y = table.new_empty(index.numel(), table.shape[1])
launch(lookup_kernel, (blocks_for(y.shape[1], 32), blocks_for(y.shape[0], 4)), (32, 4), table, index, out=y)
return y
"""
BACKWARD = """
grad_table = torch.zeros_like(table)
blocks = blocks_for(grad.shape[1], 32), blocks_for(grad.shape[0], 4)
launch(lookup_grad_kernel, blocks, (32, 4), grad, index, out=grad_table)
return grad_table, None
"""
WAIT = "cuda.syncthreads()\n"
COUNT = """
for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
    cuda.atomic.add(mine, x[i], 1)
"""
HAND_OVER = "if t < BINS:\n    cuda.atomic.add(counts, t, mine[t])\n"
PREDICTED = "counted = dict(zip(('direct', 'own cells', '1 in the middle', '1 at the end'), {}))"

ANSWERS = Answers(
    right={
        "1": PREDICTED.format((1000, 32, 0, 1)),
        "2": """
            i = cuda.blockIdx.y * cuda.blockDim.y + cuda.threadIdx.y
            column = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
            if i >= index.size or column >= table.shape[1]:
                return
            row = index[i]
            y[i, column] = table[row, column]
        """,
        "3": """
            column, i = cuda.grid(2)
            if i >= index.size or column >= grad_table.shape[1]:
                return
            row = index[i]
            cuda.atomic.add(grad_table, (row, column), grad_y[i, column])
        """,
        "4": [
            """
            y = torch.zeros(index.shape[0], table.shape[1], dtype=table.dtype)
            grid = (table.shape[1] + 15) // 16, (index.shape[0] + 15) // 16
            launch(lookup_kernel, grid, (16, 16), table, index, out=y)
            return y
            """,
            """
            grad_table = grad.new_zeros(table.shape)
            grid = (blocks_for(grad.shape[1], 64), grad.shape[0])
            launch(lookup_grad_kernel, grid, (64, 1), grad, index, out=[grad_table])
            return grad_table, None
            """,
        ],
        "5": WAIT
        + """
i = cuda.grid(1)
while i < x.size:
    cuda.atomic.add(mine, x[i], 1)
    i += cuda.gridsize(1)
cuda.syncthreads()
if t < BINS and mine[t] > 0:
    cuda.atomic.add(counts, t, mine[t])
""",
    },
    wrong={
        "1": [
            Wrong("an atomic for each thread", PREDICTED.format((256, 32, 0, 1))),
            Wrong("an atomic for each bin", PREDICTED.format((1000, 8, 0, 1))),
            Wrong("own cells save nothing", PREDICTED.format((1000, 1000, 0, 1))),
            Wrong("the order does not matter", PREDICTED.format((1000, 32, 1, 1))),
        ],
        "2": [
            Wrong("no guard", "column, i = cuda.grid(2)\n" + LOOK, says="out-of-bounds"),
            Wrong(
                "guards the places only",
                START.replace(" and column < y.shape[1]", "") + LOOK,
                says="out-of-bounds",
            ),
            Wrong("places and columns have changed places", START.replace("column, i", "i, column") + LOOK),
            Wrong(
                "takes the row of its own number",
                START + "y[i, column] = table[i % table.shape[0], column]",
                says="wrong-values",
            ),
            Wrong(
                "a thread copies a whole row",
                "i = cuda.grid(2)[1]\nif i < y.shape[0] and cuda.grid(2)[0] == 0:\n"
                "    for column in range(y.shape[1]):\n        " + LOOK,
                says="sectors",
            ),
        ],
        "3": [
            Wrong(
                "adds in three steps",
                START_GRAD + "grad_table[index[i], column] += grad_y[i, column]",
                says="lost-update",
            ),
            Wrong("stores", START_GRAD + "grad_table[index[i], column] = grad_y[i, column]"),
            Wrong("no guard", "column, i = cuda.grid(2)\n" + ADD, says="out-of-bounds"),
            Wrong(
                "one thread for each column",
                "column, y = cuda.grid(2)\nif y == 0 and column < grad_y.shape[1]:\n"
                "    for i in range(grad_y.shape[0]):\n"
                "        grad_table[index[i], column] += grad_y[i, column]",
                says="depth",
            ),
            Wrong(
                "gathers again",
                START_GRAD + "grad_table[i % grad_table.shape[0], column] = grad_y[i, column]",
            ),
        ],
        "4": [
            Wrong(
                "adds to what was there",
                [FORWARD, BACKWARD.replace("torch.zeros_like(table)", "torch.full_like(table, 3.0)")],
                says="gradient",
            ),
            Wrong("the gradient as it came", [FORWARD, "return grad.clone(), None"], says="error"),
            Wrong(
                "torch's own operations",
                [
                    "return table[index]",
                    "return torch.zeros_like(table).index_add_(0, index, grad), None",
                ],
                says="not-launched",
                most=0,
            ),
            Wrong(
                "the grid of the table",
                [FORWARD.replace("blocks_for(y.shape[0], 4)", "blocks_for(table.shape[0], 4)"), BACKWARD],
                says="wrong-values",
            ),
        ],
        "5": [
            Wrong("no barrier in front", COUNT + WAIT + HAND_OVER, says="missing-barrier"),
            Wrong(
                "counts in three steps",
                WAIT + COUNT.replace("cuda.atomic.add(mine, x[i], 1)", "mine[x[i]] += 1") + WAIT + HAND_OVER,
                says="lost-update",
            ),
            Wrong(
                "hands over in three steps",
                WAIT
                + COUNT
                + WAIT
                + HAND_OVER.replace("cuda.atomic.add(counts, t, mine[t])", "counts[t] += mine[t]"),
                says="lost-update",
            ),
            Wrong("hands over too early", WAIT + COUNT + HAND_OVER, says="missing-barrier"),
            Wrong(
                "every number goes to global memory",
                COUNT.replace("mine", "counts"),
                says="reads",
            ),
        ],
    },
    unusual={
        "2": """
            wide, high = cuda.gridsize(2)
            column, first = cuda.grid(2)
            while column < y.shape[1]:
                for i in range(first, len(index), high):
                    y[i, column] = table[index[i], column]
                column += wide
        """,
        "3": """
            wide, high = cuda.gridsize(2)
            across, down = cuda.grid(2)
            for k in range(down * wide + across, grad_y.size, wide * high):
                i, column = divmod(k, grad_y.shape[1])
                cuda.atomic.sub(grad_table, (index[i], column), -grad_y[i, column])
        """,
        "5": WAIT
        + """
for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
    k = x[i]
    for bin in range(BINS):
        if k == bin:
            cuda.atomic.add(mine, bin, 1)
cuda.syncthreads()
for bin in range(t, BINS, cuda.blockDim.x):
    cuda.atomic.add(counts, bin, mine[bin])
""",
    },
    instant={
        "2": [
            Wrong("adds", START + LOOK.replace(" = ", " += "), says="wrong-values"),
            Wrong(
                "one place too many",
                START.replace("y.shape[0]", "y.shape[0] + 1") + LOOK,
                says="out-of-bounds",
            ),
            Wrong("the place, not the row", START + "y[i, column] = index[i]", says="wrong-values"),
        ],
        "3": [
            Wrong(
                "each cell of the table looks for its places",
                "column, row = cuda.grid(2)\nif column < grad_table.shape[1]:\n"
                "    for place in range(row, grad_table.shape[0], cuda.gridsize(2)[1]):\n"
                "        for i in range(index.size):\n"
                "            if index[i] == place:\n"
                "                grad_table[place, column] += grad_y[i, column]",
                says="reads",
            ),
            Wrong(
                "guards the columns only",
                START_GRAD.replace("i < grad_y.shape[0] and ", "") + ADD,
                says="out-of-bounds",
            ),
            Wrong("adds 1", START_GRAD + ADD.replace("grad_y[i, column])", "1)"), says="wrong-values"),
            Wrong(
                "adds to the row of its own number",
                START_GRAD + ADD.replace("index[i]", "i % grad_table.shape[0]"),
                says="wrong-values",
            ),
        ],
        "4": [
            Wrong(
                "forgets the places",
                [FORWARD, BACKWARD.replace("grad_table, None", "grad_table")],
                says="error",
            ),
            Wrong(
                "torch adds, beside a launch",
                [
                    FORWARD,
                    BACKWARD.replace(
                        "return grad_table", "return torch.zeros_like(table).index_add_(0, index, grad)"
                    ),
                ],
                says="not-launched",
            ),
            Wrong("no gradient at all", [FORWARD, "return torch.zeros_like(table), None"], says="gradient"),
        ],
        "5": [
            Wrong(
                "the barrier inside the if",
                "if t < BINS:\n    cuda.syncthreads()\n" + COUNT + WAIT + HAND_OVER,
                says="divergent-barrier",
            ),
            Wrong("counts nothing", WAIT + HAND_OVER, says="wrong-values"),
            Wrong(
                "stores the last block's counts",
                WAIT
                + COUNT
                + WAIT
                + HAND_OVER.replace("cuda.atomic.add(counts, t, mine[t])", "counts[t] = mine[t]"),
                says="wrong-values",
            ),
            Wrong(
                "one thread counts for its block",
                WAIT + "if t == 0:\n    for first in range(cuda.grid(1), x.size, cuda.gridsize(1)):\n"
                "        for i in range(first, min(first + cuda.blockDim.x, x.size)):\n"
                "            mine[x[i]] += 1\n" + WAIT + HAND_OVER,
                says="depth",
            ),
        ],
    },
)
