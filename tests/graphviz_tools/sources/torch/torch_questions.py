"""What the tests of single steps ask of a Recording, and the small net that several record."""

from __future__ import annotations

from torch import nn

from graphviz_tools.recording import Recording, Step


def steps(recording: Recording, op: str) -> list[Step]:
    return [step for step in recording.steps if step.op == op]


def step(recording: Recording, op: str) -> Step:
    (only,) = steps(recording, op)
    return only


def labels(recording: Recording) -> list[str]:
    return [node.label for node in recording.nodes if node.kind in ("op", "branch")]


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.ReLU())])

    def forward(self, x):
        h = self.first(x)
        for block in self.blocks:
            h = block(h)
        return (h * 2).sum()
