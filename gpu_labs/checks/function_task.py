"""A differentiable function that a learner makes from kernels: its values, its gradients, its Jacobian."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch

from gpu_labs.checks.compare import cells_around, first_difference
from gpu_labs.checks.launches import Launches
from gpu_labs.checks.report import Report, Verdict
from gpu_labs.checks.rerun import AnswerError, answered, half_with_unseen_steps, has_gradient
from graphviz_tools.language import _

_STEP = 1e-6  # of the central difference, as in torch.autograd.gradcheck
_JACOBIAN_TOLERANCE = 1e-5


@dataclass(frozen=True)
class FunctionTask:
    """A task whose answer is a function of tensors, whose forward and backward both `launch` a kernel: what they
    return is what a launch made of what they were given.

    `cases` makes (title, arguments) from a random generator, tensors in float64, or whole numbers (places in another
    tensor), which have no gradient; `oracle` is torch's own function. The Jacobian is compared for cases of at most
    `jacobian_elements` elements. `fewest_launches` says, for the elements of the first argument, how many launches
    the forward has at least.
    """

    name: str
    cases: Callable[[np.random.Generator], Sequence[tuple[str, tuple[Any, ...]]]]
    oracle: Callable[..., torch.Tensor]
    tolerance: float = 1e-9
    jacobian_elements: int = 16
    fewest_launches: Callable[[int], int] = lambda elements: 1

    def check(self, function: Callable[..., torch.Tensor], seed: int = 0) -> Report:
        """Run and judge in this process, as a notebook does."""
        return self.judge(self.observe(function, seed), seed)

    def observe(self, function: Callable[..., torch.Tensor], seed: int = 0) -> list[dict[str, Any]]:
        """The function's value, gradients and Jacobians for each case, as JSON-able data."""
        others = self._cases(seed + 1)
        return [
            _observe(function, arguments, self._has_jacobian(arguments), _same_shapes(arguments, other))
            for (_, arguments), (_, other) in zip(self._cases(seed), others, strict=True)
        ]

    def judge(self, observations: Sequence[dict[str, Any]], seed: int = 0) -> Report:
        """Verdicts on what `observe` returned for the same seed.

        Raises:
            ValueError: there are more or fewer observations than cases.
        """
        cases = self._cases(seed)
        if len(cases) != len(observations):
            raise ValueError(f"{self.name} has {len(cases)} cases, but {len(observations)} were observed")
        pairs = zip(cases, observations, strict=True)
        return Report(self.name, tuple(self._judge(title, args, seen) for (title, args), seen in pairs))

    def _cases(self, seed: int) -> Sequence[tuple[str, tuple[Any, ...]]]:
        return self.cases(np.random.default_rng(seed))

    def _has_jacobian(self, arguments: tuple[Any, ...]) -> bool:
        return max(t.numel() for t in arguments if isinstance(t, torch.Tensor)) <= self.jacobian_elements

    def _judge(self, title: str, arguments: tuple[Any, ...], seen: dict[str, Any]) -> Verdict:
        if seen["error"]:
            return Verdict(title, "error", seen["error"])
        right = _seen(self.oracle, arguments, with_jacobian=False, other=None)
        oracle, finite = "torch's own", "finite differences of the forward"
        pairs = [Compared("value", seen["value"], right["value"], self.tolerance, oracle)]
        pairs += [
            Compared(f"gradient {number}", got, expected, self.tolerance, oracle)
            for number, (got, expected) in enumerate(zip(seen["gradients"], right["gradients"], strict=True))
        ]
        pairs += [
            Compared(f"Jacobian {number}", analytical, numerical, _JACOBIAN_TOLERANCE, finite)
            for number, (analytical, numerical) in enumerate(seen["jacobians"])
        ]
        verdicts = (compare(title, pair) for pair in pairs)
        different = next((verdict for verdict in verdicts if verdict), None)
        return different or self._launched(title, arguments, seen) or Verdict(title)

    def _launched(self, title: str, arguments: tuple[Any, ...], seen: dict[str, Any]) -> Verdict | None:
        """A verdict when a half of the function is right without a kernel, or None."""
        fewest = {"forward": self.fewest_launches(arguments[0].numel()), "backward": 1}
        for half, reason in seen["not_made"].items():
            number = seen["launches"][half]
            if reason and number >= fewest[half]:
                sentence = _(
                    "The {half} is right, but not by your kernel alone: {reason}.", half=half, reason=reason
                )
                return Verdict(
                    title, "not-launched", sentence, _("Give the launch the arguments themselves.")
                )
            if number < fewest[half]:
                sentence = _(
                    "The {half} is right, but not by your kernel alone: "
                    "launch(...) ran {number} times, and {fewest} or more are needed.",
                    half=half,
                    number=number,
                    fewest=fewest[half],
                )
                return Verdict(title, "not-launched", sentence)
        return None


class Compared(NamedTuple):
    """A value, gradient or Jacobian, and what it should be by the `oracle`, up to `tolerance`."""

    what: str
    got: Any
    expected: Any
    tolerance: float
    oracle: str


