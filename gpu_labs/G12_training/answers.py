"""G12: a network on kernels of the learner's own."""

from graph_duet.authoring.answers import Answers, Wrong

PRODUCT = """
of_a = cuda.shared.array((TILE, TILE), float64)
of_b = cuda.shared.array((TILE, TILE), float64)
x, y = cuda.threadIdx.x, cuda.threadIdx.y
column, row = cuda.grid(2)
total = 0.0
for first in range(0, a.shape[1], TILE):
    of_a[y, x] = a[row, first + x] if row < a.shape[0] and first + x < a.shape[1] else 0
    of_b[y, x] = b[first + y, column] if first + y < b.shape[0] and column < b.shape[1] else 0
    cuda.syncthreads()
    for k in range(TILE):
        total += of_a[y, k] * of_b[k, x]
    cuda.syncthreads()
if row < c.shape[0] and column < c.shape[1]:
    c[row, column] = total
"""
PRODUCT_GRAD = """
of_grad = cuda.shared.array((TILE, TILE), float64)
of_b = cuda.shared.array((TILE, WIDE), float64)
x, y = cuda.threadIdx.x, cuda.threadIdx.y
column, row = cuda.grid(2)
b_row = cuda.blockIdx.x * TILE + y
total = 0.0
for first in range(0, grad.shape[1], TILE):
    inner = first + x
    of_grad[y, x] = grad[row, inner] if row < grad.shape[0] and inner < grad.shape[1] else 0
    of_b[y, x] = b[b_row, inner] if b_row < b.shape[0] and inner < b.shape[1] else 0
    cuda.syncthreads()
    for k in range(TILE):
        total += of_grad[y, k] * of_b[x, k]
    cuda.syncthreads()
if row < grad_a.shape[0] and column < grad_a.shape[1]:
    grad_a[row, column] = total
"""
WAIT_AT_THE_END = "        total += of_a[y, k] * of_b[k, x]\n    cuda.syncthreads()\n"
NAIVE = """
column, row = cuda.grid(2)
if row < c.shape[0] and column < c.shape[1]:
    total = 0.0
    for k in range(a.shape[1]):
        total += a[row, k] * b[k, column]
    c[row, column] = total
"""

HIDDEN = """
if i < z.size:
    row, j = i // z.shape[1], i % z.shape[1]
    h[row, j] = max(z[row, j] + bias[j], 0.0)
"""
HIDDEN_GRAD = """
if j < grad_bias.size:
    total = 0.0
    for row in range(h.shape[0]):
        slope = grad[row, j] if h[row, j] > 0 else 0.0
        grad_z[row, j] = slope
        total += slope
    grad_bias[j] = total
"""

LOSS = """
for row in range(t, z.shape[0], THREADS):
    m, s = -math.inf, 0.0
    for j in range(z.shape[1]):
        v = z[row, j]
        larger = max(m, v)
        s = s * math.exp(m - larger) + math.exp(v - larger)
        m = larger
    total += m + math.log(s) - z[row, labels[row]]
"""
BY_WARPS = """
for offset in (16, 8, 4, 2, 1):
    total += cuda.shfl_xor_sync(ALL, total, offset)
if t % 32 == 0:
    cells[t // 32] = total
cuda.syncthreads()
if t == 0:
    loss[0] = (cells[0] + cells[1] + cells[2] + cells[3]) / z.shape[0]
"""
TWO_PASSES = """
for row in range(t, z.shape[0], THREADS):
    m, s = -math.inf, 0.0
    for j in range(z.shape[1]):
        m = max(m, z[row, j])
    for j in range(z.shape[1]):
        s += math.exp(z[row, j] - m)
    total += m + math.log(s) - z[row, labels[row]]
"""
NO_LARGEST = """
for row in range(t, z.shape[0], THREADS):
    s = 0.0
    for j in range(z.shape[1]):
        s += math.exp(z[row, j])
    total += math.log(s) - z[row, labels[row]]
"""
BY_THREAD_0 = """
everyone = cuda.shared.array(THREADS, float64)
everyone[t] = total
cuda.syncthreads()
if t == 0:
    for other in range(1, THREADS):
        total += everyone[other]
    loss[0] = total / z.shape[0]
"""
LOSS_GRAD = """
if row < z.shape[0]:
    m, s = -math.inf, 0.0
    for j in range(z.shape[1]):
        m = max(m, z[row, j])
    for j in range(z.shape[1]):
        s += math.exp(z[row, j] - m)
    label, part = labels[row], grad[0] / z.shape[0]
    for j in range(z.shape[1]):
        share = math.exp(z[row, j] - m) / s
        grad_z[row, j] = part * (share - 1 if j == label else share)
"""

