"""The settings with which JupyterLab is started."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from duet import server


def test_the_duet_command_is_found_in_jupyterlabs_terminal(tmp_path: Path) -> None:
    path = server.settings(tmp_path)["PATH"]
    assert shutil.which("duet", path=path)
    assert path.endswith(os.environ["PATH"])
