"""G10: three kernels in one."""

from graph_duet.authoring.answers import Answers, Wrong

KERNEL = """
row = cuda.blockIdx.x
for j in range(cuda.threadIdx.x, x.shape[1], THREADS):
    z = x[row, j] + bias[j]
    y[row, j] = z * below(z) * gate[row, j]
"""
RESULT = "    y[row, j] = z * below(z) * gate[row, j]\n"
LOOP = "range(cuda.threadIdx.x, x.shape[1], THREADS)"

GRAD = """
if j < bias.size:
    b, total = bias[j], 0.0
    for row in range(x.shape[0]):
        z, g = x[row, j] + b, grad[row, j]
        grad_gate[row, j] = g * z * below(z)
        slope = g * gate[row, j] * (below(z) + z * density(z))
        grad_x[row, j] = slope
        total += slope
    grad_bias[j] = total
"""

FORWARD = """
y = torch.empty_like(x)
launch(fused_kernel, x.shape[0], THREADS, x, bias, gate, out=y)
return y
"""
BACKWARD = """
grads = torch.empty_like(x), torch.empty_like(bias), torch.empty_like(gate)
launch(fused_grad_kernel, blocks_for(bias.numel(), THREADS), THREADS, grad, x, bias, gate, out=grads)
return grads
"""
THREE_LAUNCHES = """
z, h, y = torch.empty_like(x), torch.empty_like(x), torch.empty_like(x)
launch(add_kernel, x.shape[0], x.shape[1], x, bias, out=z)
launch(gelu_kernel, x.shape[0], x.shape[1], z, out=h)
launch(times_kernel, x.shape[0], x.shape[1], h, gate, out=y)
return y
"""
BY_TORCH = """
z = x + bias
below_z = torch.special.ndtr(z)
density_z = torch.exp(-z * z / 2) / (2 * math.pi) ** 0.5
grad_x = grad * gate * (below_z + z * density_z)
return grad_x, grad_x.sum(0), grad * z * below_z
"""

SMOOTH = """
if i < x.size:
    total = 0.0
    for k in range(max(i - 1, 0), min(i + 2, x.size)):
        total += max(x[k] + bias, 0.0)
    y[i] = total / 3
"""
IN_PLACE = """
if i < x.size:
    y[i] = max(x[i] + bias, 0.0)
cuda.syncthreads()
if i < x.size:
    left = y[i - 1] if i > 0 else 0.0
    right = y[i + 1] if i + 1 < x.size else 0.0
    y[i] = (left + y[i] + right) / 3
"""
ONE_MORE_BARRIER = """
mean = 0.0
if i < x.size:
    y[i] = max(x[i] + bias, 0.0)
cuda.syncthreads()
if i < x.size:
    left = y[i - 1] if i > 0 else 0.0
    right = y[i + 1] if i + 1 < x.size else 0.0
    mean = (left + y[i] + right) / 3
cuda.syncthreads()
if i < x.size:
    y[i] = mean
"""
PREDICTED = "counts = dict(zip(('three read', 'three write', 'one reads', 'one writes'), {}))"

