"""G01: guards."""

from graph_duet.authoring.answers import Answers, Wrong


def guarded(size: str, line: str) -> str:
    return f"i = cuda.grid(1)\nif i < {size}:\n    {line}"


BACKWARD = """
grad_x = torch.empty_like(grad)
launch(affine_grad_kernel, {}, 128, grad, a, out=grad_x)
return grad_x
"""

FORWARD = (
    "y = torch.empty_like(x)\nlaunch(affine_kernel, blocks_for(x.numel()), 128, x, a, b, out=y)\nreturn y"
)
COUNTS = "counts = {{'blocks': {}, 'threads': {}, 'idle': {}, 'thread 20 of block 2': {}}}"

ANSWERS = Answers(
    right={
        "1": "counts = dict(idle=84, threads=384, blocks=3) | {'thread 20 of block 2': 276}",
        "2": """
            i = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
            if i >= y.shape[0]:
                return
            y[i] = b + x[i] * a
        """,
        "3": "for i in range(cuda.grid(1), grad_y.size, cuda.gridsize(1)):\n    grad_x[i] = grad_y[i] * a",
        "4": [
            "y = torch.zeros_like(x)\nlaunch(affine_kernel, 1 + x.numel() // 64, 64, x, a, b, out=y)\nreturn y",
            """
            grad_x = grad.new_empty(grad.shape)
            launch(affine_grad_kernel, blocks_for(grad.numel(), 32), 32, grad, a, out=[grad_x])
            return grad_x
            """,
        ],
        "5": """
            for i in range(cuda.grid(1), x.size - 1, cuda.gridsize(1)):
                y[i] = x[i + 1] - x[i]
        """,
    },
    wrong={
        "1": [
            Wrong("half a block", COUNTS.format(2, 300, 0, 276)),
            Wrong("a thread for each element", COUNTS.format(3, 300, 0, 276)),
            Wrong("one block too many", COUNTS.format(4, 512, 212, 276)),
            Wrong("blocks count from 1", COUNTS.format(3, 384, 84, 148)),
            Wrong("thread * size + block", COUNTS.format(3, 384, 84, 2562)),
        ],
        "2": [
            Wrong("no guard", "i = cuda.grid(1)\ny[i] = a * x[i] + b", says="out-of-bounds"),
            Wrong(
                "one thread too many",
                "i = cuda.grid(1)\nif i <= x.size:\n    y[i] = a * x[i] + b",
                says="out-of-bounds",
            ),
            Wrong("the first block only", "i = cuda.threadIdx.x\nif i < x.size:\n    y[i] = a * x[i] + b"),
            Wrong("a constant", guarded("x.size", "y[i] = 1.0"), says="wrong-values"),
            Wrong("hard-codes a and b", guarded("x.size", "y[i] = 2.0 * x[i] + 1.0"), says="wrong-values"),
        ],
        "3": [
            Wrong("no guard", "i = cuda.grid(1)\ngrad_x[i] = a * grad_y[i]", says="out-of-bounds"),
            Wrong(
                "the slope without the gradient", guarded("grad_y.size", "grad_x[i] = a"), says="wrong-values"
            ),
            Wrong("the gradient without the slope", guarded("grad_y.size", "grad_x[i] = grad_y[i]")),
            Wrong("skips the last element", guarded("grad_y.size - 1", "grad_x[i] = a * grad_y[i]")),
            Wrong("a name that does not exist", guarded("x.size", "grad_x[i] = a * grad_y[i]"), says="error"),
        ],
        "4": [
            Wrong(
                "a grid that is too small",
                [
                    "y = torch.empty_like(x)\nlaunch(affine_kernel, 1, 128, x, a, b, out=y)\nreturn y",
                    BACKWARD.format(1),
                ],
                says="wrong-values",
            ),
            Wrong(
                "a and b the wrong way round",
                [
                    "y = torch.empty_like(x)\nlaunch(affine_kernel, 9, 128, x, b, a, out=y)\nreturn y",
                    BACKWARD.format(9),
                ],
                says="wrong-values",
            ),
            Wrong(
                "torch's own operations",
                ["return a * x + b", "return a * grad"],
                says="not-launched",
                most=0,
            ),
            Wrong(
                "hands the input through", ["return x.clone()", "return grad.clone()"], says="wrong-values"
            ),
        ],
        "5": [
            Wrong(
                "the number only",
                "i = cuda.grid(1)\nif i < x.size:\n    y[i] = x[i + 1] - x[i]",
                says="out-of-bounds",
            ),
            Wrong(
                "the guard only",
                "i = cuda.threadIdx.x\nif i < y.size:\n    y[i] = x[i + 1] - x[i]",
                says="wrong-values",
            ),
            Wrong("the left neighbour", guarded("y.size", "y[i] = x[i] - x[i - 1]")),
            Wrong("the sign", guarded("y.size", "y[i] = x[i] - x[i + 1]"), says="wrong-values"),
            Wrong(
                "skips the last element", guarded("y.size - 1", "y[i] = x[i + 1] - x[i]"), says="wrong-values"
            ),
            Wrong("no guard", "i = cuda.grid(1)\ny[i] = x[i + 1] - x[i]", says="out-of-bounds"),
        ],
    },
    unusual={
        "2": """
            i = cuda.grid(1)
            if not i < len(x):
                return
            y[i] = a * x[i]
            y[i] += b
        """,
        "3": """
            tx, bx, width = cuda.threadIdx.x, cuda.blockIdx.x, cuda.blockDim.x
            if bx * width + tx < grad_x.shape[0]:
                grad_x[bx * width + tx] = grad_y[bx * width + tx] * a
        """,
        "4": [
            """
            y = torch.full_like(x, float("nan"))
            launch(affine_kernel, 64, 64, x, a, b, out=y)
            return y
            """,
            """
            grad_x = torch.zeros(grad.shape, dtype=grad.dtype)
            launch(affine_grad_kernel, (grad.numel() + 255) // 256, 256, grad, a, out=grad_x)
            return grad_x
            """,
        ],
        "5": """
            i = cuda.grid(1) + 1
            if i >= x.size:
                return
            y[i - 1] = x[i] - x[i - 1]
        """,
    },
    instant={
        "2": [
            Wrong("does nothing", "pass", says="wrong-values"),
            Wrong(
                "skips the last element", guarded("x.size - 1", "y[i] = a * x[i] + b"), says="wrong-values"
            ),
            Wrong(
                "hard-codes the size", guarded("min(300, x.size)", "y[i] = a * x[i] + b"), says="wrong-values"
            ),
            Wrong(
                "changes its input",
                guarded("x.size", "x[i] = a * x[i] + b\n    y[i] = x[i]"),
                says="input-changed",
            ),
            Wrong("every thread does all", "for i in range(x.size):\n    y[i] = a * x[i] + b", says="reads"),
            Wrong("a list, on a GPU", guarded("x.size", "y[i] = sum([a * x[i], b])"), says="error"),
        ],
        "3": [
            Wrong(
                "divides by the slope",
                guarded("grad_y.size", "grad_x[i] = grad_y[i] / a"),
                says="wrong-values",
            ),
            Wrong(
                "adds to what was never written",
                guarded("grad_y.size", "grad_x[i] += a * grad_y[i]"),
                says="wrong-values",
            ),
            Wrong(
                "hard-codes the slope",
                guarded("grad_y.size", "grad_x[i] = 2.0 * grad_y[i]"),
                says="wrong-values",
            ),
        ],
        "4": [
            Wrong(
                "torch computes the forward", ["return a * x + b", BACKWARD.format(9)], says="not-launched"
            ),
            Wrong(
                "torch computes the gradient",
                [FORWARD, "return a * grad"],
                says="not-launched",
            ),
            Wrong(
                "a launch beside torch's own operations",
                [FORWARD, BACKWARD.format(9).replace("return grad_x", "return a * grad")],
                says="not-launched",
            ),
            Wrong(
                "computes in float32",
                [
                    FORWARD.replace("torch.empty_like(x)", "torch.empty(x.shape)").replace(
                        "return y", "return y.double()"
                    ),
                    BACKWARD.format(9),
                ],
                says="wrong-values",
            ),
            Wrong("no backward", [FORWARD, "raise ValueError"], says="error"),
        ],
    },
)
