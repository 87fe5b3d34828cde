"""The kernelspec that makes JupyterLab start notebook kernels through our provisioner."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def install_kernelspec(folder: Path) -> Path:
    """Write a kernelspec into `folder` (named after the kernel: `.../kernels/python3`) and return it.

    A folder above it on JUPYTER_PATH then makes that kernel fork from a preloaded process. Raises OSError
    when it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "metadata": {"debugger": True, "kernel_provisioner": {"provisioner_name": "duet-forked"}},
    }
    (folder / "kernel.json").write_text(json.dumps(spec, indent=1) + "\n", encoding="utf-8")
    return folder
