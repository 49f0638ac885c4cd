"""Plugins at one version each, from a source that says where, and installed so that nothing moves by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.jenkins import JENKINS, pins

TEXT = (JENKINS / "plugins.txt").read_text()
# A release's whole version: 1.30, 2.22-19.v10a_a_582ea_26e, 841.vec5b_9e1806ec; never latest, experimental, a range.
VERSION = re.compile(r"\d+(\.\d+)*(-\d+(\.\d+)*)?(\.v[0-9a-f]+(_[0-9a-f]+)*_?)?")

# What a part of the configuration or the Jenkinsfile needs, by the plugin that brings it.
NEEDED = {
    "configuration-as-code": "CASC_JENKINS_CONFIG", "job-dsl": "jobs:",
    "workflow-multibranch": "multibranchPipelineJob",
    "github-branch-source": "gitHubBranchDiscovery", "github": "hookSecretConfigs", "matrix-auth": "globalMatrix",
    "ssh-slaves": "launcher: ssh", "plain-credentials": "string:", "ssh-credentials": "basicSSHUserPrivateKey",
    "lockable-resources": "lock()", "pipeline-milestone-step": "milestone()", "junit": "junit()",
    "timestamper": "timestamps()", "pipeline-model-definition": "pipeline {}", "credentials-binding": "credentials()",
}


@pytest.mark.parametrize(("plugin", "version"), pins().items())
def test_pins_are_whole_versions(plugin: str, version: str) -> None:
    assert VERSION.fullmatch(version), f"{plugin}:{version}"


def test_every_plugin_is_there_once() -> None:
    names = [line.split(":")[0] for line in TEXT.splitlines() if line and not line.startswith("#")]
    assert len(names) == len(set(names))
    parts = [part.splitlines()[1:] for part in TEXT.split("\n\n") if ":" in part and not part.startswith("# Every")]
    assert all(part == sorted(part) for part in parts)


def test_what_the_configuration_uses_is_there() -> None:
    assert set(NEEDED) <= set(pins())


def test_versions_that_a_defence_depends_on() -> None:
    """Signatures of webhooks by SHA-256 came with 1.45."""
    assert [int(part) for part in pins()["github"].split(".")[:2]] >= [1, 45]


def test_the_plugin_that_loses_deployments_is_not_used() -> None:
    assert "codedeploy" not in pins()


def test_the_source_is_named() -> None:
    assert re.search(r"github\.com/\S+, \S+ at\n# [0-9a-f]{40}", TEXT)


def test_nothing_moves_by_itself(repository: Path) -> None:
    assert "--latest false" in (repository / "scripts/first_boot_jenkins.sh").read_text()
