"""What the program's source says at each site: read when the recording ends, since the file may be another by the time
that somebody looks at it."""

from __future__ import annotations

import linecache
from collections.abc import Sequence

from graphviz_tools.sources.common.call_sites import CallSite, call_site
from graphviz_tools.sources.common.user_code import Stretch
from graphviz_tools.sources.torch.tape import Site, Tape


class Words:
    """Called with a site, gives its words; `of_steps` are those of the tape's steps. `function` is where the recorded
    function lies, if it is the user's own."""

    def __init__(self, tape: Tape, function: Stretch | None) -> None:
        self.function = function
        self._found: dict[tuple[int, int], CallSite] = {}
        self._texts: dict[str, list[str]] = {}
        self.of_steps = [None if step.site is None else self(step.site) for step in tape.steps]
        for call in tape.calls:
            self(call.site)

    def __call__(self, site: Site | None) -> CallSite | None:
        if site is None:
            return None
        code, instruction, _, _ = site
        key = id(code), instruction  # the tape holds the code; its own hash reads all its constants
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = call_site(code, instruction)
            self.lines(code.co_filename)
        return found

    def lines(self, file: str) -> Sequence[str]:
        """The lines of a file, as they were."""
        found = self._texts.get(file)
        if found is None:
            found = self._texts[file] = linecache.getlines(file)
        return found
