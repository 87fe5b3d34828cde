"""Build the site.

python -m website [FOLDER]     (make site; FOLDER is build/site unless named)
"""

from __future__ import annotations

import sys
from pathlib import Path

from graphviz_tools.errors import UserError
from website.build import build_site


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/site")
    try:
        pages = build_site(folder)
    except UserError as error:
        print(f"website: {error}", file=sys.stderr)
        return 1
    print(f"{pages} pages in {folder}: python -m http.server --directory {folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
