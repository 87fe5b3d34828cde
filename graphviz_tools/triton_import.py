"""Let Triton be imported after TensorFlow, which would otherwise end the process.

Both carry LLVM inside. TensorFlow loads its own for all libraries that come later, so Triton's library, loaded second,
binds half of its calls to TensorFlow's LLVM and crashes while it registers its passes. Seen with TensorFlow 2.21 and
Triton 3.7.1 and 3.8.0, on Linux. Bound to its own symbols (`RTLD_DEEPBIND`), it works in either order; but not where
LD_PRELOAD replaces `malloc`, as on Colab, since it then frees with another library's `free`: there it is refused.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder
from types import ModuleType

from graphviz_tools.language import _

LIBRARY = "triton._C.libtriton"


class BoundToItself(ExtensionFileLoader):
    """Loads an extension whose calls go to its own symbols before those of libraries loaded earlier."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        flags = sys.getdlopenflags()
        sys.setdlopenflags(os.RTLD_NOW | os.RTLD_DEEPBIND)
        try:
            return super().create_module(spec)
        finally:
            sys.setdlopenflags(flags)


class TritonAfterTensorFlow:
    """Finds Triton's library where TensorFlow was imported first; leaves every other import alone.

    Raises ImportError, which torch takes for "no Triton", where loading it would end the process.
    """

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != LIBRARY or "tensorflow" not in sys.modules:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, ExtensionFileLoader):
            if os.environ.get("LD_PRELOAD"):
                raise ImportError(
                    _(
                        "Triton cannot be loaded after TensorFlow where LD_PRELOAD is set: restart the kernel "
                        "and run `import triton` first"
                    )
                )
            spec.loader = BoundToItself(name, spec.loader.path)
        return spec


def allow_triton_after_tensorflow() -> None:
    """Make the import safe in this process; nothing is imported, and a second call changes nothing."""
    if sys.platform == "linux" and TritonAfterTensorFlow not in sys.meta_path:
        sys.meta_path.insert(0, TritonAfterTensorFlow)
