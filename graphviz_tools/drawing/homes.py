"""Where each node of a Recording is drawn: in which scope, and in whose box.

What a program does and what a picture needs differ in three ways:

- what an optimizer computes is in a frame of its own, named by its line. What it writes into a parameter is also
  the *parameter's history*, shown in the parameter's box: whatever reads the parameter later reads that box;
- a weight, a buffer or a constant is drawn *beside what reads it*, in the innermost scope around all its readers;
- an autograd node is hidden behind the op that made it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from graphviz_tools.drawing.ends import Ends, Ints
from graphviz_tools.recording import EdgeKind, Recording, Scope, Step
from graphviz_tools.transforms.scopes import Path, around

LEAVES = ("parameter", "variable", "constant")  # what is drawn beside its readers
GRADIENT = "graph of the gradient"
MOST_HELD = 6  # leaves inside one box


@dataclass(frozen=True, slots=True)
class Homes:
    """For each node the path of the scope that it is drawn in (`scopes`), and the node whose box shows it
    (`onto`), often the node itself.

    `listed` are the scopes by path; `holder` gives, for a leaf that is drawn inside another node's box, that node.
    `updates` gives, for a node that writes a parameter in place, the node that made the parameter; `optimizers` are
    the frames of optimizers, `titles` what a node is called where that is not its label, and `owners` the module,
    among those that read it, to which a leaf outside them belongs."""

    scopes: list[Path]
    onto: list[int]
    listed: dict[Path, Scope]
    holder: dict[int, int]
    updates: dict[int, int]
    optimizers: frozenset[Path]
    titles: dict[int, str]
    owners: dict[int, str]

    def drawn(self, ends: Ends) -> tuple[Ints, Ints]:
        """The nodes between whose boxes arrows run: from a parameter's box for all that reads what was written into
        it, and none from outside into an optimizer's frame, which reads every parameter and every gradient."""
        maker = np.arange(len(self.onto))
        maker[list(self.updates)] = list(self.updates.values())
        onto = np.asarray(self.onto, np.int64)
        source, target = onto[maker[ends.source]], onto[ends.target]
        if self.optimizers:
            frame = np.asarray([scope in self.optimizers for scope in self.scopes], bool)
            kept = frame[source] | ~frame[target]
            source, target = source[kept], target[kept]
        return source, target


def find_homes(recording: Recording, ends: Mapping[EdgeKind, Ends], *, autograd: bool = False) -> Homes:
    """Work out the homes of all nodes; with `autograd` the autograd nodes keep boxes of their own."""
    homes = Homes(
        scopes=[node.scope for node in recording.nodes],
        onto=[node.id if node.owner is None or autograd else node.owner for node in recording.nodes],
        listed={scope.path: scope for scope in recording.scopes},
        holder={},
        updates={} if autograd else updates(recording, ends["data"]),
        optimizers=frozenset(),
        titles={},
        owners={},
    )
    if not autograd:
        _keep_buffers(recording, homes)
        _keep_first_values(recording, homes, ends["data"])
        homes = replace(homes, optimizers=_frame_optimizers(recording, homes))
        _frame_gradients(recording, homes.scopes, homes.listed)
    scopes = homes.scopes
    readers = _readers(recording, homes, ends)
    for buffer, follower in _followers(recording, homes).items():
        readers.setdefault(buffer, {follower})
    homes.titles.update(_full_names(recording, readers, scopes))
    for node in recording.nodes:
        if autograd and node.owner is not None:
            scopes[node.id] = scopes[node.owner]
    for leaf, targets in readers.items():
        inner, now = around([scopes[target] for target in targets]), scopes[leaf]
        if inner[: len(now)] == now != inner:
            scopes[leaf] = inner
    modules = {scope.path for scope in recording.scopes if scope.kind == "module"}
    for leaf, targets in readers.items():
        path = scopes[min(targets)]
        inside = (path[n - 1] for n in range(len(scopes[leaf]) + 1, len(path) + 1) if path[:n] in modules)
        homes.owners[leaf] = first_call(next(inside, ""))
    return homes if autograd else replace(homes, holder=_holders(recording, readers, scopes))