LAYER = """
h = torch.empty_like(z)
launch(hidden_kernel, blocks_for(z.numel(), THREADS), THREADS, z, bias, out=h)
return h
"""
LAYER_BACK = """
grads = torch.empty_like(out), torch.empty_like(bias)
launch(hidden_grad_kernel, blocks_for(bias.numel(), THREADS), THREADS, grad, out, out=grads)
return grads
"""
MEAN_LOSS = """
loss = z.new_empty(1)
launch(loss_kernel, 1, THREADS, z, labels, out=loss)
return loss
"""
MEAN_LOSS_BACK = """
grad_z = torch.empty_like(z)
launch(loss_grad_kernel, blocks_for(len(z), THREADS), THREADS, grad, z, labels, out=grad_z)
return grad_z, None
"""
STEP = """
loss = mlp_loss(x, labels, *weights)
gradients = torch.autograd.grad(loss, weights)
with torch.no_grad():
    for w, grad in zip(weights, gradients):
        blocks = blocks_for(w.numel(), THREADS)
        launch(step_kernel, blocks, THREADS, grad.view(-1), rate, out=w.view(-1))
losses.append(loss.item())
"""
STEP_OF_A_WEIGHT = STEP[STEP.index("        blocks") : STEP.index("losses.append")].rstrip("\n")
TRAINING = [LAYER, LAYER_BACK, MEAN_LOSS, MEAN_LOSS_BACK, STEP]

MOMENTUM = """
for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
    velocity = keep * v[i] + grad[i]
    v[i] = velocity
    w[i] -= rate * velocity
"""
OLD_VELOCITY = """
    w[i] -= rate * v[i]
    v[i] = keep * v[i] + grad[i]
"""
PREDICTED = "counts = dict(zip(('numbers', 'forward', 'backward', '200 steps'), {}))"


def training(place: int, answer: str) -> list[str]:
    """The five right answers of task 5 with one of them replaced."""
    return [*TRAINING[:place], answer, *TRAINING[place + 1 :]]


