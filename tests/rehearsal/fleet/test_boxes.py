"""A box boots, runs commands, keeps what is its own to itself, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.errors import ExitCode, Failure
from rehearsal.fleet import ns
from rehearsal.fleet.ami import Image
from rehearsal.fleet.box import KILLED, POWEROFF, REBOOT, boot, wait_booted
from rehearsal.fleet.vpc import Address
from tests.rehearsal.fleet.lab import Lab, eventually, sh

HOLDER = """
import sys, time
from pathlib import Path

import pytest
from rehearsal.fleet import vpc
from rehearsal.fleet.ami import Image
from rehearsal.fleet.box import boot, wait_booted
print("begins", flush=True)
held = vpc.up("vpc-held", "10.9.0.0/16")
box = boot(held, Image(Path(sys.argv[1])), "i-held", Path(sys.argv[2]), vpc.Address("10.9.0.10", "10.9.0.0/24"))
wait_booted(box)
print(held.pid, box.pid, flush=True)
time.sleep(600)
"""


def test_a_box_has_its_address_name_and_first_process(lab: Lab) -> None:
    box = lab.box()
    assert sh(box, "cat /proc/1/comm; hostname; ip -4 -br addr show eth0").split() == [
        "python3", f"ip-{box.where.ip.replace('.', '-')}", "eth0@if" + sh(box, "cat /sys/class/net/eth0/iflink"), "UP",
        f"{box.where.ip}/16"]
    eventually(lambda: sh(box, "systemctl is-system-running", None) == "running")


def test_boxes_see_each_others_address_but_not_files_or_processes(lab: Lab) -> None:
    one, two = lab.box(), lab.box()
    sh(one, "echo mine >/root/secret; echo mine >/etc/secret; sleep 300 >/dev/null 2>&1 & disown")
    assert sh(two, "cat /proc/[0-9]*/comm | grep -c sleep", None) == "0"
    assert sh(two, "cat /root/secret 2>/dev/null", 1) == ""
    assert "refused" in sh(one, f"echo >/dev/tcp/{two.where.ip}/9", 1, errors=True)     # somebody is there
    assert (one.files.upper("etc") / "secret").read_text() == "mine\n"
    assert not Path("/etc/secret").exists()


def test_root_of_a_box_is_not_root_of_this_machine(lab: Lab) -> None:
    box = lab.box()
    refused = sh(box, """for try in 'nft flush ruleset' 'mount -t tmpfs x /mnt' 'mknod /tmp/disk b 254 0' \
        'ip link set eth0 down' 'date -s 2020-01-01' 'sh -c "echo 1 >/proc/sys/kernel/panic"' 'nsenter -t 1 -m true'
        do $try >/dev/null 2>&1 && echo "could: $try"; done; true""")
    assert refused in ("", "could: nsenter -t 1 -m true")       # PID 1 in there is the box's own
    assert "/home" not in sh(box, "ls -A /home")
    assert sh(box, "getent passwd www-data >/dev/null && awk -F: '$3 >= 1000 && $3 < 65534' /etc/passwd") == ""


def test_output_input_and_exit_code_come_through_exec(lab: Lab) -> None:
    done = lab.box().run("sh", "-c", "cat; echo oops >&2; exit 7", text="hello")
    assert (done.stdout, done.stderr, done.returncode) == ("hello", "oops\n", 7)


def test_a_killed_box_is_gone_with_all_that_ran_in_it(lab: Lab) -> None:
    box = lab.box()
    sh(box, "setsid sleep 301 >/dev/null 2>&1 & disown; systemctl start nginx")
    processes = box.processes()
    assert len(processes) > 3
    box.kill()
    assert box.ending == KILLED
    assert [pid for pid in processes if Path(f"/proc/{pid}").exists()] == []
    links = ns.run(ns.net(lab.vpc.pid, "ip", "-br", "link"))
    assert f"v{box.id[-12:]}" not in links


def test_a_box_says_how_it_ended_and_keeps_its_disk(lab: Lab, image: Image) -> None:
    box = lab.box()
    sh(box, "echo kept >/var/lib/kept")
    box.run("reboot")
    eventually(lambda: box.ending is not None)
    assert box.ending == REBOOT
    again = boot(lab.vpc, image, box.id, box.files.path, box.where)
    wait_booted(again)
    assert sh(again, "cat /var/lib/kept") == "kept"
    again.run("poweroff")
    eventually(lambda: again.ending is not None)
    assert again.ending == POWEROFF
    again.files.remove()
    assert not again.files.path.exists()


def test_when_its_controller_is_killed_nothing_is_left(image: Image, tmp_path: Path, repository: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(image.path), str(tmp_path / "box")]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=repository)
    assert holder.stdout
    assert holder.stdout.readline() == "begins\n"
    pids = [int(word) for word in holder.stdout.readline().split()]
    assert len(pids) == 2
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    assert left_of(tmp_path) == []
    holder.stdout.close()


def test_killed_at_any_moment_of_a_boot_it_leaves_nothing(image: Image, tmp_path: Path, repository: Path) -> None:
    for moment in range(8):
        command = [sys.executable, "-c", HOLDER, str(image.path), str(tmp_path / f"box-{moment}")]
        holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=repository)
        assert holder.stdout
        assert holder.stdout.readline() == "begins\n"
        time.sleep(moment * 0.03)
        holder.kill()
        holder.communicate()
    eventually(lambda: left_of(tmp_path) == [])


def test_where_boxes_cannot_be_made_it_says_what_is_missing() -> None:
    with pytest.raises(Failure) as refused:
        ns.demand(user=65534)
    assert (refused.value.exit_code, "sudo" in refused.value.next) == (ExitCode.REFUSED, True)
    with pytest.raises(Failure) as refused:
        ns.demand(user=0, find=lambda tool, path: None if tool in ("nft", "unshare") else tool)
    assert refused.value.next == "apt-get install --no-install-recommends nftables util-linux"
    assert "nftables, util-linux" in refused.value.why


def test_a_box_that_cannot_boot_says_why(lab: Lab, image: Image) -> None:
    nowhere = Image(image.path / "absent")
    with pytest.raises(Failure) as failed:
        boot(lab.vpc, nowhere, "i-none", lab.state / "boxes" / "i-none", Address("10.0.64.250", "10.0.64.0/20"))
    assert "i-none did not boot" in failed.value.what
    assert "mount" in failed.value.why
    assert "console.log" in failed.value.next or "overlay" in failed.value.next


def left_of(directory: Path) -> list[str]:
    """Processes that run by, or in mounts of, that directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            text = (path / "cmdline").read_text() + (path / "mountinfo").read_text()
            if str(directory) in text and path.name != str(os.getpid()):
                found.append(f"{path.name} {text[:200]}")
    return found
