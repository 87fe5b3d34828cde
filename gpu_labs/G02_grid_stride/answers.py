"""G02: grid-stride loops."""

from graph_duet.authoring.answers import Answers, Wrong


def strided(body: str, size: str = "x.size") -> str:
    return f"for i in range(cuda.grid(1), {size}, cuda.gridsize(1)):\n    {body}"


FORWARD = "y = torch.empty_like(x)\nlaunch(relu_kernel, 3, 64, x, out=y)\nreturn y"
BACKWARD = "grad_x = torch.empty_like(x)\nlaunch(relu_grad_kernel, 3, 64, {}, out=grad_x)\nreturn grad_x"

ANSWERS = Answers(
    right={
        "1": "served = dict(zip(('first', 'last', 'of 500'), (6, 5, 116)))",
        "2": """
            i = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
            while i < x.size:
                if x[i] > 0:
                    y[i] = x[i]
                else:
                    y[i] = 0
                i += cuda.gridDim.x * cuda.blockDim.x
        """,
        "3": strided("grad_x[i] = grad_y[i] if x[i] > 0 else 0.0", "grad_x.size"),
        "4": [
            "y = x.new_zeros(x.shape)\nlaunch(relu_kernel, 5, 32, x, out=y)\nreturn y",
            "grad_x = torch.zeros_like(x)\nlaunch(relu_grad_kernel, 2, 96, x, grad, out=grad_x)\nreturn grad_x",
        ],
    },
    wrong={
        "1": [
            Wrong("one element a thread", "served = {'first': 1, 'last': 1, 'of 500': 500}"),
            Wrong("chunks instead of strides", "served = {'first': 6, 'last': 4, 'of 500': 83}"),
            Wrong("the same for all", "served = {'first': 6, 'last': 6, 'of 500': 116}"),
            Wrong("the thread in its block", "served = {'first': 6, 'last': 5, 'of 500': 52}"),
        ],
        "2": [
            Wrong(
                "no loop: one element a thread",
                "i = cuda.grid(1)\nif i < x.size:\n    y[i] = max(x[i], 0)",
                says="wrong-values",
            ),
            Wrong(
                "no guard",
                "i = cuda.grid(1)\ny[i] = max(x[i], 0)",
                says="out-of-bounds",
            ),
            Wrong(
                "a fixed step, longer than the grid",
                "for i in range(cuda.grid(1), x.size, 4096):\n    y[i] = max(x[i], 0)",
                says="wrong-values",
            ),
            Wrong(
                "the step of a block",
                "for i in range(cuda.threadIdx.x, x.size, cuda.blockDim.x):\n    y[i] = max(x[i], 0)",
                says="reads",
            ),
            Wrong(
                "every thread does everything",
                "for i in range(x.size):\n    y[i] = max(x[i], 0)",
                says="reads",
            ),
            Wrong(
                "writes the positive only", strided("if x[i] > 0:\n        y[i] = x[i]"), says="wrong-values"
            ),
            Wrong("a constant", strided("y[i] = 0"), says="wrong-values"),
        ],
        "3": [
            Wrong(
                "writes the positive only",
                strided("if x[i] > 0:\n        grad_x[i] = grad_y[i]"),
                says="wrong-values",
            ),
            Wrong(
                "slope 1 at 0", strided("grad_x[i] = grad_y[i] if x[i] >= 0 else 0.0"), says="wrong-values"
            ),
            Wrong(
                "looks at the gradient's sign", strided("grad_x[i] = max(grad_y[i], 0)"), says="wrong-values"
            ),
            Wrong("the slope without the gradient", strided("grad_x[i] = 1.0 if x[i] > 0 else 0.0")),
            Wrong(
                "no loop",
                "i = cuda.grid(1)\nif i < x.size:\n    grad_x[i] = grad_y[i] if x[i] > 0 else 0.0",
                says="wrong-values",
            ),
        ],
        "4": [
            Wrong(
                "x and grad the wrong way round",
                [FORWARD, BACKWARD.format("grad, x")],
                says="gradient",
            ),
            Wrong("no backward to speak of", [FORWARD, "return grad"], says="gradient"),
            Wrong(
                "hands the input through",
                ["return x.clone()", BACKWARD.format("x, grad")],
                says="wrong-values",
            ),
            Wrong(
                "torch's own operations",
                ["return torch.relu(x)", "return grad * (x > 0)"],
                says="not-launched",
                most=0,
            ),
        ],
    },
    unusual={
        "2": """
            chunk = (x.size + cuda.gridsize(1) - 1) // cuda.gridsize(1)
            first = cuda.grid(1) * chunk
            for i in range(first, min(first + chunk, x.size)):
                y[i] = (x[i] + abs(x[i])) / 2
        """,
        "3": """
            for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
                grad_x[i] = 0.0
                if x[i] > 0:
                    grad_x[i] = grad_y[i]
        """,
    },
    instant={
        "2": [
            Wrong("starts at 0", "for i in range(0, x.size, 1):\n    y[i] = max(x[i], 0)", says="reads"),
            Wrong(
                "the step of an example",
                "for i in range(cuda.grid(1), x.size, 256):\n    y[i] = max(x[i], 0)",
                says="wrong-values",
            ),
            Wrong(
                "a block's step",
                "for i in range(cuda.grid(1), x.size, cuda.blockDim.x):\n    y[i] = max(x[i], 0)",
                says="reads",
            ),
            Wrong("runs past the end", strided("y[i] = max(x[i], 0)", "x.size + 1"), says="out-of-bounds"),
            Wrong("the absolute value", strided("y[i] = abs(x[i])"), says="wrong-values"),
        ],
        "3": [
            Wrong(
                "the step alone is right",
                strided("if x[i] >= 0:\n        grad_x[i] = grad_y[i]"),
                says="wrong-values",
            ),
            Wrong("the mask alone", strided("grad_x[i] = 1 if x[i] > 0 else 0"), says="wrong-values"),
            Wrong(
                "the step of a block",
                "for i in range(cuda.grid(1), x.size, cuda.blockDim.x):\n"
                "    grad_x[i] = grad_y[i] if x[i] > 0 else 0.0",
                says="reads",
            ),
            Wrong(
                "never ends",
                "i = cuda.grid(1)\nwhile i < x.size:\n    grad_x[i] = 0",
                says="endless-loop",
            ),
        ],
        "4": [
            Wrong("passes all gradients", [FORWARD, "return grad.clone()"], says="gradient"),
            Wrong(
                "a grid without a loop's worth of threads",
                [
                    "y = torch.zeros_like(x)\nlaunch(relu_kernel, 1, 64, x[:64], out=y[:64])\nreturn y",
                    BACKWARD.format("x, grad"),
                ],
                says="wrong-values",
            ),
            Wrong("no backward", [FORWARD, "raise ValueError"], says="error"),
        ],
    },
)
