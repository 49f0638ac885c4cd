"""First boot of web and WAS hosts: the rendered user data, run as it is, on a machine that is a directory."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.scripts import Machine, user_data
from tests.scripts.aws import INSTANCE, SECRET, TOKEN, Aws

EXPORTS = {
    "COKO_STACK": "prod", "COKO_TIER": "web", "AWS_REGION": "ap-northeast-2", "CODEDEPLOY_AGENT_VERSION": "1.8.1-26",
    "COKO_SWAP_MIB": "1024", "COKO_LOG_GROUP_PREFIX": "/coko/prod", "COKO_HEALTH_PATH": "/healthz",
}
WAS = {"COKO_TIER": "was", "COKO_HEALTH_PATH": "/readyz"}
LIMIT = 14 * 1024      # EC2 takes 16 KiB, packed or not; unpacked these stay readable in the console
DEB = "https://aws-codedeploy-ap-northeast-2.s3.ap-northeast-2.amazonaws.com/releases/codedeploy-agent_1.8.1-26_all.deb"


def first_boot(**exports: str) -> str:
    return user_data(EXPORTS | exports, "_lib.sh", "_first_boot.sh", "first_boot.sh")


@pytest.fixture
def machine(tmp_path: Path, aws: Aws) -> Machine:
    return Machine.new(tmp_path, **aws.environment)


def ssh_server(machine: Machine) -> str:
    (machine.root / "etc/ssh").mkdir()
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9W4C9OTR3kD2mXb4z0oFh0rBqv3s7bq9QXk1sYQm5v"
    (machine.root / "etc/ssh/ssh_host_ed25519_key.pub").write_text(f"{key} root@ip-10-0-1-10\n")
    return key


@pytest.mark.parametrize("exports", [{}, WAS])
def test_it_fits_into_user_data(exports: dict[str, str]) -> None:
    assert len(first_boot(**exports).encode()) <= LIMIT


def test_a_bare_web_host_gets_everything_and_the_agent_last(machine: Machine) -> None:
    done = machine.run(first_boot())
    assert done.status == 0, done.output
    installs = [call.split(" install -y ")[1] for call in done.called("apt-get") if " install " in call]
    assert {"curl", "nginx"} <= set(installs[0].split())
    assert any(DEB in call for call in done.called("curl"))
    assert done.calls[-2:] == ["systemctl enable --now codedeploy-agent",
                               "systemctl is-active --quiet codedeploy-agent"]
    assert machine.text("/etc/coko/first-boot.done") == "web\n"
    assert "Restart=on-failure" in machine.text("/etc/systemd/system/codedeploy-agent.service")


def test_a_second_run_repeats_nothing(machine: Machine) -> None:
    ssh_server(machine)
    machine.run(first_boot())
    files = [path for path in machine.root.rglob("*") if path.is_file() and path.suffix != ".log"]
    before = {path: path.stat().st_mtime_ns for path in files}
    again = machine.run(first_boot())
    assert again.status == 0, again.output
    assert again.called("apt-get", "fallocate", "mkswap", "gpg") == []
    assert [call for call in again.called("systemctl") if "restart" in call or "reload" in call] == []
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert "published before" in again.output


def test_an_image_that_brings_everything_downloads_nothing(machine: Machine) -> None:
    machine.has("curl", "nginx", "ruby", "gpg")
    machine.has_unit("codedeploy-agent", "nginx", "amazon-cloudwatch-agent")
    control = machine.root / "opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
    control.parent.mkdir(parents=True)
    shutil.copy(machine.at / "bin/nginx", control)
    done = machine.run(first_boot())
    assert done.status == 0, done.output
    assert done.called("apt-get", "gpg", "dpkg-deb") == []
    assert [call for call in done.called("curl") if "https://" in call] == []
    assert "the image brought its own" in done.output
    assert "systemctl enable --now codedeploy-agent" in done.calls
    assert not machine.exists("/etc/systemd/system/codedeploy-agent.service")


def test_an_agent_of_another_version_is_replaced(machine: Machine) -> None:
    machine.run(first_boot())
    done = machine.run(first_boot(CODEDEPLOY_AGENT_VERSION="1.8.2-1"))
    assert done.status == 0, done.output
    assert any("codedeploy-agent_1.8.2-1_all.deb" in call for call in done.called("curl"))


def test_the_host_remembers_what_it_is(machine: Machine) -> None:
    machine.run(first_boot())
    facts = machine.text("/etc/coko/host.env").splitlines()
    assert {"COKO_STACK='prod'", "COKO_TIER='web'", "AWS_REGION='ap-northeast-2'"} <= set(facts)


def test_metrics_and_logs_are_configured(machine: Machine) -> None:
    done = machine.run(first_boot(**WAS))
    config = json.loads(machine.text("/etc/coko/cloudwatch-agent.json"))
    assert set(config["metrics"]["metrics_collected"]) == {"mem", "disk", "swap"}
    files = config["logs"]["logs_collected"]["files"]["collect_list"]
    assert {file["log_group_name"] for file in files} == {"/coko/prod/was"}
    assert "/var/log/coko-first-boot.log" in {file["file_path"] for file in files}
    assert all(":" not in file["log_stream_name"] and "*" not in file["log_stream_name"] for file in files)
    assert done.called("amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s") != []
    assert "systemctl enable --now amazon-cloudwatch-agent" in done.calls


def test_host_keys_are_published_by_whoever_is_first(machine: Machine, aws: Aws) -> None:
    key, name = ssh_server(machine), f"/coko/prod/hosts/{INSTANCE}/ssh-host-keys"
    done = machine.run(first_boot())
    assert aws.parameters == {name: key}
    assert "SHA256:" in done.output
    assert not [call for call in done.calls if SECRET in call or TOKEN in call]
    assert SECRET not in done.output


def test_somebody_elses_host_key_is_not_overwritten(machine: Machine, aws: Aws) -> None:
    ssh_server(machine)
    aws.parameters[f"/coko/prod/hosts/{INSTANCE}/ssh-host-keys"] = "another"
    done = machine.run(first_boot())
    assert done.status == 0
    assert "ParameterAlreadyExists" in done.output
    assert "WARNING: working without published SSH host keys" in done.output
    assert aws.parameters[f"/coko/prod/hosts/{INSTANCE}/ssh-host-keys"] == "another"


def test_no_swap_where_none_is_wanted(machine: Machine) -> None:
    done = machine.run(first_boot(COKO_SWAP_MIB="0"))
    assert done.called("fallocate", "mkswap") == []


@pytest.mark.parametrize("kind", ["tmpfs", "overlayfs"])
def test_no_swap_in_memory_or_in_a_container(machine: Machine, kind: str) -> None:
    machine.knows("filesystem", kind)
    done = machine.run(first_boot())
    assert done.called("fallocate", "mkswap") == []
    assert f"nothing to do on {kind}" in done.output


def test_swap_outlives_a_restart(machine: Machine) -> None:
    machine.run(first_boot())
    machine.run(first_boot())
    assert machine.text("/etc/fstab") == f"{machine.root}/swapfile none swap sw 0 0\n"


def test_a_was_host_answers_until_its_first_release_and_never_after(machine: Machine) -> None:
    assert "systemctl enable --now coko-placeholder" in machine.run(first_boot(**WAS)).calls
    unit = machine.text("/etc/systemd/system/coko-placeholder.service")
    assert "Conflicts=coko-was.service" in unit
    (machine.root / "etc/systemd/system/coko-was.service").touch()
    assert machine.run(first_boot(**WAS)).called("systemctl enable --now coko-placeholder") == []


def test_a_release_keeps_its_site(machine: Machine) -> None:
    machine.run(first_boot())
    current = machine.root / "opt/coko/web/current"
    current.unlink()
    current.symlink_to("releases/r1")
    machine.run(first_boot())
    assert str(current.readlink()) == "releases/r1"
