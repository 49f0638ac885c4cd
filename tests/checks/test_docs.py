"""The documents stay true: their commands exist, their links lead somewhere, the README keeps its promises."""

from __future__ import annotations

import re
import subprocess

import pytest

from cli.verbs import VERBS
from tests.checks import ROOT, name, text, tracked

DOCUMENTS = [path for path in tracked("*.md", "docs/**/*.md") if not name(path).startswith(".")]
BLOCK = re.compile(r"```(?:sh|bash|console)?\n(.*?)```", re.S)
INLINE = re.compile(r"`((?:make|coko) [^`\n]+)`")


def commands() -> list[tuple[str, str]]:
    found = []
    for path in DOCUMENTS:
        blocks = [line.strip().removeprefix("$ ") for block in BLOCK.findall(text(path)) for line in block.splitlines()]
        found += [(name(path), command) for command in [*blocks, *INLINE.findall(text(path))]]
    return found


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.M))


def test_every_make_command_in_the_docs_exists() -> None:
    wrong = [(where, c) for where, c in commands() if c.startswith("make ") and c.split()[1] not in make_targets()]
    assert wrong == []


def test_every_coko_command_in_the_docs_exists() -> None:
    wrong = [(where, c) for where, c in commands()
             if c.startswith("coko ") and c.split()[1] not in VERBS and not c.split()[1].startswith(("-", "VERB"))]
    assert wrong == []


def test_every_link_between_documents_leads_somewhere() -> None:
    wrong = []
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(path)):
            if not (path.parent / target).exists():
                wrong.append(f"{name(path)} -> {target}")
    assert wrong == []


def test_ci_runs_the_readmes_test_command() -> None:
    assert "make test" in (ROOT / ".ci/run").read_text()
    assert "make test" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("script", [name(p) for p in tracked("*.sh", ".ci/run")])
def test_scripts_are_executable_and_parse(script: str) -> None:
    assert (ROOT / script).stat().st_mode & 0o111 or script.endswith("_lib.sh"), f"chmod +x {script}"
    subprocess.run(["bash", "-n", script], cwd=ROOT, check=True)
