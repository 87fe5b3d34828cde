"""`%%record torch`, `%%record tensorflow`, `%%record tensorflow eager`: record a cell, and step through it.

%load_ext widgets
%%record torch
y = (x * 2).sum()
y.backward()
"""

from __future__ import annotations

import ast
import asyncio
import inspect
from collections.abc import Callable
from types import CodeType
from typing import Any, Literal

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.display import display

from graphviz_tools.language import _
from graphviz_tools.recording import Recording
from widgets.stepper import Stepper

USAGE = _(
    "write %%record torch or %%record tensorflow or %%record tensorflow eager, and perhaps a name for the recording: "
    "%%record torch as r"
)


@magics_class
class RecordMagics(Magics):
    """The cell magic `%%record`."""

    @cell_magic
    def record(self, line: str, cell: str) -> None:
        """Run the cell as usual, record it, and show a Stepper.

        `%%record torch as name` also binds the Recording to `name`. The cell's own variables stay, and what
        it raises is raised, after the steps up to there have been shown.
        """
        framework, name = _read(line)
        recording, error = _RECORDERS[framework](self._shell, cell)
        if name:
            self._shell.user_ns[name] = recording
        display(Stepper(recording))
        if error is not None:
            raise error

    @property
    def _shell(self) -> InteractiveShell:
        assert self.shell is not None
        return self.shell


def _read(line: str) -> tuple[str, str | None]:
    """(which recorder, the name for the Recording)."""
    words = line.split()
    if words and words[0] not in _RECORDERS:
        raise UsageError(_("there is no recorder {words!r}: {usage}", words=words[0], usage=USAGE))
    eager = words[:2] == ["tensorflow", "eager"]
    naming = words[2:] if eager else words[1:]
    named = len(naming) == 2 and naming[0] == "as" and naming[1].isidentifier()
    if not words or (naming and not named):
        raise UsageError(USAGE)
    return " ".join(words[: 2 if eager else 1]), naming[1] if naming else None


def _record_torch(shell: InteractiveShell, cell: str) -> tuple[Recording, BaseException | None]:
    """Run the whole cell inside `recording_torch`."""
    from graphviz_tools.sources.torch.recorder import recording_torch

    return _record_whole(shell, cell, recording_torch(title="cell"))


def _record_tensorflow_eager(shell: InteractiveShell, cell: str) -> tuple[Recording, BaseException | None]:
    """Run the whole cell inside `recording_tensorflow_eager`."""
    from graphviz_tools import recording_tensorflow_eager

    return _record_whole(shell, cell, recording_tensorflow_eager(title="cell"))


def _record_whole(
    shell: InteractiveShell, cell: str, recorder: Any
) -> tuple[Recording, BaseException | None]:
    """Run the whole cell inside `recorder`; what it raised is returned too."""
    code, file = _compiled(shell, cell)
    raised = None
    try:
        with recorder:
            _run(_awaiting(code, file, "exec"), shell.user_ns)
    except BaseException as error:  # the stop button too: what was recorded up to there is shown
        raised = error
    return recorder.recording, raised


def _run(code: CodeType, names: dict[str, Any]) -> Any:
    """Run a cell, or give what an expression is worth. The event loop of the notebook does not run meanwhile, so a cell
    that awaits gets one of its own."""
    if not code.co_flags & inspect.CO_COROUTINE:
        return eval(code, names)
    outer, loop = asyncio._get_running_loop(), asyncio.new_event_loop()
    asyncio._set_running_loop(None)
    try:
        return loop.run_until_complete(eval(code, names))
    finally:
        loop.close()
        asyncio._set_running_loop(outer)


def _awaiting(tree: ast.Module | ast.Expression, file: str, mode: Literal["exec", "eval"]) -> CodeType:
    """The code of a tree in which `await` may be used outside a function."""
    return compile(tree, file, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def _record_tensorflow(shell: InteractiveShell, cell: str) -> tuple[Recording, BaseException | None]:
    """Run the cell, and record the call that it ends with."""
    from graphviz_tools import record_tensorflow

    code, file = _compiled(shell, cell)
    last = code.body.pop() if code.body else None
    if not isinstance(last, ast.Expr) or not isinstance(last.value, ast.Call):
        raise UsageError(_("end a %%record tensorflow cell with the call to record, such as f(x)"))
    _run(_awaiting(code, file, "exec"), shell.user_ns)
    call = last.value
    # `f(x)` becomes `record_tensorflow(f, x)` on the same line of the cell, so that what has no line of its own in
    # the function, as a Keras layer, shows the call.
    recording = ast.Call(ast.Name("_record", ast.Load()), [call.func, *call.args], call.keywords)
    expression = ast.fix_missing_locations(ast.Expression(ast.copy_location(recording, call)))
    names = {**shell.user_ns, "_record": record_tensorflow}
    return _run(_awaiting(expression, file, "eval"), names), None


def _compiled(shell: InteractiveShell, cell: str) -> tuple[ast.Module, str]:
    """The cell's syntax tree, and the file name under which tracebacks and recorders find its lines.

    Raises UsageError for invalid Python, without the frames of IPython and of this file around it.
    """
    plain = shell.transform_cell(cell)
    try:
        tree = ast.parse(plain)
    except SyntaxError as error:
        text = f": {error.text.strip()}" if error.text else ""
        raise UsageError(
            _("{msg}, line {lineno} below %%record{words}", msg=error.msg, lineno=error.lineno, words=text)
        ) from None
    return tree, shell.compile.cache(plain, shell.execution_count, cell)


_RECORDERS: dict[str, Callable[[InteractiveShell, str], tuple[Recording, BaseException | None]]] = {
    "torch": _record_torch,
    "tensorflow": _record_tensorflow,
    "tensorflow eager": _record_tensorflow_eager,
}
