"""`findings(recording)`: what is wrong with a model, in plain words, and what to do."""

from __future__ import annotations

from graphviz_tools.analysis.faults.crossed_shapes import crossed_shapes
from graphviz_tools.analysis.faults.finding import Finding as Finding
from graphviz_tools.analysis.faults.flat_gradients import dead_relus, flat_gradients
from graphviz_tools.analysis.faults.gradient_paths import cut_paths
from graphviz_tools.analysis.faults.in_place import breaking_writes
from graphviz_tools.analysis.faults.kept_alive import kept_alive
from graphviz_tools.analysis.faults.layers import changing_gradients
from graphviz_tools.analysis.faults.modes import wrong_mode
from graphviz_tools.analysis.faults.non_finite import non_finite
from graphviz_tools.analysis.faults.optimizers import gradients_not_cleared, unchanged_parameters
from graphviz_tools.analysis.faults.program import Program
from graphviz_tools.analysis.faults.softmax import no_logarithm, softmax_twice
from graphviz_tools.arguments import check_recordings
from graphviz_tools.recording import Recording

_SEARCHES = (
    non_finite, cut_paths, flat_gradients, dead_relus, changing_gradients, unchanged_parameters, gradients_not_cleared,
    breaking_writes, kept_alive, wrong_mode, softmax_twice, no_logarithm, crossed_shapes,
)  # fmt: skip


def findings(recording: Recording) -> list[Finding]:
    """The faults that a PyTorch Recording shows, in the order of their steps; empty when it shows none.

    Each search reads only the Recording: those about numbers need one that was made with `values=True`.
    A Recording of another framework has no findings.
    """
    check_recordings(recording)
    if recording.framework != "torch":
        return []
    program = Program(recording)
    found = [finding for search in _SEARCHES for finding in search(program)]
    return sorted(found, key=lambda finding: finding.step)
