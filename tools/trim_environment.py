"""Remove from the running environment what no lesson uses: C++ headers, packages' own tests.

    python tools/trim_environment.py

For an image that is built once and thrown away (Binder). It prints what it saved, and the largest packages that stay.
torch's headers stay: the lesson on compilers (L17) compiles C++ with them. An environment that compiles extensions
against TensorFlow must keep its headers.
"""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

UNUSED = (
    "tensorflow/include",
    "torch/test",
    "torch/bin/test_*",
    "clang/native",
    "pandas/tests",
    "numba/tests",
    "scipy/*/tests",
    "numpy/*/tests",
    "matplotlib/tests",
)
LARGEST = 5  # packages to name


def size(path: Path) -> int:
    """The bytes of the files at and under `path`, without following links."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.lstat().st_size for each in files)


def main() -> None:
    site = Path(sysconfig.get_path("purelib"))
    before = size(site)
    saved = 0
    for pattern in UNUSED:
        for path in site.glob(pattern):
            saved += size(path)
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    print(f"environment {before / 1e9:.2f} GB, {saved / 1e9:.2f} GB of it removed")
    left = sorted(((size(path), path.name) for path in site.iterdir()), reverse=True)[:LARGEST]
    print(f"the largest left: {', '.join(f'{name} {bytes_ / 1e9:.2f} GB' for bytes_, name in left)}")


if __name__ == "__main__":
    main()
