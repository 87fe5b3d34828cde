"""TensorFlow and Triton in one process: in the safe order where we choose it, bound apart where the user did."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

import graphviz_tools
from graphviz_tools.triton_import import LIBRARY, BoundToItself, TritonAfterTensorFlow

ROOT = Path(__file__).resolve().parents[2]
TRITON = "print('triton')"
TENSORFLOW = "print('tensorflow')"

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="Triton's clash and its cure are Linux's")


@pytest.mark.parametrize(
    ("user", "order"), [("", ["triton", "tensorflow"]), ("import tensorflow", ["tensorflow"])]
)
def test_triton_is_imported_before_tensorflow_or_not_at_all(
    tmp_path: Path, user: str, order: list[str]
) -> None:
    """Empty packages stand for both: the real Triton comes with CUDA builds alone."""
    for name, source in {"triton": TRITON, "tensorflow": TENSORFLOW, "torch": ""}.items():
        (tmp_path / f"{name}.py").write_text(source)
    code = "from graphviz_tools.frameworks import import_tensorflow; import_tensorflow()"
    program = f"import sys; sys.path[:0] = {[str(tmp_path), str(ROOT)]!r}\n{user}\n{code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == order


@pytest.fixture
def library(tmp_path: Path) -> list[str]:
    """The path on which a file that is named as Triton's library lies."""
    (tmp_path / f"libtriton{EXTENSION_SUFFIXES[0]}").touch()
    return [str(tmp_path)]


@linux_only
def test_importing_this_package_watches_for_triton_s_library() -> None:
    assert graphviz_tools.__name__ in sys.modules and sys.meta_path.count(TritonAfterTensorFlow) == 1


@pytest.fixture
def tensorflow_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
    monkeypatch.delenv("LD_PRELOAD", raising=False)


@linux_only
@pytest.mark.usefixtures("tensorflow_is_imported")
def test_after_tensorflow_triton_s_library_is_bound_to_itself(library: list[str]) -> None:
    spec = TritonAfterTensorFlow.find_spec(LIBRARY, library)
    assert spec is not None and isinstance(spec.loader, BoundToItself)
    assert Path(spec.loader.path).parent == Path(library[0])
    assert TritonAfterTensorFlow.find_spec("triton._C.another", library) is None
    assert TritonAfterTensorFlow.find_spec(LIBRARY, []) is None, "Triton has no such library"


@linux_only
@pytest.mark.usefixtures("tensorflow_is_imported")
def test_where_memory_is_another_library_s_it_is_refused(
    library: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_PRELOAD", "/usr/lib/libtcmalloc.so.4")
    with pytest.raises(ImportError, match="restart the kernel and run `import triton` first"):
        TritonAfterTensorFlow.find_spec(LIBRARY, library)


@linux_only
def test_with_no_tensorflow_python_finds_triton_itself(
    library: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    assert TritonAfterTensorFlow.find_spec(LIBRARY, library) is None


@linux_only
def test_only_this_library_is_loaded_so(monkeypatch: pytest.MonkeyPatch) -> None:
    flags, before = [], sys.getdlopenflags()

    def create(_: ExtensionFileLoader, spec: ModuleSpec) -> ModuleType:
        flags.append(sys.getdlopenflags())
        raise ImportError(spec.name)

    monkeypatch.setattr(ExtensionFileLoader, "create_module", create)
    with pytest.raises(ImportError, match=LIBRARY):
        BoundToItself(LIBRARY, "libtriton.so").create_module(ModuleSpec(LIBRARY, None))
    assert flags == [os.RTLD_NOW | os.RTLD_DEEPBIND] and sys.getdlopenflags() == before


@pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="Triton comes only with CUDA builds of torch"
)
def test_the_real_triton_can_be_imported_after_tensorflow() -> None:
    program = "import graphviz_tools, tensorflow, triton; print(triton.__version__)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip()
