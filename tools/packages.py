"""Install packages with uv, or with pip where uv cannot: PyTorch without CUDA, the rest at tested versions.

Standard library only, and no syntax newer than Python 3.6 (see setup_environment.py).
"""

import ast
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTED = "tools/tested-versions.txt"  # relative to ROOT: uv splits the names of constraint files at spaces
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
OFFLINE = "no package index answers: check the network and try again"
FULL = "the disk is full"
NO_NETWORK = (b"NewConnectionError", b"Name or service not known", b"ReadTimeout")
PACKAGES_A_LINE = 20  # how often pip says how far it is

# What pip is set to, as uv reads it. pip and uv both split lists at spaces, but uv's find-links at commas.
UV_SETTINGS = {
    "index-url": "UV_INDEX_URL",
    "extra-index-url": "UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "constraint": "UV_CONSTRAINT",
    "trusted-host": "UV_INSECURE_HOST",
    "timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
}


class SetupError(Exception):
    """The user has to supply something; the text is the whole message."""


class Installer:
    """Installs into one environment: `python` is that environment's, with or without pip of its own."""

    def __init__(self, python):
        self.python = str(python)
        own = subprocess.run([self.python, "-c", "import pip"], stderr=subprocess.DEVNULL, check=False)
        # A pip outside an environment can install into it, which saves the seconds in which `venv` makes one.
        borrowed = [sys.executable, "-m", "pip", "--python", self.python]
        self.pip = [self.python, "-m", "pip"] if own.returncode == 0 else borrowed
        self.uv = self.find_uv()

    def find_uv(self):
        """uv's path: the environment's, else the user's, else pip installs it; None when that fails."""
        beside = Path(self.python).parent
        for _ in range(2):
            found = shutil.which("uv", path=str(beside)) or shutil.which("uv")
            if found:
                return found
            try:
                self.run_pip(["uv"])
            except SetupError as missing:
                if str(missing) in (OFFLINE, FULL):
                    raise
                break
        print("uv is not available here; pip installs instead, which takes minutes", flush=True)
        return None

    def install(self, arguments):
        """Install at the tested versions, or else at any that the pins allow; with uv, or else with pip.

        DUET_ANY_VERSIONS ignores the tested versions, to try the ends of the allowed range.
        """
        reason = ""
        for tool in [self.run_uv, self.run_pip] if self.uv else [self.run_pip]:
            for constraints in (None,) if os.environ.get("DUET_ANY_VERSIONS") else (TESTED, None):
                if reason:
                    name = "uv" if tool == self.run_uv else "pip, which takes minutes"
                    versions = (
                        "the tested versions" if constraints else "the newest versions that the pins allow"
                    )
                    print(f"that failed ({reason}); now {versions}, with {name}", flush=True)
                try:
                    return tool(arguments, constraints)
                except SetupError as failed:
                    reason = str(failed)
                    if reason == FULL:
                        raise
        raise SetupError(reason)

    def run_uv(self, arguments, constraints=None):
        environment = uv_environment(read_pip_configuration(self.pip), constraints)
        run([self.uv, "pip", "install", "--python", self.python, *arguments], environment)

    def run_pip(self, arguments, constraints=None):
        constrained = ["--constraint", constraints] if constraints else []
        run([*self.pip_install(), "--no-compile", *constrained, *arguments])

    def pip_install(self):
        return [*self.pip, "install", "--disable-pip-version-check", "--retries", "2"]

    def install_torch(self, requirement, gpu):
        """PyTorch first and alone, so that no later requirement brings a build with gigabytes of CUDA.

        What it requires is installed with the rest: PyTorch's index has other versions.
        """
        comes_with_cuda = sys.platform.startswith("linux") and platform.machine() == "x86_64"
        if gpu or not comes_with_cuda:
            return self.install([requirement])
        if answers(TORCH_CPU_INDEX + "/torch/"):
            return self.install([requirement, "--no-deps", "--index-url", TORCH_CPU_INDEX])
        for source in ([], ["--no-index"]):  # any index, then only the wheels that pip's find-links names
            if not self.draws_in_cuda(requirement, source):
                return self.install([requirement, "--no-deps", *source])
        raise SetupError(
            f"PyTorch's CPU index ({TORCH_CPU_INDEX}) does not answer, and from elsewhere torch brings "
            "gigabytes of CUDA packages: check the network and try again"
        )

    def draws_in_cuda(self, requirement, source):
        """True when `requirement` from `source` requires NVIDIA's CUDA packages, or is not available there."""
        options = ["--dry-run", "--quiet", "--no-deps", "--report", "-", *source]
        command = [*self.pip_install(), *options, requirement]
        planned = subprocess.run(command, capture_output=True, check=False)
        if planned.returncode:
            if explained(planned.stderr) == OFFLINE:
                raise SetupError(OFFLINE)
            return True
        found = json.loads(planned.stdout.decode())["install"]
        needs = [need for each in found for need in each["metadata"].get("requires_dist", [])]
        return any(need.lower().startswith(("nvidia-", "cuda-")) for need in needs)


def read_pip_configuration(pip):
    """pip's settings by option, from its files and then its environment variables."""
    listed = subprocess.run([*pip, "config", "list"], stdout=subprocess.PIPE, check=False).stdout.decode()
    found = re.findall(r"^(global|install|:env:)\.([\w-]+)=(.+)$", listed, re.MULTILINE)
    found.sort(key=lambda line: ("global", "install", ":env:").index(line[0]))
    return {option: ast.literal_eval(value) for _, option, value in found}


def uv_environment(configuration, constraints=None):
    """uv's environment variables for pip's `configuration`; what the user set for uv itself wins."""
    settings = {
        # As pip does: the best version of all indexes, and the system's certificates.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_SYSTEM_CERTS": "1",
    }
    for option, variable in UV_SETTINGS.items():
        if option in configuration:
            separator = "," if option == "find-links" else " "
            settings[variable] = separator.join(configuration[option].split())
    settings.update(os.environ)
    if constraints:
        settings["UV_CONSTRAINT"] = " ".join([settings.get("UV_CONSTRAINT", ""), constraints]).strip()
    return settings


def run(command, environment=None):
    """Run an installer, with its own progress on a terminal; raise the reason when it fails."""
    settings = {"cwd": str(ROOT), "env": environment}
    if sys.stdout.isatty():
        if subprocess.run(command, check=False, **settings).returncode:
            raise SetupError("see the lines above")
        return
    output, packages = b"", 0
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **settings)
    for line in process.stdout:
        output += line
        if line.startswith(b"Collecting "):  # pip's; uv is too fast to need it
            packages += 1
            if packages % PACKAGES_A_LINE == 0:
                print(f"      {packages} packages found", flush=True)
    if process.wait():
        raise SetupError(explained(output))


def explained(output):
    """The one line of an installer's output that a user can act on."""
    if b"No space left" in output or b"os error 28" in output:
        return FULL
    if any(sign in output for sign in NO_NETWORK):
        return OFFLINE
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error:", "× ", "╰─▶", "caused by:"))]
    return (errors or lines or ["no reason given"])[-1]


def answers(url, seconds=5):
    """True when `url` answers within seconds; one try, so that a closed network does not cost minutes."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=seconds):
            return True
    except (urllib.error.URLError, OSError):
        return False


def base_has_pip():
    return importlib.util.find_spec("pip") is not None
