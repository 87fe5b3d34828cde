"""Run numba-cuda's own tests on the executor, and print how many pass.

    pip install filecheck    # which its tests import
    python tools/numba_suite.py [--failures] [module ...]

The tests ship in numba-cuda's wheel, as `numba.cuda.tests`; a module is named as `cudapy.test_minmax`. Those that
need a GPU, a driver, PTX or the compiler's internals cannot pass here: docs/executor.md lists them. A test is
stopped after 30 seconds.
"""

# numba-cuda redirects `numba.cuda` at run time, which a type checker cannot follow.
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import re
import signal
import sys
import unittest
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
FOLDERS = ("cudapy", "doc_examples", "cudadrv")
SECONDS = 30


class Counts(unittest.TestResult):
    """The outcomes of one module; a test fails when one of its subtests fails."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.passed += 1

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        signal.alarm(SECONDS)

    def stopTest(self, test: unittest.TestCase) -> None:
        signal.alarm(0)
        super().stopTest(test)

    def failed(self) -> Iterator[tuple[str, str]]:
        """The name and the last line of the error, for each failed test."""
        for test, text in (*self.failures, *self.errors):
            whole = getattr(test, "test_case", test)  # a subtest is part of its test
            yield whole.id().removeprefix("numba.cuda.tests."), reason(text)


def reason(traceback: str) -> str:
    """The message of a traceback's exception, joined to one line."""
    raised = list(re.finditer(r"^[\w.]+(?=:|$)", traceback, re.MULTILINE))
    return " ".join(traceback[raised[-1].start() :].split())[:200] if raised else ""


def install(engines: collections.Counter[str], falls: collections.Counter[tuple[str, str]]) -> None:
    """Let `from numba import cuda` give the executor's `cuda`; count which engine runs each launch, and why
    (and for which kernel) the simulator runs one."""
    import numba
    import numba.cuda
    from numba.cuda import cudadrv
    from numba.cuda.tests import support

    from gpu_labs.executor import cuda_module

    for name, value in vars(cuda_module.cuda).items():
        if not name.startswith("__") and name != "is_available":
            setattr(numba.cuda, name, value)  # for `from numba.cuda import jit`
    numba.cuda = cuda_module.cuda  # type: ignore[attr-defined]
    support.MemoryLeakMixin = type("MemoryLeakMixin", (), {})  # it counts allocations in the driver
    cudadrv.devices.get_context = cuda_module.cuda.current_context
    real = cuda_module.run

    def counted(*args: Any, **named: Any) -> Any:
        launch = real(*args, **named)
        engines[launch.engine] += 1
        if launch.engine == "simulator":
            falls[" ".join(launch.notes[0].partition("run it: ")[2].split()), launch.kernel] += 1
        return launch

    cuda_module.run = counted


def late(*_: object) -> None:
    raise TimeoutError(f"more than {SECONDS} seconds")


def run(name: str) -> tuple[Counts, dict[str, str]]:
    """Run one module of Numba's tests: the counts, and the reason of each test that failed."""
    counts, failed = Counts(), dict[str, str]()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            unittest.defaultTestLoader.loadTestsFromName(f"numba.cuda.tests.{name}").run(counts)
        except unittest.SkipTest:
            counts.skipped.append((unittest.TestCase(), name))
        except Exception as error:  # importing some modules needs a driver
            failed[name] = f"{type(error).__name__}: {error}"
        except BaseException as error:  # pytest's own way to skip a module
            if type(error).__name__ != "Skipped":
                raise
            counts.skipped.append((unittest.TestCase(), name))
    return counts, failed | dict(counts.failed())


def main() -> None:
    """Run the tests and print the counts; the exit status is 0 even when tests fail."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("modules", nargs="*", help="such as cudapy.test_minmax; default: all")
    parser.add_argument("--failures", action="store_true", help="also print each failed test with its reason")
    options = parser.parse_args()
    engines: collections.Counter[str] = collections.Counter()
    falls: collections.Counter[tuple[str, str]] = collections.Counter()
    install(engines, falls)
    from numba.cuda import tests

    root = Path(tests.__file__).parent
    found = [
        f"{folder}.{path.stem}" for folder in FOLDERS for path in sorted((root / folder).glob("test_*.py"))
    ]
    signal.signal(signal.SIGALRM, late)
    warnings.simplefilter("ignore")
    total: collections.Counter[str] = collections.Counter()
    print(f"{'module':44}{'passed':>8}{'failed':>8}{'skipped':>8}")
    for name in options.modules or found:
        counts, failed = run(name)
        total.update(passed=counts.passed, failed=len(failed), skipped=len(counts.skipped))
        print(f"{name:44}{counts.passed:8}{len(failed):8}{len(counts.skipped):8}", flush=True)
        for test, reason in failed.items() if options.failures else ():
            print(f"    {test}: {reason}")
    print(f"{'all':44}{total['passed']:8}{total['failed']:8}{total['skipped']:8}")
    print("launches by engine:", ", ".join(f"{count} {engine}" for engine, count in engines.most_common()))
    for (why, kernel), count in falls.most_common():
        print(f"{count:6} on the simulator: {kernel}: {why}")


if __name__ == "__main__":
    main()
