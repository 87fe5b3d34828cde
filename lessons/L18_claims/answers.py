"""L18: settle it."""

from graph_duet.authoring.answers import Answers, Wrong

_SAME = """
if not all(np.allclose(a(x), b(x)) for x in inputs):
    return "not the same work"
"""
_NAMED = """
low, high = np.percentile(ratios, (25, 75))
return "A" if high < 1 else "B" if low > 1 else "equal"
"""
_TURNS = """
ratios = []
for turn in range(60):
    x = inputs[turn % len(inputs)]
    ratios.append(timed(a, clock, x, 1)[0] / timed(b, clock, x, 1)[0])
"""


_TEN = """
def raises(action):
    try:
        action()
    except Exception:
        return True
    return False

def hessian(world):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    return world.slope(x).requires_grad

def copied(world):
    array = np.ones(3)
    return not np.shares_memory(world.convert(array).numpy(), array)

def logs_only(world):
    numbers = []
    world.debug(lambda x: numbers.append(x.numpy()) or x, 3.0)
    return not numbers

def stable(world):
    lines = world.old
    lost = {name: sum(map(raises, lines[name])) / len(lines[name]) for name in lines}
    return lost["PyTorch"] < lost["TensorFlow"]

def faster(world):
    return compared(*world.indexing(), world.machine.clock, world.inputs) == "A"

def pays(world):
    return pays_from(*world.modes(), world.machine.clock, world.inputs) in (1, 2)

holds = {
    1: lambda world: not raises((world.vector() ** 2).backward),
    2: hessian,
    3: lambda world: min(len(tensor.shape) for tensor in world.tensors()) > 2,
    4: copied,
    5: lambda world: "add:0" in repr(world.add(1.0, 1.0)),
    6: lambda world: len(world.shown(1.0)) < 3,
    7: logs_only,
    8: stable,
    9: faster,
    10: pays,
}
"""


def _ten(number: int, measurement: str) -> str:
    """Ten right measurements, but for that of one sentence."""
    return f"{_TEN}holds[{number}] = {measurement}\n"


def _blocks(statistic: str, repeats: int = 30) -> str:
    return f"""
times = [[timed(p, clock, inputs[k % len(inputs)], 1)[0] for k in range({repeats})] for p in (a, b)]
one, other = {statistic}(times[0]), {statistic}(times[1])
return "A" if one < 0.9 * other else "B" if other < 0.9 * one else "equal"
"""


