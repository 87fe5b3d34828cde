"""G06: block reduction."""

from graph_duet.authoring.answers import Answers, Wrong

LOAD = "sums[t] = x[i] if i < x.size else 0\ncuda.syncthreads()\n"
TREE = """
half = THREADS // 2
while half > 0:
    if t < half:
        sums[t] += sums[t + half]
    cuda.syncthreads()
    half //= 2
"""
ATOMICS = """
sums[t] = 0
cuda.syncthreads()
if i < x.size:
    cuda.atomic.add(sums, 0, x[i])
cuda.syncthreads()
"""
STORE = "if t == 0:\n    partial[cuda.blockIdx.x] = sums[0]\n"
FORWARD = """
while True:
    partial = x.new_empty(blocks_for(x.numel(), THREADS))
    launch(block_sum_kernel, partial.numel(), THREADS, x, out=partial)
    if partial.numel() == 1:
        return partial
    x = partial
"""
TWO_LAUNCHES = """
partial = x.new_empty(blocks_for(x.numel(), THREADS))
launch(block_sum_kernel, partial.numel(), THREADS, x, out=partial)
result = x.new_empty(1)
launch(block_sum_kernel, 1, THREADS, partial, out=result)
return result
"""
BACKWARD = """
grad_x = torch.empty_like(x)
launch(sum_grad_kernel, 2, THREADS, grad, out=grad_x)
return grad_x
"""

LOAD_MAX = "largest[t] = x[i] if i < x.size else x[cuda.blockIdx.x * THREADS]\ncuda.syncthreads()\n"
TREE_MAX = TREE.replace("sums[t] += sums[t + half]", "largest[t] = max(largest[t], largest[t + half])")
STORE_MAX = STORE.replace("sums", "largest")
HALF_WAIT = "    cuda.syncthreads()\n"


def spread(line: str) -> str:
    return f"for i in range(cuda.grid(1), grad_x.size, cuda.gridsize(1)):\n    {line}"


