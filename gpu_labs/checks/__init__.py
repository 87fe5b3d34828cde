"""The instant check of a lab: run a learner's kernel on odd shapes and say what is wrong, and where."""

from gpu_labs.checks.evidence import evidence, evidence_line
from gpu_labs.checks.function_task import FunctionTask
from gpu_labs.checks.kernel_task import Case, KernelTask
from gpu_labs.checks.launches import by_kernels
from gpu_labs.checks.relaunch import launches_of, relaunch
from gpu_labs.checks.report import Report, Verdict
from gpu_labs.checks.second_opinion import second_opinion

__all__ = [
    "Case",
    "FunctionTask",
    "KernelTask",
    "Report",
    "Verdict",
    "by_kernels",
    "evidence",
    "evidence_line",
    "launches_of",
    "relaunch",
    "second_opinion",
]
