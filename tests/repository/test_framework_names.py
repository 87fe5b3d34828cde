"""Only a source knows how its framework names ops: what all frameworks share reads `OpRoles`."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

from graphviz_tools import op_roles

ROOM = Path(op_roles.__file__).parent
DICTIONARY = "op_vocabulary.py"  # says which names of two frameworks mean the same
SHARED = ("analysis", "transforms", "alignment", "drawing")


def op_names() -> set[str]:
    """Every op and every gradient's name that a source gives. `flags` are labels, and English words."""
    named: set[str] = set()
    for source in ("tensorflow", "torch.compile", "onnx"):
        roles = op_roles.roles_of(source)
        for field in fields(roles):
            given = getattr(roles, field.name)
            if isinstance(given, frozenset) and field.name != "flags":
                named |= given
        named |= {*roles.gradient_names}
    return named


def words_in(code: str) -> set[str]:
    constants = (node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant))
    return {word for word in constants if isinstance(word, str)}


def test_no_shared_code_names_an_op_that_a_source_describes() -> None:
    ops = op_names()
    files = [file for folder in SHARED for file in (ROOM / folder).rglob("*.py") if file.name != DICTIONARY]
    named = {str(file.relative_to(ROOM)): words_in(file.read_text()) & ops for file in files}
    assert {file: words for file, words in named.items() if words} == {}


def test_a_name_of_an_op_is_found_in_code() -> None:
    assert words_in('if node.op in ("While", kind): stop()') & op_names() == {"While"}
