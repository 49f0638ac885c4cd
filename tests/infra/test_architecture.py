"""The pictures in the documentation are those of the program as it is now."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from infra.architecture import connections, mermaid, svg, with_diagram
from tests.checks import ROOT
from tests.infra import STACKS, recorded


def test_the_drawn_architecture_is_current() -> None:
    assert (ROOT / "docs/architecture.svg").read_text() == svg(recorded("prod")), "run: make diagrams"


def test_the_readmes_picture_is_current() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "<!-- diagram -->" in readme
    assert with_diagram(readme, recorded("prod")) == readme, "run: make diagrams"


@pytest.mark.parametrize("stack", STACKS)
def test_pictures_are_well_formed_and_name_the_parts(stack: str) -> None:
    picture = svg(recorded(stack))
    ElementTree.fromstring(picture)
    for word in ("nginx", "Django", "MySQL", "ALB", stack):
        assert word in picture
    assert "3306" in mermaid(recorded(stack))


def test_connections_are_read_from_the_rules() -> None:
    ways = {(way.source, way.target, way.port) for way in connections(recorded("prod"))}
    assert ("was", "database", 3306) in ways
    assert ("internet", "database", 3306) not in ways