ANSWERS = Answers(
    right={
        "1": "said = dict(zip('abcdef', ('B', 'A', 'B', 'A', 'A', 'A')))",
        "2": _SAME
        + """
ta, tb = [], []
for turn in range(90):
    x = inputs[turn % len(inputs)]
    for program, times in ((a, ta), (b, tb)):
        times.append(timed(program, clock, x, 1)[0])
ratio = np.median(np.array(ta) / np.array(tb))
return "A" if ratio < 0.85 else "B" if ratio > 1.18 else "equal"
""",
        "3": """
            one = timed(eager, clock, inputs[0], 101)
            two = timed(compiled, clock, inputs[0], 101)
            gain = np.mean(one[1:]) - np.mean(two[1:])
            return 0 if gain <= 0 else int(np.ceil((two[0] - one[0]) / gain)) + 1
        """,
        "4": _TEN,
        "5": "promise = program(x)\npromise.wait()\ntimes.append(clock() - start)",
    },
    wrong={
        "1": [
            Wrong("always the better one", "said = dict(zip('abcdef', ('A', 'A', 'A', 'A', 'equal', 'B')))"),
            Wrong(
                "a mean is as good as a median", "said = dict(zip('abcdef', ('B', 'A', 'A', 'A', 'A', 'A')))"
            ),
            Wrong(
                "the order does not matter", "said = dict(zip('abcdef', ('B', 'A', 'B', 'A', 'equal', 'A')))"
            ),
            Wrong("one text for all", "said = dict.fromkeys('abcdef', 'A')"),
        ],
        "2": [
            Wrong("one call of each", _SAME + _blocks("np.median", 1)),
            Wrong("does not look at the results", _TURNS + _NAMED),
            Wrong("looks at one result", _SAME.replace("inputs)", "inputs[:1])") + _TURNS + _NAMED),
            Wrong("the mean", _SAME + _blocks("np.mean")),
            Wrong("first all of one, then all of the other", _SAME + _blocks("np.median")),
            Wrong("one input for all calls", _SAME + _TURNS.replace("turn % len(inputs)", "0") + _NAMED),
            Wrong(
                "no spread",
                _SAME + _TURNS + 'return "A" if np.mean(ratios) < 1 else "B"',
            ),
            Wrong("always the same", 'return "equal"'),
        ],
        "3": [
            Wrong("from the second call on", "return 2"),
            Wrong(
                "without the first call",
                """
                one, two = timed(eager, clock, inputs[0], 41)[1:], timed(compiled, clock, inputs[0], 41)[1:]
                return 1 if np.mean(two) < np.mean(one) else 0
                """,
            ),
            Wrong(
                "the first call among the later ones",
                """
                one, two = timed(eager, clock, inputs[0], 41), timed(compiled, clock, inputs[0], 41)
                gain = np.mean(one) - np.mean(two)
                return 0 if gain <= 0 else int(two[0] / gain) + 1
                """,
            ),
            Wrong(
                "never says never",
                """
                one, two = timed(eager, clock, inputs[0], 41), timed(compiled, clock, inputs[0], 41)
                return int((two[0] - one[0]) / abs(np.mean(one[1:]) - np.mean(two[1:]))) + 2
                """,
            ),
        ],
        "4": [
            Wrong(
                "what runs here: no world asked",
                "holds = dict.fromkeys(range(1, 11), lambda world: False)",
                most=0,
            ),
            Wrong("believes the articles", "holds = dict.fromkeys(range(1, 11), lambda world: True)", most=0),
            Wrong(
                "the first tensor stands for all",
                _ten(3, "lambda world: world.tensors()[0].ndim > 2"),
                most=2,
            ),
            Wrong(
                "a copy is another object",
                _ten(4, "lambda world: world.convert(np.ones(3)) is not None"),
                most=2,
            ),
            Wrong(
                "never differentiates again",
                _ten(2, "lambda world: world.slope(torch.ones(2, requires_grad=True)) is not None"),
                most=2,
            ),
            Wrong(
                "counts lines and not shares",
                _ten(
                    8,
                    "lambda w: sum(map(raises, w.old['PyTorch'])) < sum(map(raises, w.old['TensorFlow']))",
                ),
                most=2,
            ),
            Wrong(
                "one call of each, for what needs a clock",
                _ten(
                    9,
                    "lambda w: (lambda a, b: timed(a, w.machine.clock, w.inputs[0], 1)"
                    " < timed(b, w.machine.clock, w.inputs[0], 1))(*w.indexing())",
                ),
                most=2,
            ),
            Wrong(
                "leaves out the first call, for what is paid there",
                _ten(
                    10,
                    "lambda w: (lambda a, b: timed(b, w.machine.clock, w.inputs[0], 2)[1]"
                    " < timed(a, w.machine.clock, w.inputs[0], 2)[1])(*w.modes())",
                ),
                most=2,
            ),
        ],
        "5": [
            Wrong("as it was", "promise = program(x)\ntimes.append(clock() - start)\npromise.wait()"),
            Wrong("never waits", "program(x)\ntimes.append(clock() - start)"),
            Wrong(
                "waits before it starts the clock",
                "program(x).wait()\nstart = clock()\ntimes.append(clock() - start)",
            ),
            Wrong(
                "two calls, one counted wrongly",
                "program(x).wait()\nprogram(x).wait()\ntimes.append(clock() - start)",
            ),
        ],
    },
    unusual={
        "2": _SAME
        + """
counts = {"A": 0, "B": 0}
for turn in range(80):
    x = inputs[turn % len(inputs)]
    order = ((a, b), (b, a))[turn % 2]
    times = [timed(program, clock, x, 1)[0] for program in order]
    ta, tb = times if turn % 2 == 0 else times[::-1]
    counts["A"] += ta < 0.9 * tb
    counts["B"] += tb < 0.9 * ta
best = max(counts, key=counts.get)
return best if counts[best] > 60 else "equal"
""",
    },
)