ANSWERS = Answers(
    right={
        "1": PREDICTED.format((5000, 3000, 3000, 1000)),
        "2": """
            j = cuda.threadIdx.x
            while j < y.shape[1]:
                v = bias[j] + x[cuda.blockIdx.x, j]
                h = 0.5 * v * math.erfc(-v / ROOT_2)
                y[cuda.blockIdx.x, j] = gate[cuda.blockIdx.x, j] * h
                j += cuda.blockDim.x
        """,
        "3": """
            if j >= bias.size:
                return
            b = bias[j]
            total = 0.0
            for row in range(len(x)):
                z = x[row, j] + b
                part = 0.5 * (1.0 + math.erf(z * 0.7071067811865476))
                up = grad[row, j]
                grad_gate[row, j] = z * part * up
                mine = up * gate[row, j] * (part + z * math.exp(-z * z / 2) / ROOT_2_PI)
                grad_x[row, j] = mine
                total += mine
            grad_bias[j] = total
        """,
        "4": [
            """
            y = x.new_empty(x.shape)
            launch(fused_kernel, len(x), 64, x, bias, gate, out=[y])
            return y
            """,
            """
            grad_x, grad_bias, grad_gate = x.new_empty(x.shape), bias.new_empty(bias.shape), gate.new_empty(gate.shape)
            grid = (x.shape[1] + 63) // 64
            launch(fused_grad_kernel, grid, 64, grad, x, bias, gate, out=[grad_x, grad_bias, grad_gate])
            return grad_x, grad_bias, grad_gate
            """,
        ],
        "5": """
            if i < x.size:
                left = max(x[i - 1] + bias, 0.0) if i > 0 else 0.0
                right = max(x[i + 1] + bias, 0.0) if i + 1 < x.size else 0.0
                y[i] = (left + max(x[i] + bias, 0.0) + right) / 3
        """,
    },
    wrong={
        "1": [
            Wrong("bias is read once a column", PREDICTED.format((4025, 3000, 2025, 1000))),
            Wrong("one kernel writes z and h too", PREDICTED.format((5000, 3000, 3000, 3000))),
            Wrong("the reads stay", PREDICTED.format((5000, 3000, 5000, 1000))),
            Wrong("a third of everything", PREDICTED.format((3000, 3000, 1000, 1000))),
        ],
        "2": [
            Wrong(
                "through global memory",
                KERNEL.replace("    z = x", "    y[row, j] = x").replace(
                    RESULT, "    y[row, j] = y[row, j] * below(y[row, j])\n    y[row, j] *= gate[row, j]\n"
                ),
                says="reads",
            ),
            Wrong(
                "a bias for each row", KERNEL.replace("bias[j]", "bias[row % bias.size]"), says="wrong-values"
            ),
            Wrong(
                "no guard",
                KERNEL.replace("x.shape[1], THREADS", "x.shape[1] + THREADS, THREADS"),
                says="out-of-bounds",
            ),
            Wrong(
                "the first 64 columns",
                KERNEL.replace("x.shape[1], THREADS", "min(x.shape[1], THREADS), THREADS"),
                says="wrong-values",
            ),
            Wrong(
                "the gate too early",
                KERNEL.replace("+ bias[j]", "* gate[row, j] + bias[j]").replace(" * gate[row, j]\n", "\n"),
                says="wrong-values",
            ),
            Wrong(
                "the formula with tanh",
                KERNEL.replace(
                    "below(z)", "0.5 * (1.0 + math.tanh(0.7978845608 * (z + 0.044715 * z * z * z)))"
                ),
                says="wrong-values",
            ),
        ],
        "3": [
            Wrong(
                "atomics for the bias",
                GRAD.replace("b, total = bias[j], 0.0", "b, grad_bias[j] = bias[j], 0.0")
                .replace("total += slope", "cuda.atomic.add(grad_bias, j, slope)")
                .replace("    grad_bias[j] = total\n", ""),
                says="reads",
            ),
            Wrong(
                "the bias again in each row",
                GRAD.replace("x[row, j] + b,", "x[row, j] + bias[j],"),
                says="reads",
            ),
            Wrong("half of the slope", GRAD.replace(" + z * density(z)", ""), says="wrong-values"),
            Wrong(
                "the last row for the bias",
                GRAD.replace("total += slope", "total = slope"),
                says="wrong-values",
            ),
            Wrong("no guard", GRAD.replace("j < bias.size", "j >= 0"), says="out-of-bounds"),
            Wrong("without the gate", GRAD.replace("g * gate[row, j] *", "g *"), says="wrong-values"),
        ],
        "4": [
            Wrong(
                "torch's own operations",
                ["return torch.nn.functional.gelu(x + bias) * gate", BY_TORCH],
                says="not-launched",
                most=0,
            ),
            Wrong("three launches", [THREE_LAUNCHES, BACKWARD], says="launches: [4, 4, 4]"),
            Wrong(
                "torch adds the bias",
                [
                    FORWARD.replace("x, bias, gate, out", "x + bias, torch.zeros_like(bias), gate, out"),
                    BACKWARD,
                ],
                says="not-launched",
            ),
            Wrong(
                "torch adds up the rows",
                [FORWARD, BACKWARD.replace("return grads", "return grads[0], grads[0].sum(0), grads[2]")],
                says="not-launched",
            ),
            Wrong(
                "gradients in another order",
                [FORWARD, BACKWARD.replace("return grads", "return grads[2], grads[1], grads[0]")],
                says="gradient",
            ),
            Wrong(
                "one block of columns",
                [
                    FORWARD,
                    BACKWARD.replace("blocks_for(bias.numel(), THREADS)", "1").replace("empty", "zeros"),
                ],
                says="gradient",
            ),
        ],
        "5": [
            Wrong("the order only", IN_PLACE, says="missing-barrier"),
            Wrong("one more barrier", ONE_MORE_BARRIER, says="race-read-write"),
            Wrong("the race only", SMOOTH.replace("max(x[k] + bias, 0.0)", "max(x[k], 0.0) + bias")),
            Wrong(
                "no guard",
                SMOOTH.replace("range(max(i - 1, 0), min(i + 2, x.size))", "range(i - 1, i + 2)"),
                says="out-of-bounds",
            ),
            Wrong("no neighbours", "if i < x.size:\n    y[i] = max(x[i] + bias, 0.0)", says="wrong-values"),
        ],
    },
    unusual={
        "2": """
            row, per = cuda.blockIdx.x, (x.shape[1] + THREADS - 1) // THREADS
            for turn in range(per):
                j = turn * THREADS + THREADS - 1 - cuda.threadIdx.x
                if j < x.shape[1]:
                    z = x[row, j] + bias[j]
                    y[row, j] = z * gate[row, j] * below(z)
        """,
        "3": """
            if j < bias.size:
                b, total, row = bias[j], 0.0, x.shape[0]
                while row > 0:
                    row -= 1
                    z, g = x[row, j] + b, grad[row, j]
                    part, factor = below(z), g * gate[row, j]
                    grad_gate[row, j] = g * z * part
                    grad_x[row, j] = factor * part + factor * z * density(z)
                    total += factor * part + factor * z * density(z)
                grad_bias[j] = total
        """,
    },
    instant={
        "2": [
            Wrong(
                "neighbours read far apart",
                "per = (x.shape[1] + THREADS - 1) // THREADS\nfirst = cuda.threadIdx.x * per\n"
                + KERNEL.replace(LOOP, "range(first, min(first + per, x.shape[1]))"),
                says="sectors",
            ),
            Wrong(
                "adds into x",
                KERNEL.replace("    z = x[row, j] + bias[j]", "    x[row, j] += bias[j]\n    z = x[row, j]"),
                says="input-changed",
            ),
        ],
        "3": [
            Wrong(
                "reads grad_x again",
                GRAD.replace("        total += slope\n", "").replace(
                    "    grad_bias[j] = total",
                    "    for row in range(x.shape[0]):\n        total += grad_x[row, j]\n    grad_bias[j] = total",
                ),
                says="reads",
            ),
            Wrong(
                "a row too many",
                GRAD.replace("range(x.shape[0])", "range(x.shape[0] + 1)"),
                says="out-of-bounds",
            ),
        ],
        "4": [
            Wrong(
                "the inputs for gradients",
                [FORWARD, "return x.clone(), bias.clone(), gate.clone()"],
                says="gradient",
            ),
        ],
    },
)
