"""The cost of recording GPT-2, against a plain run and against torchviz, torchview and torchlens.

    python -m benchmarks.recording

One thread, all ways in turn in one process. Each peer is beside a recording of as much as it shows: the forward
pass where it shows no other, values where it has them. A Recording is put together at the first look, which is part of
the time where a row does not say otherwise. Memory is the peak of a process that runs the model once, each way in a
process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import nn

from benchmarks.least_recorder import recorded_least
from benchmarks.measure import Row, Timing, compared, in_turn, not_measured, publish, ratio
from graphviz_tools import autograd_graph, record_torch, save

SMALL = {"n_layer": 12, "n_embd": 64, "n_head": 4}
FEW_WORDS = {**SMALL, "vocab_size": 1000}  # most of SMALL's plain run is the product with 50,257 words
TRUE_SIZE = {"n_layer": 12, "n_embd": 768, "n_head": 12}
TOKENS = {"small": (SMALL, 16), "true size": (TRUE_SIZE, 128)}
PLAIN = "the peer is the same run, not recorded"
PEERS = ("torchviz", "torchview", "torchlens")


class Subject:
    """GPT-2 with random weights, and the ways to run it."""

    def __init__(self, shape: dict[str, int], tokens: int) -> None:
        torch.manual_seed(0)
        config = transformers.GPT2Config(**shape, bos_token_id=0, eos_token_id=0)
        self.model = transformers.GPT2LMHeadModel(config).eval()
        self.ids = torch.randint(0, config.vocab_size, (1, tokens))

    def _start(self) -> nn.Module:
        self.model.zero_grad(set_to_none=True)
        return self.model

    def forward(self) -> Any:
        return self._start()(self.ids, labels=self.ids)

    def plain(self) -> None:
        self.forward().loss.backward()

    def recorded(self, **how: bool) -> Any:
        return record_torch(self._start(), self.ids, labels=self.ids, **how)

    def without_values(self) -> Any:
        return self.recorded(values=False)

    def looked_at(self, **how: bool) -> Any:
        """Recorded, and put together too: that waits for the first look."""
        return self.recorded(**how).steps

    def looked_at_without_values(self) -> Any:
        return self.looked_at(values=False)

    def forward_looked_at(self) -> Any:
        return self.looked_at(backward=False)

    def forward_looked_at_without_values(self) -> Any:
        return self.looked_at(backward=False, values=False)

    def torchviz(self) -> Any:
        import torchviz

        loss = self.forward().loss
        dot = torchviz.make_dot(loss, dict(self.model.named_parameters()))
        loss.backward()
        return dot

    def torchview(self) -> Any:
        import torchview

        inputs = {"input_ids": self.ids, "labels": self.ids}
        return torchview.draw_graph(self._start(), inputs, depth=10)  # its default of 3 raises KeyError here

    def torchlens(self) -> Any:
        import torchlens

        return torchlens.trace(self._start(), [], {"input_ids": self.ids, "labels": self.ids})


def recorded_rows(subject: Subject, what: str, limits: tuple[float | None, float | None]) -> list[Row]:
    """Rows of a recording with and without values, against the plain run: the whole of it, and until the program has
    its result, when nobody has looked at the Recording yet."""
    ways = {
        "values": subject.looked_at,
        "no values": subject.looked_at_without_values,
        "values, before the first look": subject.recorded,
        "no values, before the first look": subject.without_values,
    }
    plain, *recorded = in_turn(subject.plain, *ways.values(), rounds=11, warm_up=2)
    return [
        Row(f"{what}, {way}", str(timing), str(plain), _times(timing, plain, limit), PLAIN)
        for way, timing, limit in zip(ways, recorded, (*limits, *limits), strict=True)
    ]


def least_row(subject: Subject, what: str) -> Row:
    """The row of a recorder that asks the same and works out nothing: what recording costs in Python at best."""
    plain, least = in_turn(subject.plain, lambda: recorded_least(subject.forward), rounds=11, warm_up=2)
    note = "benchmarks/least_recorder.py: no names, lines, loops, memory, numbers; the peer is the run, not recorded"
    return Row(
        f"{what}, the least that a recorder does", str(least), str(plain), _times(least, plain, None), note
    )


def small_rows() -> list[Row]:
    """GPT-2 with 12 layers, width 64, 16 tokens; then with so few words that the recorder's cost per step dominates."""
    subject = Subject(SMALL, 16)
    both = (subject.looked_at_without_values, subject.plain)
    forward = (subject.forward_looked_at_without_values, subject.forward)
    return [
        *recorded_rows(subject, "forward + backward", (5.0, 3.0)),
        peer_row(
            "torchviz", subject.torchviz, *both, "forward + backward, no values; its backward graph alone"
        ),
        graph_row(subject),
        peer_row("torchview", subject.torchview, *forward, "forward, no values"),
        peer_row(
            "torchlens",
            subject.torchlens,
            subject.forward_looked_at,
            subject.forward,
            "forward, values",
        ),
        *recorded_rows(Subject(FEW_WORDS, 16), "with 1,000 words", (4.0, 3.0)),
        least_row(Subject(FEW_WORDS, 16), "with 1,000 words"),
    ]