def updates(recording: Recording, data: Ends) -> dict[int, int]:
    """The nodes that write a parameter in place, each with the node that made the parameter: all that an optimizer
    writes and did not make, and what is written by hand into a leaf that has a gradient or a buffer of a module."""
    writes: list[tuple[int, Step]] = [
        (step.node, step) for step in recording.steps if step.node is not None and _writes_in_place(step)
    ]
    if not writes:
        return {}
    first = data.slot == 0
    into = dict(zip(data.target[first].tolist(), data.source[first].tolist(), strict=True))
    of_optimizer = {step.node for step in recording.steps if step.phase == "optimize"}
    found: dict[int, int] = {}
    for node, step in writes:
        source: int = into.get(node, -1)
        by_hand = step.phase != "optimize"
        root = found.get(source, source)
        learnt = {"leaf", "requires_grad"} <= {*step.reads[0].flags}
        if source < 0 or (by_hand and not learnt and not _is_buffer(recording, root)):
            continue
        if root not in of_optimizer and recording.nodes[root].owner is None:
            found[node] = root
    return found


def _is_buffer(recording: Recording, node: int) -> bool:
    return recording.framework == "torch" and recording.nodes[node].kind == "variable"


def _keep_buffers(recording: Recording, homes: Homes) -> None:
    """Show what a module writes into its buffer, as the count of batches, in the buffer's own box, where it is written
    first."""
    for write, buffer in reversed(homes.updates.items()):
        if _is_buffer(recording, buffer):
            homes.onto[write] = buffer
            homes.scopes[buffer] = homes.scopes[write]


def _keep_first_values(recording: Recording, homes: Homes, data: Ends) -> None:
    """Show how a parameter gets its first values, in the constructor of a module, in the parameter's own box."""
    read = set(data.source.tolist())
    empty: dict[int, int] = {}  # by storage, the op that made it
    used: set[int] = set()
    kept: dict[int, int] = {}
    valued: set[int] = set()  # the parameters that some of `kept` belong to
    for step in recording.steps:
        if step.node is None or step.phase != "forward":
            continue
        parameter = homes.updates.get(step.node, -1)
        storage = step.writes[0].storage if step.writes else None
        sets = parameter >= 0 and parameter not in used and len(step.reads) == 1
        if sets and (storage in empty or parameter in valued):
            kept[step.node] = parameter
            valued.add(parameter)
            if storage in empty:
                kept[empty.pop(storage)] = parameter
            continue
        sources = (recording.edges[edge].source for edge in step.edges)
        used.update(homes.updates.get(source, source) for source in sources)
        if storage is not None and step.op.startswith("empty") and step.node not in read:
            empty[storage] = step.node
    homes.onto[:] = [kept.get(node, node) for node in homes.onto]


def _followers(recording: Recording, homes: Homes) -> dict[int, int]:
    """For each buffer that is written in place, the op that its module runs next: where nothing reads the buffer, as
    the count of batches, it is drawn in the box of that op."""
    found: dict[int, int] = {}
    written: dict[Path, int] = {}
    for step in recording.steps:
        if step.node is None or step.phase == "backward":
            continue
        buffer = homes.updates.get(step.node)
        if buffer is not None and _is_buffer(recording, buffer):
            written[step.scope] = buffer
        elif step.scope in written and recording.nodes[step.node].kind == "op":
            found.setdefault(written.pop(step.scope), step.node)
    return found


def _writes_in_place(step: Step) -> bool:
    if not step.reads or not step.writes:
        return False
    before, after = step.reads[0], step.writes[0]
    later = (after.version or 0) > (before.version or 0)  # `x.data` counts its versions from 0
    return before.storage is not None and before.storage == after.storage and later


