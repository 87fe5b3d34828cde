"""G11: the clinic."""

from __future__ import annotations

from graph_duet.authoring.answers import Answers, Wrong

# Each patient cured, by its letter.
CURED = {
    "A": """
i, step = cuda.grid(1), 16
total = x[i] if i < x.size else 0.0
while step > 0:
    total += cuda.shfl_down_sync(ALL, total, step)
    step //= 2
if i % 32 == 0 and i // 32 < sums.size:
    sums[i // 32] = total
""",
    "B": """
cells = cuda.shared.array(THREADS, float64)
t = cuda.threadIdx.x
for first in range(cuda.blockIdx.x * THREADS, x.size, cuda.gridsize(1)):
    i = first + t
    cells[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    if i < x.size:
        y[i] = cells[t] + (cells[t - 1] if t > 0 else 0)
    cuda.syncthreads()
""",
    "C": """
cells = cuda.shared.array(THREADS, float64)
t, i = cuda.threadIdx.x, cuda.grid(1)
cells[t] = x[i] if i < x.size else 0
cuda.syncthreads()
y[i] = cells[THREADS - 1 - t]
""",
    "D": """
cells = cuda.shared.array(WIDE, float64)
t, i = cuda.threadIdx.x, cuda.grid(1)
cells[t + 1] = x[i] if i < x.size else 0
if t == 0:
    cells[0] = x[i - 1] if i > 0 else 0
if t == THREADS - 1:
    cells[t + 2] = x[i + 1] if i + 1 < x.size else 0
cuda.syncthreads()
if i < x.size:
    y[i] = cells[t] + cells[t + 1] + cells[t + 2]
""",
    "E": """
cells = cuda.shared.array(THREADS, float64)
t, total = cuda.threadIdx.x, 0.0
for first in range(cuda.blockIdx.x * THREADS, x.size, cuda.gridsize(1)):
    cells[t] = x[first + t] if first + t < x.size else 0
    cuda.syncthreads()
    if t == 0:
        for k in range(THREADS):
            total += cells[k]
    cuda.syncthreads()
if t == 0:
    sums[cuda.blockIdx.x] = total
""",
    "F": """
tops = cuda.shared.array(2, float64)
t, i, step = cuda.threadIdx.x, cuda.grid(1), 16
top = x[min(i, x.size - 1)]
while step > 0:
    top = max(top, cuda.shfl_xor_sync(ALL, top, step))
    step //= 2
if t % 32 == 0:
    tops[t // 32] = top
cuda.syncthreads()
top = max(tops[0], tops[1])
if i < x.size:
    y[i] = x[i] - top
""",
    "G": """
i = cuda.grid(1)
if i < kinds.size:
    cuda.atomic.add(counts, kinds[i], 1)
""",
    "H": """
i = cuda.grid(1)
if i < x.size and x[i] == top:
    cuda.atomic.min(place, 0, i)
""",
    "I": """
t, b = cuda.threadIdx.x, cuda.blockIdx.x
if t == 0:
    for i in range(b * THREADS, min((b + 1) * THREADS, x.size)):
        sums[b] += x[i]
    cuda.atomic.add(total, 0, sums[b])
""",
    "J": """
i = cuda.grid(1)
if i < x.size:
    cuda.atomic.add(total, 0, x[i])
""",
    "K": """
cells = cuda.shared.array(THREADS, float64)
t, i, half = cuda.threadIdx.x, cuda.grid(1), THREADS // 2
cells[t] = x[min(i, x.size - 1)]
cuda.syncthreads()
while half > 0:
    if t < half:
        cells[t] = max(cells[t], cells[t + half])
    cuda.syncthreads()
    half //= 2
if t == 0:
    tops[cuda.blockIdx.x] = cells[0]
""",
    "L": """
cells = cuda.shared.array(THREADS, int64)
t, i, half = cuda.threadIdx.x, cuda.grid(1), THREADS // 2
cells[t] = x[i] if i < x.size else 0
cuda.syncthreads()
while half > 0:
    if t < half:
        cells[t] += cells[t + half]
    cuda.syncthreads()
    half //= 2
if t == 0:
    sums[cuda.blockIdx.x] = cells[0]
""",
}
WARDS = {"2": "ABC", "3": "DEF", "4": "GHIJ", "5": "KL"}


