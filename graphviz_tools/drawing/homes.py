"""Where each node of a Recording is drawn: in which scope, and in whose box.

What a program does and what a picture needs differ in three ways:

- an optimizer writes a parameter in place: that write belongs to the *parameter's own box*, which so shows the
  parameter's history. What else the optimizer computes lies in a frame of its own;
- a weight, a buffer or a constant lies *beside what reads it*, in the innermost scope around all its readers;
- an autograd node is hidden behind the op that made it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphviz_tools.recording import Recording, Scope, Step
from graphviz_tools.transforms.scopes import Path, around

LEAVES = ("parameter", "variable", "constant")  # what is drawn beside its readers
GRADIENT = "graph of the gradient"
MOST_HELD = 6  # leaves inside one box


@dataclass(frozen=True, slots=True)
class Homes:
    """For each node the path of the scope that it is drawn in (`scopes`), and the node whose box stands for it
    (`onto`), which often is itself.

    `listed` are the scopes by path; `holder` gives, for a leaf that is drawn inside another node's box, that node;
    `updates` are the nodes by which an optimizer writes a parameter."""

    scopes: list[Path]
    onto: list[int]
    listed: dict[Path, Scope]
    holder: dict[int, int]
    updates: frozenset[int]


def find_homes(recording: Recording, *, autograd: bool = False) -> Homes:
    """Work out the homes of all nodes; with `autograd` the autograd nodes keep boxes of their own."""
    listed = {scope.path: scope for scope in recording.scopes}
    updated = {} if autograd else updates(recording)
    scopes = [node.scope for node in recording.nodes]
    if not autograd:
        _frame_optimizers(recording, updated, scopes, listed)
        _frame_gradients(recording, scopes, listed)
    onto = [
        node.owner if node.owner is not None and not autograd else updated.get(node.id, node.id)
        for node in recording.nodes
    ]
    onto = [onto[there] for there in onto]  # the owner of an autograd node may itself be an update
    for node in recording.nodes:
        if autograd and node.owner is not None:
            scopes[node.id] = scopes[node.owner]
    readers = _readers(recording, onto)
    for leaf, targets in readers.items():
        inner, now = around([scopes[target] for target in targets]), scopes[leaf]
        if inner[: len(now)] == now != inner:
            scopes[leaf] = inner
    holder = {} if autograd else _holders(recording, readers, scopes)
    return Homes(scopes, onto, listed, holder, frozenset(updated))


def updates(recording: Recording) -> dict[int, int]:
    """The nodes by which an optimizer writes a tensor in place, each with the node that made the tensor."""
    into = {e.target: e.source for e in recording.edges if e.kind == "data" and not e.target_slot}
    found: dict[int, int] = {}
    of_optimizer: set[int] = set()
    for step in recording.steps:
        if step.phase != "optimize" or step.node is None:
            continue
        of_optimizer.add(step.node)
        source = into.get(step.node)
        if source is None or not _writes_in_place(step):
            continue
        root = found.get(source, source)
        if root not in of_optimizer and recording.nodes[root].owner is None:
            found[step.node] = root
    return found


def _writes_in_place(step: Step) -> bool:
    if not step.reads or not step.writes:
        return False
    before, after = step.reads[0], step.writes[0]
    return before.storage is not None and before.storage == after.storage and before.version != after.version


def _frame_optimizers(
    recording: Recording, updated: Mapping[int, int], scopes: list[Path], listed: dict[Path, Scope]
) -> None:
    """Put what an optimizer computes, from one of its steps to the next, into a frame named by its line."""
    path: Path | None = None
    times: Counter[Path] = Counter()
    before: tuple[Path, str] | None = None
    for step in recording.steps:
        if step.phase != "optimize":
            before = None
        elif step.node is not None and step.node in step.nodes and step.node not in updated:
            word = step.line.text.strip() if step.line else "optimizer step"
            outer = scopes[step.node]
            if (outer, word) != before:
                times[*outer, word] += 1
                again = times[*outer, word]
                path = (*outer, word if again == 1 else f"{word} ({again})")
                listed[path] = Scope(path, "function", word)
                before = outer, word
            assert path is not None
            scopes[step.node] = path


def _frame_gradients(recording: Recording, scopes: list[Path], listed: dict[Path, Scope]) -> None:
    """Put autograd nodes that no op owns, as `create_graph` makes them, into a frame beside what they belong to."""
    for step in recording.steps:
        alone = [
            n
            for n in step.nodes
            if recording.nodes[n].kind == "autograd" and recording.nodes[n].owner is None
        ]
        if not alone:
            continue
        path = (*step.scope, GRADIENT)
        listed.setdefault(path, Scope(path, "function", GRADIENT))
        for node in alone:
            scopes[node] = path


def scope_label(scope: Scope) -> str:
    """What a frame is called: a module by its attribute and its class, `layers.3: Block`."""
    word = scope.path[-1]
    if scope.kind != "module" or not scope.label or word in scope.label:
        return scope.label or word
    return f"{word}: {scope.label}"


def _readers(recording: Recording, onto: Sequence[int]) -> dict[int, set[int]]:
    """The nodes that read each leaf; a leaf that something else is fed into is not one."""
    readers: defaultdict[int, set[int]] = defaultdict(set)
    fed: set[int] = set()
    for edge in recording.edges:
        if edge.kind != "autograd":
            source, target = onto[edge.source], onto[edge.target]
            if source == target:
                continue
            if onto[edge.target] == edge.target:
                fed.add(target)
            if recording.nodes[source].kind in LEAVES:
                readers[source].add(target)
    return {leaf: targets for leaf, targets in readers.items() if leaf not in fed}


def _holders(recording: Recording, readers: Mapping[int, set[int]], scopes: Sequence[Path]) -> dict[int, int]:
    """For each leaf with a single reader, that reader: an op or a decision of the same scope, and not of many."""
    found: dict[int, int] = {}
    for leaf, targets in readers.items():
        reader = recording.nodes[min(targets)]
        if len(targets) == 1 and reader.kind in ("op", "branch") and scopes[reader.id] == scopes[leaf]:
            found[leaf] = reader.id
    many = {reader for reader, count in Counter(found.values()).items() if count > MOST_HELD}
    return {leaf: reader for leaf, reader in found.items() if reader not in many}
