"""`duet`, which imports the command line here: Ctrl-C before that is done ends it as later, without a traceback."""

from __future__ import annotations

import sys


def main() -> None:
    try:
        from graph_duet.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