def compare(title: str, pair: Compared) -> Verdict | None:
    """A verdict on the first element where two arrays differ by more than the tolerance, or None."""
    what, tolerance = pair.what, pair.tolerance
    reason = "wrong-values" if what == "value" else "gradient"
    got, expected = np.asarray(pair.got, np.float64), np.asarray(pair.expected, np.float64)
    if got.shape != expected.shape:
        sentence = _(
            "The {what} has shape {got}, but {expected} is expected.",
            what=what,
            got=got.shape,
            expected=expected.shape,
        )
        return Verdict(title, reason, sentence)
    wrong = first_difference(got, expected, tolerance)
    if wrong is None:
        return None
    sentence = _(
        "The {what} differs from {oracle} at [{wrong}].",
        what=what,
        oracle=pair.oracle,
        wrong=", ".join(map(str, wrong)),
    )
    return Verdict(title, reason, sentence, "", None, cells_around(got, expected, wrong, tolerance))


def _same_shapes(arguments: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """`arguments` with the tensors of another draw, where these have the same shapes."""
    swapped = tuple(b if isinstance(a, torch.Tensor) else a for a, b in zip(arguments, other, strict=True))
    fits = all(
        a.shape == b.shape for a, b in zip(arguments, swapped, strict=True) if isinstance(a, torch.Tensor)
    )
    return swapped if fits else tuple(-a if has_gradient(a) else a for a in arguments)


def _leaves(arguments: tuple[Any, ...]) -> list[Any]:
    copies = [a.clone() if isinstance(a, torch.Tensor) else a for a in arguments]
    return [a.requires_grad_() if has_gradient(a) else a for a in copies]


def _numbers(function: Callable[..., torch.Tensor], arguments: tuple[Any, ...]) -> list[Any]:
    """The Python numbers that the forward hands to its launches."""
    with Launches() as launches:
        answered(function, *_leaves(arguments))
    return launches.numbers


def _observe(function: Callable[..., torch.Tensor], *asked: Any) -> dict[str, Any]:
    """What `_seen` returns of a learner's function, or the error that it raised."""
    try:
        return _seen(function, *asked)
    except AnswerError as error:
        return {"error": str(error)}


def _seen(
    function: Callable[..., torch.Tensor],
    arguments: tuple[Any, ...],
    with_jacobian: bool,
    other: tuple[Any, ...] | None,
) -> dict[str, Any]:
    """The value, the gradient of each tensor argument for one fixed direction, pairs of Jacobians, and why a half
    is not made by launches. On the `other` arguments, whose tensors hold other numbers, a launch must be handed
    the same Python numbers: else torch or NumPy has computed with the data."""
    leaves = _leaves(arguments)
    tensors = [leaf for leaf in leaves if has_gradient(leaf)]
    launches = Launches()
    launches.give(*leaves)
    with launches:
        value = answered(function, *leaves)
    if not isinstance(value, torch.Tensor):
        raise AnswerError(_("it returns {kind}, not a tensor", kind=type(value).__name__))
    made, numbers = launches.number, list(launches.numbers)
    not_made = {"forward": launches.reason(value)}
    if other is not None and repr(numbers) != repr(_numbers(function, other)):  # as text: NaN is not NaN
        not_made["forward"] = _("a number that a launch was given was computed from the data")
    direction = torch.cos(1 + torch.arange(value.numel(), dtype=value.dtype)).reshape(value.shape)
    launches.give(direction)
    with launches:
        gradients = answered(torch.autograd.grad, value, tensors, direction, retain_graph=True)
    not_made["backward"] = launches.reason(gradients)
    half = ""
    if other is not None and not any(not_made.values()):
        half = half_with_unseen_steps(function, arguments, other)
    if half:
        not_made[half] = _("a step that PyTorch does not see, such as NumPy's, wrote into memory")
    jacobians = _jacobians(function, leaves, value) if with_jacobian else []
    return {
        "error": "",
        "value": value.tolist(),
        "gradients": [gradient.tolist() for gradient in gradients],
        "jacobians": jacobians,
        "launches": {"forward": made, "backward": launches.number - made},
        "not_made": not_made,
    }


def _jacobians(
    function: Callable[..., torch.Tensor], leaves: Sequence[Any], value: torch.Tensor
) -> list[tuple[list[list[float]], list[list[float]]]]:
    """For each tensor argument the Jacobian by backward and by central differences, (outputs, elements)."""
    pairs = []
    for place, leaf in enumerate(leaves):
        if not has_gradient(leaf):
            continue
        rows = []
        for unit in _units(value):
            (row,) = answered(torch.autograd.grad, value, leaf, unit, retain_graph=True)
            rows.append(row.reshape(-1))
        columns = []
        for unit in _units(leaf):
            ahead, behind = (
                answered(
                    function, *leaves[:place], leaf.detach() + step * unit, *leaves[place + 1 :]
                ).detach()
                for step in (_STEP, -_STEP)
            )
            if ahead.shape != value.shape or behind.shape != value.shape:
                raise AnswerError(_("its result has another shape when the numbers of its arguments differ"))
            columns.append((ahead - behind).reshape(-1) / (2 * _STEP))
        pairs.append((torch.stack(rows).tolist(), torch.stack(columns, dim=1).tolist()))
    return pairs


def _units(like: torch.Tensor) -> list[torch.Tensor]:
    return list(torch.eye(like.numel(), dtype=like.dtype).reshape(like.numel(), *like.shape))
