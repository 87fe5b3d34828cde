"""TensorFlow's private names: each is there in this version, and a Recording says what it loses without one."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from graphviz_tools import record_tensorflow_eager
from graphviz_tools.sources.tensorflow import private_names
from graphviz_tools.sources.tensorflow.private_names import NAMES, PrivateName


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.name)
def test_this_tensorflow_has_the_name(name: PrivateName) -> None:
    assert name.find() is not None, f"{name.module}.{name.name} is gone: recordings lose {name.loses}"


def test_tensors_and_tapes_have_the_attributes() -> None:
    assert isinstance(tf.constant(1)._id, int)
    with tf.GradientTape(persistent=True) as tape:
        assert (tape._recording, tape._persistent, tape._watch_accessed_variables) == (True, True, True)


def test_a_recording_says_what_it_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(self: PrivateName) -> Any:
        return None if self.name.startswith(("_gradient_function", "record_operation")) else found(self)

    found = PrivateName.find
    caches = (private_names._gradient_patch, private_names._record_patch)
    for cached in caches:
        cached.cache_clear()
    monkeypatch.setattr(PrivateName, "find", gone)

    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        return tape.gradient(y, x)

    try:
        recording = record_tensorflow_eager(f, tf.constant(3.0))
    finally:
        for cached in caches:
            cached.cache_clear()
    assert recording.outputs[0].numbers == (6.0,)
    why = " ".join(left.why for left in recording.omitted)
    assert "the order of a tape's backward pass" in why and "custom gradients on a tape" in why
