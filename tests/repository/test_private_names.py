"""Only adapter files touch the private names of a framework."""

from __future__ import annotations

import pytest

from .private_uses import (
    INTERNAL,
    at_import,
    declared_attributes,
    defined_names,
    private_attributes,
    private_names,
    private_texts,
    texts_in,
)
from .source_files import sources

ADAPTERS = ("private_names.py",)
NUMBAS_ADAPTER = "gpu_labs/executor/frontend/private_names.py"
# PyTorch's own guide to extending it uses these: https://docs.pytorch.org/docs/stable/notes/extending.html
DOCUMENTED = {"torch._C", "torch._C.DisableTorchFunction", "torch._C.DisableTorchFunctionSubclass"}
# Private names of Python's own that are in its documentation.
PYTHONS = {"_getframe", "_exit", "_replace", "_asdict", "_fields", "_make"}
# Two more of Python's, for which it offers nothing public, each with the one file that may use it.
PYTHONS_HIDDEN = {
    "graph_duet/notebook_kernels/zygote.py": {
        "_shutdown"
    },  # threading: what an interpreter does before it ends
    "widgets/magics.py": {
        "_get_running_loop",
        "_set_running_loop",
    },  # asyncio: a cell that awaits runs in a loop
}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import torch\ntorch._C.x", {"torch._C", "torch._C.x"}),
        ("import torch\ncore = torch._C\ncore.x", {"torch._C", "torch._C.x"}),
        ("import torch\nt = torch\nt._C.x()", {"torch._C", "torch._C.x"}),
        ('import torch\ngetattr(torch, "_C").x', {"torch._C", "torch._C.x"}),
        ("from torch import _dynamo as d", {"torch._dynamo"}),
        ("from tensorflow.python.eager import context", {"tensorflow.python.eager.context"}),
        ("from numba.core import types", {"numba.core.types"}),
        ("from numba.cuda.misc.special import x", {"numba.cuda.misc.special.x"}),
        ("import torch as t\nt.nn.Module.__call__\nt.ones(1)", set()),
        ("from numba import cuda\ncuda.atomic.add\nfrom numba.cuda import types", {"numba.cuda.types"}),
        ("import mine\nmine._x", set()),
    ],
)
def test_a_private_name_is_recognised(source: str, names: set[str]) -> None:
    assert private_names(source) == names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("tensor._version", {"_version"}),
        ('getattr(fn, "_orig_mod", None)', {"_orig_mod"}),
        ('operator.attrgetter("grad_fn._raw")(x)', {"_raw"}),
        ('vars(fn)["_orig_mod"]\nfn.__dict__["_b"]', {"_orig_mod", "_b"}),
        ("self._mine\ncls._ours", set()),
        ('x.__class__\nx.public\nwords["_of_a_dict"]', set()),
    ],
)
def test_a_private_attribute_is_recognised(source: str, names: set[str]) -> None:
    assert private_attributes(source) == names


@pytest.mark.parametrize(
    "source",
    [
        'sys.modules["torch._dynamo"]',
        'import_module("torch._dynamo")',
        'mock.patch("torch._dynamo")',
        '__import__("torch._dynamo", fromlist=["x"])',
    ],
)
def test_a_private_module_in_a_text_is_recognised(source: str) -> None:
    assert private_texts(source) == {"torch._dynamo"}
    assert private_texts('"torch.nn"\n"torch._dynamo takes seconds"\n"mine._x"') == set()


def shipped() -> dict[str, str]:
    """What users install: a tool may run Numba's own tests."""
    return {file: source for file, source in sources().items() if not file.startswith("tools/")}


def _is_adapter(file: str) -> bool:
    return file.endswith(tuple(f"/{name}" for name in ADAPTERS))


def test_only_adapters_touch_private_names() -> None:
    touching = {
        file: sorted(names)
        for file, source in shipped().items()
        if not _is_adapter(file) and (names := (private_names(source) | private_texts(source)) - DOCUMENTED)
    }
    assert touching == {}


def test_what_runs_at_import_is_recognised() -> None:
    source = "import torch\ndef later():\n    torch._C.x\ntorch._D.x"
    assert private_names(at_import(source)) == {"torch._D", "torch._D.x"}
    assert "find()" in at_import("found = NAME.find()") and "find()" not in at_import("def f(): NAME.find()")


@pytest.mark.parametrize("file", sorted(filter(_is_adapter, sources())))
def test_an_adapter_touches_nothing_private_at_import(file: str) -> None:
    runs = at_import(sources()[file])
    assert private_names(runs) == set(), "look it up with a PrivateName when it is needed"
    assert ".find()" not in runs and "import_module(" not in runs


def test_a_private_attribute_of_an_object_is_declared_in_an_adapter() -> None:
    """An attribute that the file itself does not define belongs to a framework: its adapter lists it with a version."""
    read = shipped()
    declared = set[str]().union(*(declared_attributes(s) for file, s in read.items() if _is_adapter(file)))
    documented = PYTHONS | declared | {"_C"}  # `torch._C` is looked at by its whole path
    touching = {
        file: sorted(names)
        for file, source in read.items()
        if not _is_adapter(file)
        and (
            names := private_attributes(source)
            - defined_names(source)
            - documented
            - PYTHONS_HIDDEN.get(file, set())
        )
    }
    assert touching == {}


def test_one_file_holds_all_that_is_private_of_numba() -> None:
    """Its modules, named in imports or in text, and the private attributes of its objects."""
    read = shipped()
    attributes = declared_attributes(read.pop(NUMBAS_ADAPTER))
    modules = tuple(name for name in INTERNAL if name.startswith("numba."))
    touching = {
        file: sorted(found)
        for file, source in read.items()
        if (found := (private_attributes(source) & attributes) | _texts_naming(source, modules))
    }
    assert attributes and touching == {}


def _texts_naming(source: str, modules: tuple[str, ...]) -> set[str]:
    return {text for text in texts_in(source) if any(f"{text}.".startswith(f"{name}.") for name in modules)}


def test_a_private_module_of_numba_in_a_text_is_found() -> None:
    assert _texts_naming('import_module("numba.cuda.target")', ("numba.cuda.target",)) == {
        "numba.cuda.target"
    }
