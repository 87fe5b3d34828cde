"""$id: answers that the exercise is tried with."""

from graph_duet.authoring.answers import Answers, Wrong

ANSWERS = Answers(
    right={
        "1": "gradient = 2 * 3",
        "2": """
            x = torch.tensor(value, dtype=torch.float64, requires_grad=True)
            return float(torch.autograd.grad(f(x), x)[0])
        """,
        "3": "return torch.autograd.grad(scale * x * x, x)[0].item()",
    },
    wrong={
        "1": [
            Wrong("the value, not the slope", "gradient = 9"),
            Wrong("forgets the 2", "gradient = 3"),
            Wrong("a number that grows", "gradient = 12"),
        ],
        "2": [
            Wrong("hard-codes the first function", "return 2 * value"),
            Wrong("the value, not the slope", "return float(f(torch.tensor(value)))"),
            Wrong("no leaf", "x = torch.tensor(value)\nf(x).backward()\nreturn x.grad.item()", "error"),
        ],
        "3": [
            Wrong("as it was", "(scale * x * x).backward()\nreturn x.grad.item()"),
            Wrong("a constant", "return 6.0"),
            Wrong("divides once", "(scale * x * x).backward()\nreturn x.grad.item() / 2"),
        ],
    },
    unusual={"2": "return torch.func.grad(f)(torch.tensor(value, dtype=torch.float64)).item()"},
)
