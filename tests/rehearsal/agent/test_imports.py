"""The agent runs inside a box, under the system's Python: it needs the standard library and PyYAML, nothing else."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import rehearsal.agent

ALLOWED = sys.stdlib_module_names | {"yaml"}


def modules(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}


def test_nothing_else_is_imported() -> None:
    files = sorted(Path(str(rehearsal.agent.__file__)).parent.glob("*.py"))
    used = {(path.name, module) for path in files for module in modules(path)}
    foreign = {(name, module) for name, module in used if module.split(".")[0] not in ALLOWED}
    assert {(name, module) for name, module in foreign if not module.startswith("rehearsal.agent")} == set()
    assert ("psych.py", "yaml") in used
