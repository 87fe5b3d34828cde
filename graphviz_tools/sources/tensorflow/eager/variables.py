"""Which `tf.Variable` an op's resource handle belongs to. A handle does not know; the calls around the op do."""

from __future__ import annotations

import sys
import weakref
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.sources.common.local_names import local_names
from graphviz_tools.sources.tensorflow.private_names import handle_number, tensor_number, variable_in_keras

_DEPTH = 40  # calls from an op outward in which its variable is looked for


@dataclass(frozen=True, slots=True)
class KnownVariable:
    """A variable, and its own name: Keras gives it a path, `dense/kernel`."""

    variable: Any
    name: str


@dataclass(slots=True)
class Variables:
    """The variables of a program, by the numbers of their handles; it keeps none of them alive."""

    _known: dict[int, tuple[weakref.ref[Any], str]] = field(default_factory=dict)

    def find(self, handle: Any) -> KnownVariable | None:
        kept, name = self._known.get(tensor_number(handle), (None, ""))
        variable = kept() if kept is not None else None
        return None if variable is None else KnownVariable(variable, name)

    def learn(self, variable: Any, name: str = "") -> None:
        """Know a `tf.Variable` by its handle."""
        handle = getattr(variable, "handle", None)
        if handle is not None:
            name = name or variable.name.split(":")[0]
            self._known[tensor_number(handle)] = weakref.ref(variable), name

    def look_for(self, handles: list[Any], frame: FrameType | None) -> None:
        """Learn the variables behind `handles` from the calls around an op, whose frames hold them."""
        tf = import_tensorflow()
        keras = sys.modules.get("keras")
        wanted = {tensor_number(handle) for handle in handles if self.find(handle) is None}
        for _ in range(_DEPTH):
            if frame is None or not wanted:
                return
            for held in local_names(frame).values():
                name = ""
                if keras is not None and isinstance(held, keras.Variable):
                    held, name = variable_in_keras(held), held.path
                if isinstance(held, tf.Variable) and (number := handle_number(held)) in wanted:
                    wanted.discard(number)
                    self.learn(held, name)
            frame = frame.f_back
