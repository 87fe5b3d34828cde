"""What is going on around a program: threads, modes, other recordings, printing."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from graphviz_tools import record_torch, recording_torch
from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


class PlusOne(TorchFunctionMode):
    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        return result + 1 if getattr(func, "__name__", "") == "sin" else result


@specimen
def a_function_mode_of_the_program() -> Program:
    x = leaf(3)

    def program():
        with PlusOne():
            return x.sin().sum()

    return program, [x]


class Through(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


@specimen
def a_dispatch_mode_of_the_program() -> Program:
    x = leaf(3)

    def program():
        with Through():
            return (x.sin() * x).sum()

    return program, [x]


@specimen
def a_default_device() -> Program:
    x = leaf(3)

    def program():
        torch.set_default_device("cpu")
        try:
            return (x * torch.ones(3)).sum()
        finally:
            torch.set_default_device(None)

    return program, [x]


@specimen
def a_recording_of_a_block_inside() -> Program:
    x = leaf(3)

    def program():
        y = x * 2
        with recording_torch() as recorder:
            z = (y * y).sum()
        z.backward()
        return x.detach() * len(recorder.recording)

    return program, [x]


@specimen
def a_recording_of_a_function_inside() -> Program:
    x = leaf(3)

    def program():
        inner = record_torch(lambda v: (v.exp() * 2).mean(), torch.ones(2, requires_grad=True))
        return (x * len(inner)).sum()

    return program, [x]


@specimen
def threads() -> Program:
    x = leaf(3)

    def program():
        made: list[torch.Tensor] = []
        loss = (x * x).sum()
        for work in (lambda: made.append(torch.ones(3) * 5), loss.backward):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        return (x * made[0]).sum().detach()

    return program, [x]


@specimen
def forward_in_a_pool_of_threads() -> Program:
    x = leaf(2, 3)

    def program():
        with ThreadPoolExecutor(2) as pool:
            parts = list(pool.map(lambda i: torch.sin(x[i]) * 2, range(2)))
        return torch.stack(parts).sum()

    return program, [x]


@specimen
def coroutines() -> Program:
    x = leaf(3)

    async def scaled(factor):
        await asyncio.sleep(0)
        return x * factor

    async def both():
        a, b = await asyncio.gather(scaled(2), scaled(3))
        return (a * b).sum()

    return lambda: asyncio.run(both()), [x]


@specimen
def printing_and_copying() -> Program:
    x, net = leaf(3), nn.Linear(3, 3)

    def program():
        with contextlib.redirect_stdout(io.StringIO()):
            print(x, x * 2, f"{x.sum():.3f}")
        file = io.BytesIO()
        torch.save(x, file)
        file.seek(0)
        loaded = torch.load(file)
        return (copy.deepcopy(net)(x) * loaded.detach() * float(x.detach().numpy().sum())).sum()

    return program, [x, *net.parameters()]
