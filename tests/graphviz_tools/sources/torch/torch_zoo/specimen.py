"""How a program gets into the zoo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

Program = tuple[Callable[[], Any], list[torch.Tensor]]
ZOO: dict[str, Callable[[], Program]] = {}


def specimen(build: Callable[[], Program]) -> Callable[[], Program]:
    def seeded() -> Program:
        torch.manual_seed(0)
        return build()

    ZOO[build.__name__] = seeded
    return seeded


def leaf(*shape: int, **options: Any) -> torch.Tensor:
    return torch.randn(*shape, **options).requires_grad_()
