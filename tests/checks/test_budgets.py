"""Small files, small functions: the budgets of docs/decisions/0001."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

from tests.checks import name, text, tracked

FILE_MAX, FILE_MEDIAN = 250, 100
FUNCTION_MAX, FUNCTION_MEDIAN = 40, 8

PYTHON = tracked("*.py")
SHIPPED = [path for path in PYTHON if name(path).split("/")[0] not in ("tests", "benchmarks")]


def lines(path: Path) -> int:
    return text(path).count("\n")


def functions(path: Path) -> list[tuple[str, int]]:
    nodes = [n for n in ast.walk(ast.parse(text(path))) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [(f"{name(path)}:{n.lineno} {n.name}", (n.end_lineno or n.lineno) - n.lineno + 1) for n in nodes]


def test_no_file_is_too_long() -> None:
    sources = tracked("*.py", "*.sh", "*.groovy", "Jenkinsfile", "Makefile")
    assert [f"{name(p)}: {lines(p)}" for p in sources if lines(p) > FILE_MAX] == []


def test_no_function_is_too_long() -> None:
    assert [f"{where}: {size}" for path in PYTHON for where, size in functions(path) if size > FUNCTION_MAX] == []


def test_medians_stay_small() -> None:
    assert statistics.median(lines(path) for path in SHIPPED) <= FILE_MEDIAN
    assert statistics.median(size for path in SHIPPED for _, size in functions(path)) <= FUNCTION_MEDIAN


def test_every_module_says_its_idea() -> None:
    packages = [p for p in SHIPPED if text(p).strip() and "/migrations/" not in name(p)]
    assert [name(p) for p in packages if not ast.get_docstring(ast.parse(text(p)))] == []
