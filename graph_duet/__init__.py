"""The `duet` command: open the lessons, look at one's own program, grade."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("graph-duet")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"