ANSWERS = Answers(
    right={
        "1": PREDICTED.format((96, 4, 6, 2600)),
        "2": [
            """
            across, down = cuda.threadIdx.x, cuda.threadIdx.y
            of_a = cuda.shared.array((TILE, WIDE), float64)
            of_b = cuda.shared.array((TILE, WIDE), float64)
            column, row = cuda.grid(2)
            total = 0.0
            for tile in range((a.shape[1] + TILE - 1) // TILE):
                k = tile * TILE + across
                of_a[down, across] = 0.0
                if row < a.shape[0] and k < a.shape[1]:
                    of_a[down, across] = a[row, k]
                k = tile * TILE + down
                of_b[down, across] = 0.0
                if k < b.shape[0] and column < b.shape[1]:
                    of_b[down, across] = b[k, column]
                cuda.syncthreads()
                for k in range(TILE):
                    total += of_a[down, k] * of_b[k, across]
                cuda.syncthreads()
            if row < c.shape[0] and column < c.shape[1]:
                c[row, column] = total
            """,
            PRODUCT_GRAD.replace("(TILE, TILE)", "(TILE, WIDE)"),
        ],
        "3": [
            """
            if i >= z.size:
                return
            row = i // bias.size
            j = i - row * bias.size
            v = z[row, j] + bias[j]
            if v > 0:
                h[row, j] = v
            else:
                h[row, j] = 0.0
            """,
            """
            if j >= grad_bias.size:
                return
            total, row = 0.0, h.shape[0]
            while row > 0:
                row -= 1
                slope = grad[row, j] * (h[row, j] > 0)
                total += slope
                grad_z[row, j] = slope
            grad_bias[j] = total
            """,
        ],
        "4": [
            """
            row = t
            while row < len(z):
                m, s, right = z[row, 0], 1.0, labels[row]
                mine = m
                for j in range(1, z.shape[1]):
                    v = z[row, j]
                    if j == right:
                        mine = v
                    if v > m:
                        s, m = s * math.exp(m - v) + 1.0, v
                    else:
                        s += math.exp(v - m)
                total += math.log(s) + m - mine
                row += THREADS
            for offset in (16, 8, 4, 2, 1):
                total += cuda.shfl_down_sync(ALL, total, offset)
            if t % 32 == 0:
                cells[t // 32] = total / len(z)
            cuda.syncthreads()
            if t == 0:
                loss[0] = cells[0] + cells[1] + cells[2] + cells[3]
            """,
            """
            if row >= len(z):
                return
            m, s = -math.inf, 0.0
            for j in range(z.shape[1]):
                v = z[row, j]
                larger = max(m, v)
                s = s * math.exp(m - larger) + math.exp(v - larger)
                m = larger
            up = grad[0] / len(z)
            for j in range(z.shape[1]):
                hit = 1.0 if labels[row] == j else 0.0
                grad_z[row, j] = up * (math.exp(z[row, j] - m) / s - hit)
            """,
        ],
        "5": [
            """
            rows, columns = z.shape
            h = z.new_empty(rows, columns)
            launch(hidden_kernel, (rows * columns + 63) // 64, 64, z, bias, out=[h])
            return h
            """,
            """
            grad_z, grad_bias = out.new_empty(out.shape), bias.new_empty(bias.shape)
            launch(hidden_grad_kernel, (bias.numel() + 31) // 32, 32, grad, out, out=[grad_z, grad_bias])
            return grad_z, grad_bias
            """,
            MEAN_LOSS.replace("z.new_empty(1)", "torch.empty(1, dtype=z.dtype)"),
            MEAN_LOSS_BACK,
            """
            for w in weights:
                w.grad = None
            loss = mlp_loss(x, labels, weights[0], weights[1], weights[2])
            loss.backward()
            losses.append(float(loss.detach()))
            for w in weights:
                flat = w.detach().reshape(w.numel())
                launch(step_kernel, blocks_for(len(flat), 64), 64, w.grad.reshape(-1), rate, out=flat)
            """,
        ],
        "6": """
            i = cuda.grid(1)
            while i < w.size:
                v[i] = keep * v[i] + grad[i]
                w[i] = w[i] - rate * v[i]
                i += cuda.gridDim.x * cuda.blockDim.x
        """,
    },
    wrong={
        "1": [
            Wrong("no bias", PREDICTED.format((80, 4, 6, 2600))),
            Wrong("one gradient for each product", PREDICTED.format((96, 4, 4, 2200))),
            Wrong("no launches for the steps of the weights", PREDICTED.format((96, 4, 6, 2000))),
            Wrong("one launch changes all weights", PREDICTED.format((96, 4, 6, 2200))),
        ],
        "2": [
            Wrong("without tiles", [NAIVE, PRODUCT_GRAD], says="reads"),
            Wrong(
                "no barrier at the end of the loop",
                [
                    PRODUCT.replace(WAIT_AT_THE_END, WAIT_AT_THE_END[: -len("    cuda.syncthreads()\n")]),
                    PRODUCT_GRAD,
                ],
                says="missing-barrier",
            ),
            Wrong(
                "no guard where tiles are loaded",
                [PRODUCT.replace(" if row < a.shape[0] and first + x < a.shape[1] else 0", ""), PRODUCT_GRAD],
                says="out-of-bounds",
            ),
            Wrong("no spare column", [PRODUCT, PRODUCT_GRAD.replace("WIDE", "TILE")], says="passes"),
            Wrong(
                "b is not transposed",
                [PRODUCT, PRODUCT_GRAD.replace("of_b[x, k]", "of_b[k, x]")],
                says="wrong-values",
            ),
        ],
        "3": [
            Wrong("no guard", [HIDDEN.replace("i < z.size", "i >= 0"), HIDDEN_GRAD], says="out-of-bounds"),
            Wrong(
                "relu before the bias", [HIDDEN.replace("+ bias[j], 0.0)", ", 0.0) + bias[j]"), HIDDEN_GRAD]
            ),
            Wrong(
                "the slope at 0 is 1",
                [HIDDEN, HIDDEN_GRAD.replace("h[row, j] > 0", "h[row, j] >= 0")],
                says="wrong-values",
            ),
            Wrong(
                "adds up in global memory",
                [
                    HIDDEN,
                    HIDDEN_GRAD.replace("total = 0.0", "grad_bias[j] = 0.0")
                    .replace("total += slope", "grad_bias[j] += slope")
                    .replace("    grad_bias[j] = total\n", ""),
                ],
                says="reads",
            ),
            Wrong(
                "the bias gets all of the gradient",
                [HIDDEN, HIDDEN_GRAD.replace("total += slope", "total += grad[row, j]")],
            ),
            Wrong(
                "a column and its neighbour",
                [HIDDEN, HIDDEN_GRAD.replace("    grad_bias[j] = total", "    grad_bias[j // 2] = total")],
                says="race",
            ),
        ],
        "4": [
            Wrong("two passes", [TWO_PASSES + BY_WARPS, LOSS_GRAD], says="reads"),
            Wrong("without the largest", [NO_LARGEST + BY_WARPS, LOSS_GRAD], says="wrong-values"),
            Wrong(
                "no barrier",
                [LOSS + BY_WARPS.replace("cuda.syncthreads()\n", ""), LOSS_GRAD],
                says="missing-barrier",
            ),
            Wrong("thread 0 adds up alone", [LOSS + BY_THREAD_0, LOSS_GRAD], says="depth"),
            Wrong(
                "the sum in place of the mean",
                [LOSS + BY_WARPS.replace(" / z.shape[0]", ""), LOSS_GRAD],
                says="wrong-values",
            ),
            Wrong(
                "the gradient of the sum",
                [LOSS + BY_WARPS, LOSS_GRAD.replace("grad[0] / z.shape[0]", "grad[0]")],
                says="wrong-values",
            ),
            Wrong(
                "the share alone",
                [LOSS + BY_WARPS, LOSS_GRAD.replace("(share - 1 if j == label else share)", "share")],
                says="wrong-values",
            ),
        ],
        "5": [
            Wrong(
                "torch adds and rectifies", training(0, "return torch.relu(z + bias)"), says="not-launched"
            ),
            Wrong(
                "torch's own loss",
                training(2, "return torch.nn.functional.cross_entropy(z, labels).reshape(1)"),
                says="not-launched",
            ),
            Wrong(
                "torch adds up the bias's gradient",
                training(1, LAYER_BACK.replace("return grads", "return grads[0], grads[0].sum(0)")),
                says="not-launched",
            ),
            Wrong(
                "one block of points",
                training(
                    3, MEAN_LOSS_BACK.replace("blocks_for(len(z), THREADS)", "1").replace("empty", "zeros")
                ),
                says="gradient",
            ),
            Wrong(
                "torch changes the weights",
                training(4, STEP.replace(STEP_OF_A_WEIGHT, "        w -= rate * grad")),
                says="launches: 50",
            ),
            Wrong("against the gradient's sign", training(4, STEP.replace(", rate,", ", -rate,"))),
            Wrong(
                "gradients that add up",
                training(
                    4,
                    """
                    loss = mlp_loss(x, labels, *weights)
                    loss.backward()
                    with torch.no_grad():
                        for w in weights:
                            launch(step_kernel, 1, THREADS, w.grad.view(-1), rate, out=w.view(-1))
                    losses.append(loss.item())
                    """,
                ),
            ),
        ],
        "6": [
            Wrong(
                "the stride only",
                MOMENTUM.split("    velocity")[0] + OLD_VELOCITY.lstrip("\n"),
                says="wrong-values",
            ),
            Wrong(
                "the order only", MOMENTUM.replace("cuda.gridsize(1)", "cuda.blockDim.x"), says="lost-update"
            ),
            Wrong(
                "one element for each thread",
                MOMENTUM.replace(
                    "for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):",
                    "i = cuda.grid(1)\nif i < w.size:",
                ),
                says="wrong-values",
            ),
            Wrong("no guard", MOMENTUM.replace("w.size", "w.size + 1"), says="out-of-bounds"),
            Wrong("the rate twice", MOMENTUM.replace("+ grad[i]", "+ rate * grad[i]"), says="wrong-values"),
        ],
    },
    unusual={
        "3": [
            """
            while i < z.size:
                row, j = i // z.shape[1], i % z.shape[1]
                v = z[row, j]
                b = bias[j]
                h[row, j] = v + b if v > -b else 0.0
                i += cuda.gridsize(1)
            """,
            HIDDEN_GRAD,
        ],
        "6": """
            start, turns = cuda.grid(1), (w.size + cuda.gridsize(1) - 1) // cuda.gridsize(1)
            for turn in range(turns):
                i = start + turn * cuda.gridsize(1)
                if i < w.size:
                    old, up = v[i], grad[i]
                    w[i] -= rate * (keep * old + up)
                    v[i] = keep * old + up
        """,
    },
    instant={
        "3": [
            Wrong(
                "one row alone",
                [HIDDEN.replace("i // z.shape[1]", "0").replace("i < z.size", "i < z.shape[1]"), HIDDEN_GRAD],
                says="wrong-values",
            ),
        ],
        "4": [
            Wrong(
                "the first 128 rows",
                [
                    LOSS.replace("z.shape[0], THREADS", "min(z.shape[0], THREADS), THREADS") + BY_WARPS,
                    LOSS_GRAD,
                ],
                says="wrong-values",
            ),
        ],
        "6": [
            Wrong(
                "keeps all of the old velocity", MOMENTUM.replace("keep * v[i]", "v[i]"), says="wrong-values"
            ),
        ],
    },
)
