"""`findings` misses no fault of the corpus and finds none in a sound model."""

from __future__ import annotations

import pytest
import torch

from graphviz_tools import findings, record_torch
from tests.graphviz_tools.analysis.faults import (  # noqa: F401
    faulty_paths,
    faulty_training,
    faulty_values,
    more_models,
    sound_architectures,
    sound_methods,
    sound_training,
)
from tests.graphviz_tools.analysis.faults.programs import FAULTY, SOUND, Faulty, Program


@pytest.mark.parametrize("faulty", FAULTY, ids=lambda faulty: faulty.program.__name__)
def test_a_fault_is_found_at_its_line(faulty: Faulty) -> None:
    torch.manual_seed(0)
    found = findings(record_torch(faulty.program))
    assert {finding.kind for finding in found} == faulty.kinds, "\n".join(map(str, found))
    assert all(finding.line is not None for finding in found)
    if faulty.line:
        assert [f.line.text for f in found if f.line and "# fault" not in f.line.text] == [], str(found[0])


@pytest.mark.parametrize("program", SOUND, ids=lambda program: program.__name__)
def test_a_sound_model_has_no_finding(program: Program) -> None:
    torch.manual_seed(0)
    recording = record_torch(program)
    assert not recording.error or recording.error.startswith("nothing to call backward() on")
    assert [str(finding) for finding in findings(recording)] == []
