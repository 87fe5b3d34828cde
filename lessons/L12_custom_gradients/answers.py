"""L12: a stable operation of your own."""

from graph_duet.authoring.answers import Answers, Wrong

ANSWERS = Answers(
    right={
        "1": "return torch.logaddexp(x, -x) - np.log(2.0)",
        "2": [
            "value = log_cosh(x)\nctx.save_for_backward(x)\nreturn value",
            "x = ctx.saved_tensors[0]\nreturn x.tanh() * upstream",
        ],
        "3": """
            value = tf.math.softplus(-2 * tf.abs(x)) + tf.abs(x) - np.log(2.0)
            return value, lambda upstream: tf.math.tanh(x) * upstream
        """,
        "4": """
            @staticmethod
            def forward(ctx, x):
                return torch.floor(x + 0.5)

            @staticmethod
            def backward(ctx, grad_output):
                return grad_output.clone()
        """,
        "5": "h = torch.where(h > 2.0, torch.full_like(h, 2.0), h)",
    },
    wrong={
        "1": [
            Wrong("overflows", "return torch.log(torch.cosh(x))", "wrong", "inf"),
            Wrong("right for large inputs only", "return x.abs() - np.log(2.0)"),
            Wrong("the wrong way round", "return torch.cosh(torch.log(x.abs()))"),
            Wrong("leaves PyTorch", "return np.logaddexp(x.numpy(), -x.numpy()) - np.log(2.0)", "error"),
        ],
        "2": [
            Wrong(
                "saves the slope: gradcheck passes, gradgradcheck does not",
                [
                    "ctx.save_for_backward(torch.tanh(x))\nreturn log_cosh(x)",
                    "(slope,) = ctx.saved_tensors\nreturn upstream * slope",
                ],
                "wrong",
            ),
            Wrong(
                "forgets the gradient from above",
                [
                    "ctx.save_for_backward(x)\nreturn log_cosh(x)",
                    "(x,) = ctx.saved_tensors\nreturn torch.tanh(x)",
                ],
            ),
            Wrong(
                "another slope",
                [
                    "ctx.save_for_backward(x)\nreturn log_cosh(x)",
                    "(x,) = ctx.saved_tensors\nreturn upstream * torch.sigmoid(x)",
                ],
                "wrong",
            ),
            Wrong("a constant", ["return torch.zeros_like(x)", "return torch.zeros_like(upstream)"]),
            Wrong(
                "a forward that overflows",
                [
                    "ctx.save_for_backward(x)\nreturn torch.log(torch.cosh(x))",
                    "(x,) = ctx.saved_tensors\nreturn upstream * torch.tanh(x)",
                ],
                "wrong",
                "inf",
            ),
            Wrong(
                "saves nothing",
                ["return log_cosh(x)", "return upstream * torch.tanh(x)"],
                "error",
                "NameError",
            ),
            Wrong(
                "a chain that autograd records, and no gradient of its own",
                ["raise RuntimeError", "raise RuntimeError"],
                "error",
            ),
        ],
        "3": [
            Wrong(
                "forgets the gradient from above",
                """
                value = tf.abs(x) + tf.math.log1p(tf.exp(-2 * tf.abs(x))) - np.log(2.0)
                return value, lambda upstream: tf.tanh(x)
                """,
            ),
            Wrong(
                "overflows",
                "return tf.math.log(tf.cosh(x)), lambda upstream: upstream * tf.tanh(x)",
                "wrong",
                "inf",
            ),
            Wrong(
                "a slope that cannot be differentiated",
                """
                value = tf.abs(x) + tf.math.log1p(tf.exp(-2 * tf.abs(x))) - np.log(2.0)
                slope = tf.stop_gradient(tf.tanh(x))
                return value, lambda upstream: upstream * slope
                """,
                "wrong",
                "hidden",
            ),
            Wrong("no gradient", "return tf.abs(x) - np.log(2.0)", "error"),
        ],
        "4": [
            Wrong(
                "the true derivative",
                """
                @staticmethod
                def forward(ctx, x):
                    return x.round()

                @staticmethod
                def backward(ctx, upstream):
                    return torch.zeros_like(upstream)
                """,
            ),
            Wrong(
                "a slope of one, whatever comes from above",
                """
                @staticmethod
                def forward(ctx, x):
                    return x.round()

                @staticmethod
                def backward(ctx, upstream):
                    return torch.ones_like(upstream)
                """,
            ),
            Wrong(
                "rounds the gradient too",
                """
                @staticmethod
                def forward(ctx, x):
                    return x.round()

                @staticmethod
                def backward(ctx, upstream):
                    return upstream.round()
                """,
            ),
            Wrong(
                "rounds down",
                """
                @staticmethod
                def forward(ctx, x):
                    return x.floor()

                @staticmethod
                def backward(ctx, upstream):
                    return upstream
                """,
            ),
            Wrong(
                "does not round",
                """
                @staticmethod
                def forward(ctx, x):
                    return x.clone()

                @staticmethod
                def backward(ctx, upstream):
                    return upstream
                """,
            ),
        ],
        "5": [
            Wrong("writes through NumPy", "h.detach().numpy().clip(max=2.0, out=h.detach().numpy())"),
            Wrong("detaches", "h = h.detach().clamp(max=2.0)", "error"),
            Wrong("no cap", "h = h * 1.0"),
            Wrong("caps below", "h = h.clamp(min=2.0)"),
            Wrong("passes the gradient through the cap", "h = h + (h.clamp(max=2.0) - h).detach()"),
            Wrong("caps x", "h = torch.exp(x.clamp(max=2.0))"),
        ],
    },
    unusual={
        "1": "return torch.logsumexp(torch.stack([x, -x]), 0) - 0.6931471805599453",
        "2": [
            "ctx.save_for_backward(x)\nreturn log_cosh(x.detach())",
            """
            (x,) = ctx.saved_tensors
            shrunk = torch.exp(-2 * x.abs())
            return upstream * x.sign() * (1 - shrunk) / (1 + shrunk)
            """,
        ],
        "3": """
            def backward(*upstream):
                return upstream[0] * (2 * tf.sigmoid(2 * x) - 1)
            return tf.reduce_logsumexp(tf.stack([x, -x]), axis=0) - np.log(2.0), backward
        """,
        "4": """
            @staticmethod
            def forward(x):
                return x.round()

            @staticmethod
            def setup_context(ctx, inputs, output):
                pass

            backward = staticmethod(lambda ctx, upstream: upstream)
        """,
        "5": "h = -torch.relu(2.0 - h) + 2.0",
    },
)
