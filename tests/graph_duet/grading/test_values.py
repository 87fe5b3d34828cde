"""What `show` prints, and how printed values are compared."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import torch

from graph_duet.grading.exercise.values import text_of
from graph_duet.grading.judging.tolerance import snap
from graphviz_tools.errors import UserError


@pytest.mark.parametrize("make", [torch.tensor, tf.constant, np.array])
def test_a_tensor_prints_the_same_in_every_framework(make) -> None:
    assert text_of(make([[1.0, -0.0], [1 / 3, 2e9]], dtype=_float32(make))) == (
        "float32[2, 2] [[1.0, 0.0], [0.3333, 2e+09]]"
    )


def _float32(make):
    return {torch.tensor: torch.float32, tf.constant: tf.float32, np.array: np.float32}[make]


def test_numbers_text_and_containers_print_in_one_form() -> None:
    value = {"a": [1, 2.5, None], "b": (True, "x")}
    assert text_of(value) == "{'a': [1, 2.5, None], 'b': (True, 'x')}"
    assert text_of(torch.tensor([1.5], dtype=torch.bfloat16)) == "bfloat16[1] [1.5]"
    assert text_of(torch.tensor(3.0, requires_grad=True)) == "float32[] 3.0"
    assert text_of(float("nan")) == "nan"
    assert text_of(1 + 2j) == "(1.0 + 2.0j)"


def test_what_has_no_stable_form_is_refused() -> None:
    with pytest.raises(UserError, match="but got a object"):
        text_of(object())


def test_real_numbers_are_compared_within_the_tolerance_and_integers_exactly() -> None:
    assert snap("x 0.12349 3", "x 0.1235 3", 2e-4) == "x 0.1235 3"
    assert snap("x 0.125 3", "x 0.1235 3", 2e-4) == "x 0.125 3"
    assert snap("1000000.1", "1000000.2", 2e-4) == "1000000.2"
    assert snap("x 2", "x 3", 10.0) == "x 2"
    assert snap("1.0 2.0", "1.0", 2e-4) == "1.0 2.0"
    assert snap("nan", "0.0", 2e-4) == "nan"
