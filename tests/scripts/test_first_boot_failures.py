"""First boot when something is wrong: the cause is the last thing said, and what can be done without is a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts import Machine
from tests.scripts.aws import Aws
from tests.scripts.test_first_boot import WAS, first_boot, ssh_server

DIED = 70


@pytest.fixture
def machine(tmp_path: Path, aws: Aws) -> Machine:
    return Machine.new(tmp_path, **aws.environment)


def test_a_passing_trouble_of_the_archive_is_waited_out(machine: Machine) -> None:
    machine.fails("apt-get", times=2, beginning="update")
    done = machine.run(first_boot())
    assert done.status == 0, done.output
    assert len(done.called("sleep 10")) == 2


def test_an_archive_that_stays_away_is_named_last(machine: Machine) -> None:
    machine.fails("apt-get")
    done = machine.run(first_boot())
    assert done.status == DIED
    assert done.last_words[0] == "FAILED: packages"
    assert "'apt update' still exited with 100 at attempt 5" in done.last_words[1]
    assert done.last_words[2].startswith("  next: ")
    assert not machine.exists("/etc/coko/first-boot.done")


def test_a_failed_first_boot_can_be_run_again(machine: Machine) -> None:
    machine.fails("apt-get", times=5)
    assert machine.run(first_boot()).status == DIED
    assert machine.run(first_boot()).status == 0


def test_any_other_failure_names_step_command_and_status(machine: Machine) -> None:
    machine.has("nginx")
    machine.fails("nginx")
    done = machine.run(first_boot())
    assert done.status == 100
    assert done.last_words == ["FAILED: nginx answers /healthz", "  why:  'nginx -tq' exited with 100",
                               "  next: mend that, then run this again"]


def test_everything_is_in_the_log_too(machine: Machine) -> None:
    machine.fails("apt-get")
    machine.run(first_boot())
    assert "FAILED: packages" in machine.text("/var/log/coko-first-boot.log")


def test_a_kernel_that_allows_no_swap(machine: Machine) -> None:
    machine.fails("swapon", beginning="/")
    done = machine.run(first_boot())
    assert done.status == 0
    assert "going on without" in done.output
    assert not machine.exists("/swapfile")
    assert not machine.exists("/etc/fstab")


def test_a_cloudwatch_agent_with_a_foreign_signature_is_not_installed(machine: Machine) -> None:
    machine.environment["SIGNER"] = "0000000000000000000000000000000000000000"
    done = machine.run(first_boot())
    assert done.status == 0
    assert "AWS's key has not signed it" in done.output
    assert "WARNING: working without the CloudWatch agent" in done.output
    assert not any("amazon-cloudwatch-agent.deb" in call for call in done.called("apt-get"))
    assert "systemctl enable --now codedeploy-agent" in done.calls


def test_a_codedeploy_agent_of_the_wrong_version_is_not_installed(machine: Machine) -> None:
    machine.environment["PACKAGE_VERSION"] = "1.7.0-1"
    done = machine.run(first_boot())
    assert done.status == DIED
    assert "holds version 1.7.0-1" in done.last_words[1]
    assert "systemctl enable --now codedeploy-agent" not in done.calls


def test_a_checksum_is_held_where_there_is_one(machine: Machine) -> None:
    done = machine.run(first_boot(CODEDEPLOY_AGENT_SHA256="0" * 64))
    assert done.status != 0
    assert "sha256sum" in done.last_words[1]


def test_an_agent_that_does_not_stay_up_is_a_failure(machine: Machine) -> None:
    machine.fails("systemctl", beginning="is-active")
    done = machine.run(first_boot())
    assert done.status == DIED
    assert done.last_words[0] == "FAILED: CodeDeploy agent"


def test_no_role_is_a_warning(machine: Machine, aws: Aws) -> None:
    ssh_server(machine)
    aws.metadata = {"meta-data/instance-id": "i-1"}
    done = machine.run(first_boot())
    assert done.status == 0
    assert "WARNING: working without published SSH host keys" in done.output


@pytest.mark.parametrize("missing", ["COKO_STACK", "AWS_REGION", "CODEDEPLOY_AGENT_VERSION", "COKO_HEALTH_PATH"])
def test_a_missing_export_is_named(machine: Machine, missing: str) -> None:
    script = "".join(line for line in first_boot(**WAS).splitlines(keepends=True)
                     if not line.startswith(f"export {missing}="))
    done = machine.run(script)
    assert done.status != 0
    assert f"{missing}: parameter null or not set" in done.output


def test_an_unknown_tier_is_refused(machine: Machine) -> None:
    done = machine.run(first_boot(COKO_TIER="db"))
    assert done.status == DIED
    assert "there is no tier db" in done.last_words[1]
