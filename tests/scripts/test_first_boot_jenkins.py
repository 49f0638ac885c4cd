"""First boot of the Jenkins host: never a volume formatted twice, pinned versions, no value missing."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from tests.scripts import SCRIPTS, Machine, user_data
from tests.scripts.aws import SECRET, TOKEN, Aws
from tests.scripts.test_first_boot import ssh_server

DIED = 70
JENKINS = SCRIPTS.parent / "jenkins"
EXPORTS = {
    "COKO_STACK": "prod", "COKO_TIER": "jenkins", "AWS_REGION": "ap-northeast-2", "COKO_SWAP_MIB": "2048",
    "COKO_LOG_GROUP_PREFIX": "/coko/prod", "JENKINS_VERSION": "2.580.1", "JENKINS_CONFIG_BUCKET": "artifacts",
    "JENKINS_CONFIG_KEY": "jenkins/configuration.zip", "JENKINS_CONFIG_VERSION": "v.1_a",
    "JENKINS_DATA_DEVICE": "/dev/sdf", "JENKINS_URL": "https://jenkins.coko.example.com/",
}
VALUES = ("admin-password", "github-webhook-secret", "github-user", "github-token",
          "repository-owner", "repository-name")


def first_boot(**exports: str) -> str:
    return user_data(EXPORTS | exports, "_lib.sh", "_first_boot.sh", "first_boot_jenkins.sh")


def zipped(*, without: str = "nothing") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(JENKINS.rglob("*")):
            name = str(path.relative_to(JENKINS))
            if path.is_file() and not name.startswith(without):
                archive.write(path, name)
    return packed.getvalue()


@pytest.fixture
def machine(tmp_path: Path, aws: Aws) -> Machine:
    machine = Machine.new(tmp_path, **aws.environment)
    machine.knows("disks", "/dev/nvme1n1 disk\n")
    ssh_server(machine)
    aws.page = 10
    aws.parameters |= {f"/coko/prod/jenkins/{name}": f"value of {name}" for name in VALUES}
    aws.objects[("/artifacts/jenkins/configuration.zip", "v.1_a")] = zipped()
    return machine


def test_it_fits_into_user_data() -> None:
    assert len(gzip.compress(first_boot().encode(), mtime=0)) <= 16 * 1024


def test_a_bare_host_becomes_jenkins(machine: Machine) -> None:
    done = machine.run(first_boot())
    assert done.status == 0, done.output
    assert done.called("mkfs.ext4") == ["mkfs.ext4 -q -L jenkins /dev/nvme1n1"]
    assert any(call.endswith("jenkins=2.580.1") for call in done.called("apt-get"))
    assert "apt-mark hold jenkins" in done.calls
    assert "systemctl restart jenkins" in done.calls
    assert machine.text("/var/lib/jenkins/plugins/git.jpi").strip() != ""
    assert machine.text("/etc/coko/first-boot.done") == "jenkins\n"


def test_a_second_run_repeats_nothing(machine: Machine) -> None:
    machine.run(first_boot())
    again = machine.run(first_boot())
    assert again.status == 0, again.output
    assert again.called("mkfs", "useradd", "java", "apt-get", "systemctl restart", "systemctl mask") == []
    assert machine.text("/etc/fstab").count("UUID=") == 1


def test_a_volume_with_data_is_mounted_and_not_formatted(machine: Machine) -> None:
    machine.knows("volume", "ext4\n")
    done = machine.run(first_boot())
    assert done.status == 0, done.output
    assert done.called("mkfs") == []
    assert "UUID=0000-1111 /var/lib/jenkins ext4" in machine.text("/etc/fstab")


def test_a_volume_with_something_else_is_left_alone(machine: Machine) -> None:
    machine.knows("volume", "ntfs\n")
    done = machine.run(first_boot())
    assert done.status == DIED
    assert "neither blank nor an ext4" in done.last_words[1]
    assert done.called("mkfs", "mount ") == []


def test_two_disks_are_not_guessed_between(machine: Machine) -> None:
    machine.knows("disks", "/dev/nvme1n1 disk\n/dev/nvme2n1 disk\n")
    done = machine.run(first_boot())
    assert done.status == DIED
    assert "/dev/nvme1n1 /dev/nvme2n1" in done.last_words[1]
    assert done.called("mkfs") == []


def test_it_waits_for_the_volume_to_move_over(machine: Machine) -> None:
    machine.knows("disks", "")
    done = machine.run(first_boot())
    assert done.status == DIED
    assert len(done.called("sleep 10")) == 89
    assert done.last_words[0] == "FAILED: data volume"


def test_the_very_version_of_the_configuration_is_fetched(machine: Machine, aws: Aws) -> None:
    machine.run(first_boot())
    assert "GetObject /artifacts/jenkins/configuration.zip?versionId=v.1_a" in aws.asked
    assert machine.text("/etc/coko/jenkins/casc/system.yaml") == (JENKINS / "casc/system.yaml").read_text()


def test_a_new_configuration_replaces_the_old_one_and_restarts(machine: Machine, aws: Aws) -> None:
    machine.run(first_boot())
    (machine.root / "etc/coko/jenkins/casc/stale.yaml").write_text("jenkins: {}\n")
    aws.objects[("/artifacts/jenkins/configuration.zip", "v2")] = zipped()
    again = machine.run(first_boot(JENKINS_CONFIG_VERSION="v2"))
    assert again.status == 0, again.output
    assert "systemctl restart jenkins" in again.calls
    assert not machine.exists("/etc/coko/jenkins/casc/stale.yaml")


def test_an_object_that_is_no_configuration_changes_nothing(machine: Machine, aws: Aws) -> None:
    aws.objects[("/artifacts/jenkins/configuration.zip", "v.1_a")] = zipped(without="plugins.txt")
    done = machine.run(first_boot())
    assert done.status == DIED
    assert "no plugins.txt" in done.last_words[1]
    assert done.called("systemctl restart") == []


def test_plugins_that_cannot_be_had_leave_the_old_ones(machine: Machine, aws: Aws) -> None:
    machine.run(first_boot())
    aws.objects[("/artifacts/jenkins/configuration.zip", "v2")] = zipped()
    (machine.root / "var/lib/jenkins/plugins/installed").write_text("another list\n")
    machine.fails("java")
    done = machine.run(first_boot(JENKINS_CONFIG_VERSION="v2"))
    assert done.status == DIED
    assert done.last_words[0] == "FAILED: plugins"
    assert machine.exists("/var/lib/jenkins/plugins/git.jpi")


def test_a_value_that_is_missing_keeps_jenkins_from_starting(machine: Machine, aws: Aws) -> None:
    aws.parameters.pop("/coko/prod/jenkins/github-webhook-secret")
    done = machine.run(first_boot())
    assert done.status == DIED
    assert done.last_words[1] == "  why:  no value for: github-webhook-secret"
    assert done.called("systemctl restart") == []


def test_values_are_files_in_memory_for_jenkins_alone(machine: Machine) -> None:
    done = machine.run(first_boot())
    at = machine.root / "run/coko-jenkins"
    assert (at / "github-token").read_text() == "value of github-token"
    assert {path.stat().st_mode & 0o007 for path in [at, *at.iterdir()]} == {0}
    assert done.called("chgrp -R jenkins") != []
    assert not [call for call in done.calls if "value of" in call or SECRET in call or TOKEN in call]
    assert "value of" not in done.output


def test_values_are_fetched_again_at_every_start(machine: Machine, aws: Aws) -> None:
    machine.run(first_boot())
    aws.parameters["/coko/prod/jenkins/github-token"] = "rotated"
    done = machine.run(machine.text("/usr/local/sbin/coko-jenkins-values"))
    assert done.status == 0, done.output
    assert machine.text("/run/coko-jenkins/github-token") == "rotated"
    assert "ExecStartPre=+/usr/local/sbin/coko-jenkins-values" in machine.text(
        "/etc/systemd/system/jenkins.service.d/coko.conf")


def test_the_heap_is_half_and_temporary_files_are_on_disk(machine: Machine) -> None:
    machine.run(first_boot())
    unit = machine.text("/etc/systemd/system/jenkins.service.d/coko.conf")
    assert "-XX:MaxRAMPercentage=50 " in unit
    assert "-Djava.io.tmpdir=/var/lib/jenkins/tmp " in unit
    assert "RequiresMountsFor=/var/lib/jenkins" in unit


def test_the_agents_user_cannot_be_reached_from_elsewhere(machine: Machine) -> None:
    machine.run(first_boot())
    assert machine.text("/var/lib/builder/.ssh/authorized_keys").startswith('from="127.0.0.1",restrict ssh-ed25519 ')
    assert (machine.root / "var/lib/jenkins").stat().st_mode & 0o777 == 0o750


def test_a_tampered_plugin_manager_is_not_run(machine: Machine) -> None:
    machine.has("sha256sum")
    machine.fails("sha256sum", beginning="--check")
    done = machine.run(first_boot())
    assert done.status != 0
    assert done.called("java") == []