def ward(task: str, **given: str) -> list[str]:
    """The patients of a task, cured, but those that are given."""
    return [given.get(letter, CURED[letter]) for letter in WARDS[task]]


def changed(task: str, letter: str, old: str, new: str, why: str, says: str = "") -> Wrong:
    """A wrong answer: one patient's cure with something replaced."""
    assert old in CURED[letter], why
    return Wrong(why, ward(task, **{letter: CURED[letter].replace(old, new)}), says=says)


FOUND = {
    "waiting": {
        "A": ["divergent-warp", 7],
        "B": ["divergent-barrier", 6],
        "C": ["missing-barrier", 6],
        "A, block": 4,
        "A, warp": 1,
        "B, thread": 44,
    },
    "edges": {"D": ["out-of-bounds", 6], "E": ["silent", 0], "F": ["silent", 0], "D, thread": 63},
    "crowds": {
        "G": ["lost-update", 4],
        "H": ["race-write-write", 4],
        "I": ["race-read-write", 9],
        "J": ["spin-lock", 4],
    },
    "numbers": {"K": ["endless-loop", 6], "L": ["silent", 0]},
}
FORWARD = """
y = torch.empty_like(x)
launch(cured_d, blocks_for(x.numel(), 64), 64, x, out=y)
return y
"""
BACKWARD = """
grad_x = torch.empty_like(grad)
launch(cured_d, blocks_for(grad.numel(), 64), 64, grad, out=grad_x)
return grad_x
"""


def predicted(**others: object) -> str:
    """The diagnoses, with others for some patients: `predicted(I=["lost-update", 5])`."""
    wards = {
        name: {key: others.get(key.replace(", ", "_"), value) for key, value in ward.items()}
        for name, ward in FOUND.items()
    }
    return "\n".join(f"{name} = {ward!r}" for name, ward in wards.items())