Way = Callable[[], Any]


def peer_row(name: str, peer: Way, recorded: Way, bare: Way, note: str) -> Row:
    """Rows of a peer against a recording of the same work, and of both against a plain run."""
    try:
        theirs, ours, plain = in_turn(peer, recorded, bare, rounds=3)
    except Exception as error:
        return not_measured(name, error)
    beside = f"ours {ratio(ours, plain):.1f}x a bare run, the peer {ratio(theirs, plain):.1f}x"
    return Row(name, str(ours), str(theirs), compared(ours, theirs), f"{note}; {beside}")


def graph_row(subject: Subject) -> Row:
    """The row of the graph behind a loss that exists: ours against torchviz's, with the names of the parameters."""
    loss, named = subject.forward().loss, dict(subject.model.named_parameters())
    try:
        import torchviz

        ours, theirs = in_turn(lambda: autograd_graph(loss, named), lambda: torchviz.make_dot(loss, named))
    except Exception as error:
        return not_measured("autograd_graph", error)
    note = "of a loss that exists, with torchviz; ours with the saved tensors too"
    return Row("autograd_graph", str(ours), str(theirs), compared(ours, theirs), note)


def true_size_row() -> Row:
    """The row of GPT-2 as published: 12 layers, width 768; 128 tokens."""
    subject = Subject(TRUE_SIZE, 128)
    plain, recorded = in_turn(subject.plain, subject.looked_at, rounds=3)
    what = "true size (width 768, 128 tokens), values"
    return Row(what, str(recorded), str(plain), _times(recorded, plain, 1.5), PLAIN)


def size_row() -> Row:
    subject = Subject(SMALL, 16)
    recording = subject.recorded()
    with tempfile.TemporaryDirectory() as folder:
        size = save(recording, Path(folder) / "gpt2.json.gz").stat().st_size
    note = f"{len(recording)} steps; the limit is 5 MB"
    return Row("the recording as a .json.gz", f"{size / 1e6:.2f} MB", "", "", note)


def memory_rows(size: str, peers: tuple[str, ...] = ()) -> list[Row]:
    """Rows of the peak memory of a process that runs the model once: plainly, recorded, and with each peer."""
    plain, recorded = (_peak(way, size) for way in ("plain", "looked_at"))
    plainly, note = f"{plain:.0f} MB", "peak of a process that runs it once"
    rows = [Row(f"memory, {size}", f"{recorded:.0f} MB", plainly, f"{recorded / plain:.2f}x", note)]
    for peer in peers:
        what = f"memory, {size}: {peer}"
        try:
            peak = _peak(peer, size)
        except Exception as error:
            rows.append(not_measured(what, error))
        else:
            rows.append(Row(what, "", f"{peak:.0f} MB", f"{peak / plain:.2f}x", note))
    return rows


def _peak(way: str, size: str) -> float:
    command = [sys.executable, "-m", "benchmarks.recording", way, size]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        raise RuntimeError(ran.stderr.strip().rpartition("\n")[2])
    return float(ran.stdout.split()[-1])


def print_peak(way: str, size: str) -> None:
    """Print the megabytes of the largest resident set of this process after one run."""
    run: Callable[[], Any] = getattr(Subject(*TOKENS[size]), way)
    run()
    # Linux's own high-water mark: ru_maxrss of a new process starts at what its parent held.
    status = Path("/proc/self/status").read_text()
    print(next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1e3)


def _times(ours: Timing, plain: Timing, limit: float | None) -> str:
    times = f"{ratio(ours, plain):.2f}x"
    return f"{times} (limit {limit:g}x)" if limit else times


def _quiet() -> None:
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)


def main() -> list[Row]:
    _quiet()
    rows = [*small_rows(), true_size_row(), size_row()]
    rows += [*memory_rows("small", PEERS), *memory_rows("true size")]
    publish("Recording GPT-2 with record_torch, and its peers", rows)
    return rows


if __name__ == "__main__":
    _quiet()
    print_peak(*sys.argv[1:]) if len(sys.argv) > 1 else main()
