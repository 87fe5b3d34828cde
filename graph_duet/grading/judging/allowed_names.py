"""What an answer that is measured in its own process may import: this list, and nothing else.

`duet check` and the grader read the same list, so a learner learns of it before anything is graded. This
file has the standard library, graph_duet.grading.judging.framework_modules the frameworks.
"""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType

# Modules of which every public name that they define may be used.
WHOLE = frozenset(
    (
        "__future__", "array", "bisect", "cmath", "collections", "collections.abc", "datetime", "decimal",
        "fractions", "graphlib", "heapq", "itertools", "math", "numbers", "pprint", "queue", "random", "secrets",
        "statistics", "textwrap", "uuid",
    )
)  # fmt: skip

# Modules of which only these names may be used.
PARTS: dict[str, frozenset[str]] = {
    module: frozenset(names.split())
    for module, names in {
        "abc": "ABC abstractmethod",
        "contextlib": "ExitStack closing contextmanager nullcontext suppress",
        "copy": "copy deepcopy replace",
        "dataclasses": "KW_ONLY asdict astuple dataclass field fields is_dataclass replace",
        "functools": "cache cached_property cmp_to_key lru_cache partial partialmethod reduce total_ordering wraps",
        "graph_duet": "received show submit",
        "json": "JSONDecodeError dumps loads",
        "logging": "DEBUG ERROR INFO WARNING basicConfig getLogger",
        "operator": "abs add and_ concat contains eq floordiv ge getitem gt iadd imul index inv invert is_ is_not isub "
        "itemgetter itruediv le lshift lt matmul mod mul ne neg not_ or_ pos pow rshift sub truediv truth xor",
        "os": "cpu_count environ getcwd getenv getpid linesep name path sep",
        "re": "DOTALL IGNORECASE MULTILINE Match Pattern VERBOSE compile escape findall finditer fullmatch match "
        "search split sub subn",
        "string": "Template ascii_letters ascii_lowercase ascii_uppercase digits hexdigits punctuation whitespace",
        "sys": "byteorder float_info getsizeof maxsize setrecursionlimit version version_info",
        "threading": "Event Lock RLock Thread",
        "time": "monotonic perf_counter perf_counter_ns process_time sleep time time_ns",
        "typing": "Any Callable ClassVar Dict Final Generic Iterable Iterator List Literal Mapping NamedTuple Optional "
        "Protocol Self Sequence Set Tuple Type TypeAlias TypeVar TypedDict Union cast overload",
        "warnings": "catch_warnings filterwarnings simplefilter warn",
    }.items()
}

# Modules of which `from module import *` is allowed: they say what it means.
EXPORTING = frozenset(("cmath", "gpu_labs", "graphviz_tools", "math", "numpy", "torch"))


@cache
def public_names(module: str) -> frozenset[str]:
    """The names without a leading underscore that a module in WHOLE says are its own, or else defines: not the modules,
    functions and classes that it imported."""
    found = importlib.import_module(module)
    held = {n: v for n, v in vars(found).items() if not n.startswith("_")}
    own = getattr(found, "__all__", [n for n, v in held.items() if _home(v, module) == module])
    return frozenset(n for n in own if n in held and not isinstance(held[n], ModuleType))


def _home(value: object, module: str) -> str:
    """The module that defined a function or class, without the underscore of its part in C; else `module`."""
    return (getattr(value, "__module__", None) or module).lstrip("_")
