"""How JupyterLab is set up for the lessons, as environment variables: the same on a desk and on Binder.

    eval "$(python -m graph_duet.server FOLDER)"

Notebook kernels fork from a preloaded process, Markdown opens rendered, and the course map is the start page.
Everything is in `FOLDER/.duet`, so nothing of the user's own Jupyter settings is touched.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from graph_duet.notebook_kernels import install_kernelspec

START_PAGE = "/lab/tree/lessons/README.md"
SERVER: dict[str, object] = {
    "LabApp": {
        "default_url": START_PAGE,
        "log_level": "WARN",
        # Found here in an editable install too, where nothing is copied to share/jupyter.
        "extra_labextensions_path": [str(Path(__file__).parent / "lab" / "extension")],
    },
    "ServerApp": {
        # It preloads the frameworks while the browser opens, so that the first notebook kernel is quick too.
        "jpserver_extensions": {"graph_duet.notebook_kernels.server_extension": True, "graph_duet.lab": True},
        "kernel_manager_class": "graph_duet.notebook_kernels.kernel_manager.GuardedKernelManager",
        # Not a login shell, which would forget the PATH with `duet` on it.
        "terminado_settings": {"shell_command": [os.environ.get("SHELL") or "sh"]},
    },
}


def settings(folder: Path) -> dict[str, str]:
    """Write the settings for a server that serves `folder`, and return the variables that point to them.

    A user's own JUPYTERLAB_SETTINGS_DIR stays; other search paths are extended. Raises OSError when `folder`
    cannot be written.
    """
    home = folder.resolve() / ".duet"
    install_kernelspec(home / "data" / "kernels" / "python3")
    write(home / "config" / "jupyter_server_config.json", SERVER)
    extensions = home / "lab" / "@jupyterlab"
    viewers = {"defaultViewers": {"markdown": "Markdown Preview"}}
    write_once(extensions / "docmanager-extension" / "plugin.jupyterlab-settings", viewers)
    # No question about news comes before the first lesson.
    news = {"fetchNews": "false"}
    write_once(extensions / "apputils-extension" / "notification.jupyterlab-settings", news)
    return {
        # So that `duet check exercise.ipynb` is found in JupyterLab's own terminal, and after a `!` in a cell.
        "PATH": before(Path(sys.executable).parent, "PATH"),
        "PROMPT_COMMAND": prompt_command(Path(sys.executable).parent),
        "JUPYTER_PATH": before(home / "data", "JUPYTER_PATH"),
        "JUPYTER_CONFIG_PATH": before(home / "config", "JUPYTER_CONFIG_PATH"),
        "JUPYTERLAB_SETTINGS_DIR": os.environ.get("JUPYTERLAB_SETTINGS_DIR", str(home / "lab")),
        "JUPYTERLAB_WORKSPACES_DIR": os.environ.get("JUPYTERLAB_WORKSPACES_DIR", str(home / "workspaces")),
    }


def prompt_command(folder: Path) -> str:
    """What bash runs before a prompt: `folder` on the PATH, which a login shell has set afresh from /etc/profile."""
    name = shlex.quote(str(folder))
    ours = f'case ":$PATH:" in *:{name}:*) ;; *) PATH={name}:$PATH;; esac'
    return ";".join([ours, *filter(None, [os.environ.get("PROMPT_COMMAND")])])


def write(path: Path, content: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1))


def write_once(path: Path, content: Mapping[str, object]) -> None:
    """What the learner changes in JupyterLab's settings stays."""
    if not path.exists():
        write(path, content)


def before(folder: Path, variable: str) -> str:
    """`folder` in front of the search path that `variable` already holds."""
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get(variable)])])


if __name__ == "__main__":
    for name, value in settings(Path(sys.argv[1])).items():
        print(f"export {name}={shlex.quote(value)}")
