"""Each private name of Numba that the executor uses is there; one that goes is reported by name."""

import pytest

from gpu_labs.executor.frontend import private_names, type_inference
from gpu_labs.executor.frontend.private_names import types
from graphviz_tools.errors import UserError


@pytest.mark.parametrize("key", private_names.NAMES)
def test_this_numba_still_has(key):
    assert private_names.NAMES[key].find() is not None, f"{key} is gone; last seen in {private_names.SEEN}"


def test_its_templates_still_have_the_attributes():
    context = type_inference.contexts().typing
    methods = context._get_attribute_templates(types.Array(types.float32, 1, "C"))
    made = next(template for template in methods if getattr(template, "_attr", "") == "prod")
    assert made._overload_func is not None


def test_a_missing_name_is_reported_with_what_is_lost(monkeypatch):
    gone = private_names.PrivateName("numba.cuda.core", "gone", "numba-cuda 0.30.4", "reading kernels")
    monkeypatch.setitem(private_names.NAMES, "ir", gone)
    with pytest.raises(
        UserError, match=r"no numba\.cuda\.core\.gone any more.*Lost without it: reading kernels"
    ):
        private_names.find("ir")