def _frame_optimizers(recording: Recording, homes: Homes) -> frozenset[Path]:
    """Put what an optimizer computes, from one of its steps to the next, into a frame named by its line.

    In there a node's title says what it does, and to what: all of them come from that one line."""
    path: Path | None = None
    times: Counter[Path] = Counter()
    before: tuple[Path, str] | None = None
    frames: set[Path] = set()
    for step in recording.steps:
        if step.phase != "optimize":
            before = None
        elif step.node is not None and step.node in step.nodes:
            word = _statement(step.line.text) if step.line else "optimizer step"
            outer = homes.scopes[step.node]
            if (outer, word) != before:
                times[*outer, word] += 1
                again = times[*outer, word]
                path = (*outer, word if again == 1 else f"{word} ({again})")
                homes.listed[path] = Scope(path, "function", word)
                frames.add(path)
                before = outer, word
            assert path is not None
            homes.scopes[step.node] = path
            written = step.writes[0].name if step.node in homes.updates else ""
            homes.titles[step.node] = f"{written}: {step.op}" if written else step.op
    return frozenset(frames)


def _statement(line: str) -> str:
    """Of the statements in one line, the one that takes the step, without a comment."""
    code = line.partition("#")[0]
    return next((part for part in code.split(";") if ".step(" in part), code).strip()


def _frame_gradients(recording: Recording, scopes: list[Path], listed: dict[Path, Scope]) -> None:
    """Put autograd nodes that no op owns, as `create_graph` makes them, into a frame beside what they belong to.

    When no op was recorded, as behind a tensor that exists already, they are the whole picture and need no frame."""
    if not any(node.kind == "op" for node in recording.nodes):
        return
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
    """The label of a frame; for a module its attribute and its class, `layers.3: Block`."""
    word = scope.path[-1]
    if scope.kind != "module" or not scope.label or word in re.findall(r"[\w.]+", scope.label):
        return scope.label or word
    return f"{word}: {scope.label}"


def first_call(word: str) -> str:
    """The name of a module or a frame, whichever call of it this is."""
    return re.sub(r" \((call )?\d+\)$", "", word)


def _full_names(
    recording: Recording, readers: Mapping[int, set[int]], scopes: Sequence[Path]
) -> dict[int, str]:
    """Longer titles for weights of equal name, by the modules that read them: `G.0.weight` and `D.0.weight`."""
    named = Counter(node.name for node in recording.nodes if node.id in readers)
    modules = {scope.path for scope in recording.scopes if scope.kind == "module"}
    found: dict[int, str] = {}
    for leaf, targets in readers.items():
        name, path = recording.nodes[leaf].name, scopes[min(targets)]
        if named[name] > 1 and "." in name:
            words = [path[n - 1] for n in range(1, len(path) + 1) if path[:n] in modules]
            owner = name.split(".")[:-1]
            above = words[: -len(owner)] if words[-len(owner) :] == owner else []
            found[leaf] = ".".join([*above, name])
    return {leaf: title for leaf, title in found.items() if title != recording.nodes[leaf].name}


def _readers(recording: Recording, homes: Homes, ends: Mapping[EdgeKind, Ends]) -> dict[int, set[int]]:
    """The nodes that read each leaf; one that something else flows into does not count as a leaf."""
    nodes = recording.nodes
    fed = np.zeros(len(nodes), bool)
    leaf = np.asarray([node.kind in LEAVES for node in nodes], bool)
    readers: defaultdict[int, set[int]] = defaultdict(set)
    for kind in ("data", "control"):
        source, target = homes.drawn(ends[kind])
        apart = source != target
        fed[target[apart]] = True
        read = apart & leaf[source]
        for node, reader in zip(source[read].tolist(), target[read].tolist(), strict=True):
            readers[node].add(reader)
    return {node: targets for node, targets in readers.items() if not fed[node]}


def _holders(recording: Recording, readers: Mapping[int, set[int]], scopes: Sequence[Path]) -> dict[int, int]:
    """For each leaf with a single reader, that reader, when it is an op or a decision of the same scope and holds
    few leaves."""
    found: dict[int, int] = {}
    for leaf, targets in readers.items():
        reader = recording.nodes[min(targets)]
        if len(targets) == 1 and reader.kind in ("op", "branch") and scopes[reader.id] == scopes[leaf]:
            found[leaf] = reader.id
    many = {reader for reader, count in Counter(found.values()).items() if count > MOST_HELD}
    return {leaf: reader for leaf, reader in found.items() if reader not in many}