LINES_FROM_0 = {
    letter: [found[0], max(found[1] - 1, 0)]
    for ward in FOUND.values()
    for letter, found in ward.items()
    if isinstance(found, list)
}
ANSWERS = Answers(
    right={
        "1": "waiting, edges, crowds, numbers = " + ", ".join(f"dict({ward!r})" for ward in FOUND.values()),
        "2": [
            """
            i, total = cuda.grid(1), 0.0
            if i < x.size:
                total = x[i]
            for turn in range(5):
                total = total + cuda.shfl_xor_sync(ALL, total, 1 << turn)
            if i % 32 == 0 and i < x.size:
                sums[i // 32] = total
            """,
            """
            i = cuda.grid(1)
            while i < x.size:
                left = x[i - 1] if i % THREADS > 0 else 0.0
                y[i] = left + x[i]
                i += cuda.gridsize(1)
            """,
            """
            cells = cuda.shared.array(THREADS, float64)
            t, i = cuda.threadIdx.x, cuda.grid(1)
            cells[THREADS - 1 - t] = x[i] if i < x.size else 0
            cuda.syncthreads()
            y[i] = cells[t]
            """,
        ],
        "3": [
            """
            i, total = cuda.grid(1), 0.0
            if i < x.size:
                for k in range(max(i - 1, 0), min(i + 2, x.size)):
                    total += x[k]
                y[i] = total
            """,
            """
            cells = cuda.shared.array(THREADS, float64)
            t, total = cuda.threadIdx.x, 0.0
            for first in range(cuda.blockIdx.x * THREADS, x.size, cuda.gridsize(1)):
                cells[t] = 0
                if first + t < x.size:
                    cells[t] = x[first + t]
                cuda.syncthreads()
                if t == 0:
                    for k in range(THREADS):
                        total += cells[k]
                cuda.syncthreads()
            if t == 0:
                sums[cuda.blockIdx.x] = total
            """,
            """
            cells = cuda.shared.array(THREADS, float64)
            t, i, half = cuda.threadIdx.x, cuda.grid(1), THREADS // 2
            cells[t] = x[min(i, x.size - 1)]
            cuda.syncthreads()
            while half > 0:
                if t < half:
                    cells[t] = max(cells[t], cells[t + half])
                cuda.syncthreads()
                half //= 2
            if i < x.size:
                y[i] = x[i] - cells[0]
            """,
        ],
        "4": [
            """
            mine = cuda.shared.array(5, int64)
            i = cuda.grid(1)
            if cuda.threadIdx.x < 5:
                mine[cuda.threadIdx.x] = 0
            cuda.syncthreads()
            if i < kinds.size:
                cuda.atomic.add(mine, kinds[i], 1)
            cuda.syncthreads()
            if cuda.threadIdx.x < 5:
                cuda.atomic.add(counts, cuda.threadIdx.x, mine[cuda.threadIdx.x])
            """,
            """
            i = cuda.grid(1)
            if i >= x.size or x[i] < top:
                return
            cuda.atomic.min(place, 0, i)
            """,
            """
            i = cuda.grid(1)
            if i < x.size:
                cuda.atomic.add(sums, cuda.blockIdx.x, x[i])
                cuda.atomic.add(total, 0, x[i])
            """,
            """
            i, step = cuda.grid(1), 16
            mine = x[i] if i < x.size else 0.0
            while step > 0:
                mine += cuda.shfl_down_sync(ALL, mine, step)
                step //= 2
            if i % 32 == 0:
                cuda.atomic.add(total, 0, mine)
            """,
        ],
        "5": [
            """
            cells = cuda.shared.array(THREADS, float64)
            t, i = cuda.threadIdx.x, cuda.grid(1)
            cells[t] = x[i] if i < x.size else x[cuda.blockIdx.x * THREADS]
            for turn in range(6):
                cuda.syncthreads()
                if t < 32 >> turn:
                    cells[t] = max(cells[t], cells[t + (32 >> turn)])
            if t == 0:
                tops[cuda.blockIdx.x] = cells[0]
            """,
            """
            i, t, total = cuda.grid(1), cuda.threadIdx.x, 0
            if t == 0:
                for k in range(i, min(i + THREADS, x.size)):
                    total += int64(x[k])
                sums[cuda.blockIdx.x] = total
            """,
        ],
        "6": [
            FORWARD.replace("torch.empty_like(x)", "x.new_zeros(x.shape)"),
            BACKWARD.replace("blocks_for(grad.numel(), 64)", "(grad.numel() + 63) // 64"),
        ],
    },
    wrong={
        "1": [
            Wrong(
                "numbers prove it", predicted(**{letter: ["silent", 0] for letter in "ABCDEFGHIJKL"}), most=0
            ),
            Wrong("a barrier orders the blocks", predicted(I=["lost-update", 5]), most=3),
            Wrong("lines from 0", predicted(**LINES_FROM_0), most=0),
            Wrong("threads from 1", predicted(B_thread=45, D_thread=64), most=2),
        ],
        "2": [
            changed("2", "A", "i // 32 < sums.size", "i >= 0", "writes a sum of no element", "out-of-bounds"),
            changed(
                "2",
                "A",
                "total = x[i] if i < x.size else 0.0",
                "if i >= x.size:\n    return\ntotal = x[i]",
                "returns before the shuffle",
                "divergent-warp",
            ),
            changed(
                "2",
                "A",
                "step = cuda.grid(1), 16",
                "step = cuda.grid(1), 8",
                "half of the warp",
                "wrong-values",
            ),
            changed(
                "2",
                "B",
                "    cells[t] = x[i] if i < x.size else 0\n    cuda.syncthreads()\n    if i < x.size:\n",
                "    if i < x.size:\n        cells[t] = x[i]\n        cuda.syncthreads()\n",
                "a barrier inside the guard",
                "divergent-barrier",
            ),
            changed(
                "2",
                "B",
                "    cuda.syncthreads()\n    if i",
                "    if i",
                "no first barrier",
                "missing-barrier",
            ),
            changed(
                "2", "C", "cuda.syncthreads()", "cuda.syncwarp()", "orders a warp only", "missing-barrier"
            ),
            changed("2", "C", "x[i] if i < x.size else 0", "x[i]", "no guard", "out-of-bounds"),
        ],
        "3": [
            changed("3", "D", " if i > 0 else 0", "", "the left end", "out-of-bounds"),
            changed("3", "D", " if i + 1 < x.size else 0", "", "the right end", "out-of-bounds"),
            changed("3", "D", "cuda.syncthreads()\n", "", "no barrier", "missing-barrier"),
            changed(
                "3",
                "D",
                "if t == THREADS - 1:\n    cells[t + 2] = x[i + 1] if i + 1 < x.size else 0\n",
                "",
                "no right halo",
                "uninitialised-read",
            ),
            changed(
                "3",
                "E",
                "    cells[t] = x[first + t] if first + t < x.size else 0\n",
                "    if first == cuda.blockIdx.x * THREADS:\n        cells[t] = 0\n"
                "    if first + t < x.size:\n        cells[t] = x[first + t]\n",
                "zeros in the first turn only",
                "wrong-values",
            ),
            changed(
                "3", "F", "\ntop = max(tops", "\nif t < 32:\n    top = max(tops", "one warp", "wrong-values"
            ),
            changed("3", "F", "cuda.syncthreads()\n", "", "tops without a barrier", "missing-barrier"),
        ],
        "4": [
            changed(
                "4",
                "G",
                "cuda.atomic.add(counts, kinds[i], 1)",
                "counts[kinds[i]] += 1",
                "as it was",
                "lost-update",
            ),
            changed("4", "H", "atomic.min", "atomic.max", "the last place", "wrong-values"),
            changed(
                "4",
                "H",
                "cuda.atomic.min(place, 0, i)",
                "place[0] = min(place[0], i)",
                "min, not atomic",
                "lost-update",
            ),
            changed(
                "4",
                "I",
                "    cuda.atomic.add(total, 0, sums[b])",
                "cuda.syncthreads()\nif t == 0 and b == 0:\n"
                "    for k in range(sums.size):\n        total[0] += sums[k]",
                "a barrier between blocks",
                "race-read-write",
            ),
            changed(
                "4",
                "I",
                "    cuda.atomic.add(total, 0, sums[b])",
                "    total[0] += sums[b]",
                "no atomic",
                "lost-update",
            ),
            changed(
                "4",
                "J",
                "    cuda.atomic.add(total, 0, x[i])",
                "    while cuda.atomic.cas(lock, 0, 0, 1) != 0:\n        pass\n"
                "    total[0] += x[i]\n    cuda.atomic.exch(lock, 0, 0)",
                "still the lock",
                "spin-lock",
            ),
            changed(
                "4",
                "J",
                "    cuda.atomic.add",
                "    lock[0] = 1\n    cuda.atomic.add",
                "never given back",
                "wrong-values",
            ),
        ],
        "5": [
            changed("5", "K", "    half //= 2", "    half = (half + 1) // 2", "as it was", "endless-loop"),
            changed("5", "K", "half > 0", "half > 1", "stops a step early", "wrong-values"),
            changed(
                "5",
                "K",
                "x[min(i, x.size - 1)]",
                "x[i] if i < x.size else 0",
                "0 where all are negative",
                "wrong-values",
            ),
            changed("5", "L", "int64", "int8", "bytes", "wrong-values"),
            changed(
                "5",
                "L",
                "    cuda.syncthreads()\n    half",
                "    half",
                "no barrier in the loop",
                "missing-barrier",
            ),
            changed("5", "L", "x[i] if i < x.size else 0", "x[i]", "no guard", "out-of-bounds"),
        ],
        "6": [
            Wrong("the gradient as it came", [FORWARD, "return grad"], says="gradient"),
            Wrong(
                "torch's own operations",
                [
                    "return torch.nn.functional.pad(x, (1, 1)).unfold(0, 3, 1).sum(1)",
                    "return torch.nn.functional.pad(grad, (1, 1)).unfold(0, 3, 1).sum(1)",
                ],
                says="not-launched",
                most=0,
            ),
            Wrong(
                "one block",
                [FORWARD.replace("blocks_for(x.numel(), 64)", "1"), BACKWARD],
                says="wrong-values",
            ),
            Wrong(
                "torch computes beside a launch",
                [FORWARD, BACKWARD.replace("return grad_x", "return grad_x * 1")],
                says="not-launched",
            ),
        ],
    },
    unusual={},
)
