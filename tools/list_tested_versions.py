"""Write tools/tested-versions.txt: the newest versions that the pins allow, for every platform and Python.

    make lock

PyTorch and CUDA's packages are left out: the right build depends on the machine.
"""

import subprocess
import sys

from packages import ROOT, TESTED, Installer, read_pip_configuration, uv_environment

BY_MACHINE = ("torch", "triton", "nvidia-", "cuda-")
EXTRAS = ("test", "jax", "onnx", "teach", "postgres")


def main() -> None:
    installer = Installer(sys.executable)
    command = [installer.uv, "pip", "compile", "--universal", "--python-version", "3.11", "--upgrade"]
    quiet = ["--quiet", "--no-header", "--no-annotate"]
    extras = [option for name in EXTRAS for option in ("--extra", name)]
    listed = subprocess.run(
        [*command, *quiet, *extras, "pyproject.toml"],
        cwd=ROOT,
        env=uv_environment(read_pip_configuration(installer.pip)),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    kept = [line for line in listed.splitlines(keepends=True) if not line.startswith(BY_MACHINE)]
    (ROOT / TESTED).write_text("".join(kept))
    print(f"{len(kept)} versions in {TESTED}")


if __name__ == "__main__":
    main()
