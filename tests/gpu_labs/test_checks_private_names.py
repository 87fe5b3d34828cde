"""The private names of PyTorch that the labs' checks use are there, and a missing one is reported with what is lost."""

from __future__ import annotations

import pytest
import torch

from gpu_labs.checks import private_names
from gpu_labs.checks.launches import Launches
from graphviz_tools.errors import UserError
from graphviz_tools.private_name import PrivateName


def test_this_torch_still_has_them() -> None:
    assert private_names.DISPATCH_MODE.find() is not None, f"last seen in {private_names.SEEN}"
    x = torch.ones(4)
    assert private_names.storage_address(x) == private_names.storage_address(x[2:])


def test_a_missing_one_is_reported_with_what_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = PrivateName("torch.utils._python_dispatch", "gone", "2.13", "following launches")
    monkeypatch.setattr(private_names, "DISPATCH_MODE", gone)
    with pytest.raises(UserError, match=r"_python_dispatch\.gone .*Lost without it: following launches"):
        Launches()