ANSWERS = Answers(
    right={
        "1": "tree = {'third step': 32, 'additions': 255, 'steps': 8}",
        "2": """
            if i < x.size:
                sums[t] = x[i]
            else:
                sums[t] = 0.0
            stride = 1
            while stride < THREADS:
                cuda.syncthreads()
                if t % (2 * stride) == 0:
                    sums[t] = sums[t] + sums[t + stride]
                stride *= 2
            if t == 0:
                partial[cuda.blockIdx.x] = sums[t]
        """,
        "3": """
            i = cuda.grid(1)
            while i < grad_x.size:
                grad_x[i] = grad[0]
                i += cuda.gridDim.x * cuda.blockDim.x
        """,
        "4": [
            """
            while x.numel() > 1:
                sums = x.new_zeros((x.numel() + THREADS - 1) // THREADS)
                launch(block_sum_kernel, sums.numel(), THREADS, x, out=sums)
                x = sums
            return x.clone()
            """,
            """
            grad_x = x.new_empty(x.shape)
            launch(sum_grad_kernel, blocks_for(x.numel(), 64), 64, grad, out=grad_x)
            return grad_x
            """,
        ],
        "5": LOAD_MAX.replace("x[cuda.blockIdx.x * THREADS]", "x[i - t]") + TREE_MAX + STORE_MAX,
    },
    wrong={
        "1": [
            Wrong("a loop in one thread", "tree = {'steps': 255, 'additions': 255, 'third step': 1}"),
            Wrong("fewer additions than numbers", "tree = {'steps': 8, 'additions': 8, 'third step': 32}"),
            Wrong("counts steps from 0", "tree = {'steps': 8, 'additions': 255, 'third step': 16}"),
            Wrong("as for 128", "tree = {'steps': 7, 'additions': 127, 'third step': 16}"),
        ],
        "2": [
            Wrong(
                "one thread adds them all",
                LOAD + "if t == 0:\n    for k in range(1, THREADS):\n        sums[0] += sums[k]\n" + STORE,
                says="depth",
            ),
            Wrong(
                "no barrier in the tree",
                LOAD + TREE.replace("    cuda.syncthreads()\n", "") + STORE,
                says="missing-barrier",
            ),
            Wrong(
                "a barrier inside the if",
                LOAD + TREE.replace("    cuda.syncthreads()\n", "        cuda.syncthreads()\n") + STORE,
                says="divergent-barrier",
            ),
            Wrong(
                "no guard on the load",
                LOAD.replace(" if i < x.size else 0", "") + TREE + STORE,
                says="out-of-bounds",
            ),
            Wrong("a constant", "if t == 0:\n    partial[cuda.blockIdx.x] = 0.0", says="wrong-values"),
            Wrong(
                "atomics queue at one cell",
                ATOMICS + STORE,
                says="depth",
            ),
        ],
        "3": [
            Wrong("no guard", "grad_x[cuda.grid(1)] = grad[0]", says="out-of-bounds"),
            Wrong(
                "one element for each thread",
                "i = cuda.grid(1)\nif i < grad_x.size:\n    grad_x[i] = grad[0]",
                says="wrong-values",
            ),
            Wrong("reads as many gradients as elements", spread("grad_x[i] = grad[i]")),
            Wrong("ones", spread("grad_x[i] = 1.0"), says="wrong-values"),
            Wrong("the mean's gradient", spread("grad_x[i] = grad[0] / grad_x.size"), says="wrong-values"),
        ],
        "4": [
            Wrong(
                "leaves the blocks' sums to torch",
                [
                    """
                    partial = x.new_empty(blocks_for(x.numel(), THREADS))
                    launch(block_sum_kernel, partial.numel(), THREADS, x, out=partial)
                    return partial.sum().reshape(1)
                    """,
                    BACKWARD,
                ],
                says="not-launched",
            ),
            Wrong(
                "torch's own operations",
                ["return x.sum().reshape(1)", "return grad.expand(x.shape).clone()"],
                says="not-launched",
                most=0,
            ),
            Wrong("two launches, always", [TWO_LAUNCHES, BACKWARD], says="wrong-values"),
            Wrong(
                "the first block only",
                [
                    "out = x.new_empty(1)\nlaunch(block_sum_kernel, 1, THREADS, x, out=out)\nreturn out",
                    BACKWARD,
                ],
                says="wrong-values",
            ),
            Wrong("ones, whatever comes from above", [FORWARD, "return torch.ones_like(x)"], says="gradient"),
        ],
        "5": [
            Wrong(
                "the barrier only",
                LOAD_MAX.replace("x[cuda.blockIdx.x * THREADS]", "0") + TREE_MAX + STORE_MAX,
                says="wrong-values",
            ),
            Wrong(
                "the padding only",
                LOAD_MAX + TREE_MAX.replace(HALF_WAIT, "") + STORE_MAX,
                says="missing-barrier",
            ),
            Wrong(
                "the barrier inside the if",
                LOAD_MAX + TREE_MAX.replace(HALF_WAIT, "    " + HALF_WAIT) + STORE_MAX,
                says="divergent-barrier",
            ),
            Wrong(
                "the smallest", LOAD_MAX + TREE_MAX.replace("max(", "min(") + STORE_MAX, says="wrong-values"
            ),
            Wrong(
                "a padding of -1",
                LOAD_MAX.replace("x[cuda.blockIdx.x * THREADS]", "-1.0") + TREE_MAX + STORE_MAX,
            ),
            Wrong("the first element", LOAD_MAX + STORE_MAX, says="wrong-values"),
        ],
    },
    unusual={
        "2": """
            v = x[i] if i < x.size else 0.0
            for step in (16, 8, 4, 2, 1):
                v += cuda.shfl_down_sync(0xFFFFFFFF, v, step)
            if t % 32 == 0:
                sums[t // 32] = v
            cuda.syncthreads()
            if t == 0:
                partial[cuda.blockIdx.x] = sums[0] + sums[1] + sums[2] + sums[3]
        """,
        "3": """
            slope = grad[0]
            for i in range(cuda.grid(1), len(grad_x), cuda.gridsize(1)):
                grad_x[i] = slope
        """,
    },
    instant={
        "2": [
            Wrong(
                "one thread sums global memory",
                """
                if t == 0:
                    total = 0.0
                    for k in range(i, min(i + THREADS, x.size)):
                        total += x[k]
                    partial[cuda.blockIdx.x] = total
                """,
                says="depth",
            ),
            Wrong(
                "the first barrier is missing",
                LOAD.replace("cuda.syncthreads()\n", "") + TREE + STORE,
                says="missing-barrier",
            ),
            Wrong(
                "the tail is not cleared",
                "if i < x.size:\n    sums[t] = x[i]\ncuda.syncthreads()\n" + TREE + STORE,
                says="uninitialised-read",
            ),
            Wrong(
                "stops one step early",
                LOAD + TREE.replace("half > 0", "half > 1") + STORE,
                says="wrong-values",
            ),
            Wrong(
                "the first element", "if t == 0:\n    partial[cuda.blockIdx.x] = x[i]", says="wrong-values"
            ),
        ],
        "3": [
            Wrong(
                "the first thread of each block",
                "i = cuda.grid(1)\nif cuda.threadIdx.x == 0 and i < grad_x.size:\n    grad_x[i] = grad[0]",
                says="wrong-values",
            ),
        ],
        "4": [
            Wrong(
                "one launch",
                [
                    "partial = x.new_empty(blocks_for(x.numel(), THREADS))\n"
                    "launch(block_sum_kernel, partial.numel(), THREADS, x, out=partial)\nreturn partial[:1].clone()",
                    BACKWARD,
                ],
                says="wrong-values",
            ),
            Wrong("the gradient as it came", [FORWARD, "return grad.clone()"], says="error"),
            Wrong(
                "spread by torch, beside a launch",
                [FORWARD, BACKWARD.replace("return grad_x", "return grad.expand(x.shape).clone()")],
                says="not-launched",
            ),
        ],
    },
)
