"""Our own schema for Jenkins' configuration: its own one comes out of a running controller, and checks none of this."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.jenkins import FILES, REFERENCE, merged, parsed

WHOLE = merged()
ROOTS = {"jenkins", "security", "unclassified", "credentials", "jobs"}
ENVIRONMENT = {"COKO_STACK", "AWS_REGION", "JENKINS_URL"}        # what the unit's drop-in sets
BOOT = {"agent-key", "agent-host-key"}                           # what first boot makes on the host
STORED = {"admin-password", "github-webhook-secret", "github-user", "github-token", "repository-owner",
          "repository-name"}                                     # /coko/<stack>/jenkins/NAME
SECRET_FIELDS = {"password", "secret", "privateKey", "token", "passphrase"}


def permissions() -> list[tuple[str, str]]:
    entries = WHOLE["jenkins"]["authorizationStrategy"]["globalMatrix"]["entries"]
    return [(who["name"], permission)
            for entry in entries for who in entry.values() for permission in who["permissions"]]


def nodes() -> list[dict[str, Any]]:
    return [node["permanent"] for node in WHOLE["jenkins"]["nodes"]]


def credentials() -> dict[str, dict[str, Any]]:
    (domain,) = WHOLE["credentials"]["system"]["domainCredentials"]
    return {one["id"]: one for entry in domain["credentials"] for one in entry.values()}


def fields(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in fields(inner, key)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in fields(inner, name)]
    return [(name, value)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_hold_known_sections_and_say_their_idea(path: Path) -> None:
    assert set(parsed(path)) <= ROOTS
    assert path.read_text().startswith("# ")


def test_one_concern_a_file() -> None:
    assert {path.stem for path in FILES} == {"system", "security", "credentials", "github", "nodes", "job"}


def test_nothing_runs_on_the_controller() -> None:
    assert WHOLE["jenkins"]["numExecutors"] == 0
    assert WHOLE["jenkins"]["mode"] == "EXCLUSIVE"


def test_builds_run_in_an_agent_of_this_host_whose_key_is_checked() -> None:
    (node,) = nodes()
    ssh = node["launcher"]["ssh"]
    assert node["numExecutors"] >= 1
    assert ssh["host"] == "127.0.0.1"
    assert not node["remoteFS"].startswith("/var/lib/jenkins/")
    assert credentials()[ssh["credentialsId"]]["username"] not in ("jenkins", "root")
    assert list(ssh["sshHostKeyVerificationStrategy"]) == ["manuallyProvidedKeyVerificationStrategy"]


def test_webhooks_must_be_signed() -> None:
    hooks = WHOLE["unclassified"]["gitHubPluginConfig"]["hookSecretConfigs"]
    assert hooks
    for hook in hooks:
        assert credentials()[hook["credentialsId"]]["secret"] == "${github-webhook-secret}"


def test_the_webhooks_secret_is_out_of_reach_of_builds() -> None:
    assert credentials()["github-webhook-secret"]["scope"] == "SYSTEM"
    assert credentials()["agent"]["scope"] == "SYSTEM"


def test_strangers_see_nothing() -> None:
    assert "anonymous" not in {who for who, _ in permissions()}
    assert list(WHOLE["jenkins"]["authorizationStrategy"]) == ["globalMatrix"]
    realm = WHOLE["jenkins"]["securityRealm"]["local"]
    assert realm["allowsSignup"] is False


def test_only_the_administrator_administers() -> None:
    powerful = {"Overall/Administer", "Job/Configure", "Job/Create", "Credentials/View", "Agent/Configure"}
    assert {who for who, permission in permissions() if permission in powerful} == {"admin"}


def test_forged_requests_are_refused() -> None:
    assert list(WHOLE["jenkins"]["crumbIssuer"]) == ["standard"]
    assert WHOLE["jenkins"]["slaveAgentPort"] == -1


def test_secrets_are_references_and_nothing_else() -> None:
    written = [(name, value) for name, value in fields(WHOLE) if name in SECRET_FIELDS]
    assert len(written) >= 4
    assert [pair for pair in written if not re.fullmatch(r"\$\{[a-z][a-z0-9-]*\}", pair[1])] == []


def test_there_are_no_keys_of_aws() -> None:
    assert not re.search(r"AKIA|aws_access_key|aws_secret", "".join(path.read_text() for path in FILES), re.IGNORECASE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_reference_has_a_source(path: Path) -> None:
    """JCasC takes an unknown name for an empty text: Groovy's own ${…} is written ^${…}, and a typo must be seen."""
    code = "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))
    assert set(REFERENCE.findall(code)) <= ENVIRONMENT | BOOT | STORED


def test_every_stored_value_is_used_and_documented(repository: Path) -> None:
    used = {name for path in FILES for name in REFERENCE.findall(path.read_text())}
    assert used >= STORED
    text = (repository / "docs/jenkins.md").read_text()
    assert [name for name in STORED if f"`{name}`" not in text] == []


def test_first_boot_provides_environment_and_agent(repository: Path) -> None:
    script = (repository / "scripts/first_boot_jenkins.sh").read_text()
    assert all(f'"{name}=$' in script for name in ENVIRONMENT)
    assert all(f"${{at}}/{name}" in script for name in BOOT)
