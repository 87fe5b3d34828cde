"""Wrong calls in a kernel, in words: too few or too many arguments, and what Numba's own Python stumbles over."""

from __future__ import annotations

import re

from graphviz_tools.language import _, _n

_TOO_MANY = re.compile(r"(\w+)\(\) takes (\d+) positional arguments? but (\d+) (?:was|were) given")
_MISSING = re.compile(r"(\w+)\(\) missing \d+ required positional arguments?: (.*)")
_UNBOUND = re.compile(r"Cannot bind .* to signature '(.*)' due to \"TypeError: (.*)\"")


def about_call(error: Exception) -> str:
    """What a learner should hear about an error that Numba's Python raised for a call; "" when it is another."""
    text = str(error)
    many, missing, unbound = _TOO_MANY.search(text), _MISSING.search(text), _UNBOUND.search(text)
    if many:
        takes, given = int(many[2]) - 1, int(many[3]) - 1  # Numba hands over its typing context first
        counted = _n("{number} was given", "{number} were given", given)
        if not takes:
            return _("{name} takes no arguments, and {counted}.", name=many[1], counted=counted)
        return _n(
            "{name} takes {number} argument, and {counted}.",
            "{name} takes {number} arguments, and {counted}.",
            takes,
            name=many[1],
            counted=counted,
        )
    if missing:
        return _("{name} is called without {missing}.", name=missing[1], missing=missing[2])
    if unbound:
        return _(
            "The function is called with arguments that do not fit {signature}: {why}.",
            signature=unbound[1],
            why=unbound[2],
        )
    if isinstance(error, NotImplementedError) and "cell variable" in text:
        return _("A function that is defined inside a kernel cannot call itself: write a loop.")
    if isinstance(error, KeyError):
        return _("The record has no field {field}.", field=text)
    if text == "argument can only be 1, 2, 3":
        return _("cuda.grid and cuda.gridsize take the number of dimensions: 1, 2 or 3.")
    if isinstance(error, AssertionError):
        return _("Numba does not know this call for a GPU.")
    return ""
