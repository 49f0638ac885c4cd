"""Units in a real box behave as hooks and appspecs expect of systemd."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.fleet.box import Box
from tests.rehearsal.fleet.lab import Lab, eventually, sh, shown, unit

NOTIFIES = """[Service]
Type=notify
Environment=WHO=world
ExecStart=/usr/bin/python3 -c "import os, socket, time; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); \\
  time.sleep(0.3); s.sendto(b'READY=1\\\\nSTATUS=hello ' + os.environ['WHO'].encode(), os.environ['NOTIFY_SOCKET']); \\
  time.sleep(600)"
ExecReload=/bin/sh -c 'echo reloaded $MAINPID >>/tmp/reloads'
"""


@pytest.fixture(scope="module")
def box(lab: Lab) -> Box:
    return lab.box()


def write(box: Box, name: str, text: str) -> None:
    unit(box, name, text)
    sh(box, "systemctl daemon-reload")


def test_nginx_as_its_package_has_it(box: Box) -> None:
    sh(box, "systemctl enable --now nginx && curl -fsS http://127.0.0.1/")
    assert sh(box, "systemctl is-active nginx; systemctl is-enabled nginx") == "active\nenabled"
    before = shown(box, "nginx")["MainPID"]
    sh(box, "systemctl reload nginx && systemctl restart nginx && curl -fsS http://127.0.0.1/")
    assert shown(box, "nginx")["MainPID"] != before
    sh(box, "kill -9 $(systemctl show -p MainPID --value nginx)")
    eventually(lambda: sh(box, "systemctl is-active nginx", None) == "failed")
    sh(box, "systemctl start nginx && curl -fsS http://127.0.0.1/")      # no worker was left that holds the port
    sh(box, "systemctl disable --now nginx")
    assert sh(box, "systemctl is-active nginx; systemctl is-enabled nginx", None) == "inactive\ndisabled"


def test_notify_is_active_when_it_says_so(box: Box) -> None:
    write(box, "says.service", NOTIFIES)
    sh(box, "systemctl start says && systemctl is-active says")
    assert 'Status: "hello world"' in sh(box, "systemctl status says")
    sh(box, "systemctl reload says")
    assert sh(box, "cat /tmp/reloads") == "reloaded " + shown(box, "says")["MainPID"]
    sh(box, "systemctl stop says")


def test_a_service_that_does_not_start_fails_the_command_and_leaves_its_words(box: Box) -> None:
    write(box, "breaks.service", "[Service]\nType=notify\nExecStart=/bin/sh -c 'echo the cause; exit 3'\n")
    said = sh(box, "systemctl start breaks", 1, errors=True)
    assert "breaks.service failed" in said
    assert "journalctl" in said
    assert "the cause" in sh(box, "journalctl -u breaks --no-pager -n 20")
    assert shown(box, "breaks")["ExecMainStatus"] == "3"
    assert sh(box, "systemctl is-failed breaks") == "failed"
    sh(box, "systemctl reset-failed breaks; systemctl is-failed breaks", 1)


def test_exec_says_at_once_that_there_is_no_such_program(box: Box) -> None:
    write(box, "none.service", "[Service]\nType=exec\nExecStart=/opt/none\n")
    sh(box, "systemctl start none", 1)
    assert shown(box, "none")["ExecMainStatus"] == "203"
    write(box, "nobody.service", "[Service]\nUser=who\nExecStart=/bin/true\n")
    sh(box, "systemctl start nobody", None)
    eventually(lambda: shown(box, "nobody")["ActiveState"] == "failed")


def test_a_unit_runs_as_its_user_in_its_directories_with_its_environment(box: Box) -> None:
    sh(box, "mkdir -p /etc/demo && printf 'A=\"from file\"\\n# no\\n' >/etc/demo/env")
    write(box, "demo@.service", """[Service]
Type=oneshot
User=www-data
EnvironmentFile=/etc/demo/env
EnvironmentFile=-/etc/demo/absent
Environment=B=two "C=three four"
RuntimeDirectory=demo
StateDirectory=demo
RuntimeDirectoryPreserve=yes
WorkingDirectory=/var/lib/demo
UMask=0027
ExecStart=/bin/sh -c 'id -un; pwd; echo "$A|$B|$C|%i"; touch made; stat -c %%a made; stat -c %%U /run/demo'
""")
    sh(box, "systemctl start demo@blue.service")
    assert sh(box, "journalctl -u demo@blue.service -o cat").splitlines()[1:7] == [
        "www-data", "/var/lib/demo", "from file|two|three four|blue", "640", "www-data",
        "demo@blue.service: ended"]
    assert sh(box, "systemctl is-active demo@blue.service", 3) == "inactive"


def test_restart_on_failure_until_it_was_too_often(box: Box) -> None:
    write(box, "flaps.service", "[Unit]\nStartLimitBurst=3\nStartLimitIntervalSec=30\n[Service]\nRestart=on-failure\n"
          "RestartSec=50ms\nExecStart=/bin/sh -c 'echo try >>/tmp/tries; exit 1'\n")
    sh(box, "systemctl start flaps")
    eventually(lambda: shown(box, "flaps")["Result"] == "start-limit-hit")
    assert sh(box, "cat /tmp/tries").count("try") == 3
    write(box, "stays.service", "[Service]\nRestart=always\nRestartSec=0\nExecStart=/bin/sleep 600\n")
    sh(box, "systemctl start stays")
    first = shown(box, "stays")["MainPID"]
    sh(box, f"kill -9 {first}")
    eventually(lambda: shown(box, "stays")["MainPID"] not in ("0", first))
    assert sh(box, "systemctl stop stays; sleep 0.2; systemctl is-active stays", 3) == "inactive"


def test_stopping_ends_every_process_of_a_service_even_those_that_got_away(box: Box) -> None:
    write(box, "spawns.service", "[Service]\nTimeoutStopSec=300ms\n"
          "ExecStart=/bin/sh -c 'setsid sh -c \"trap : TERM; sleep 777 & sleep 778 & wait\" & exec sleep 776'\n")
    sh(box, "systemctl start spawns")
    sleepers = "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o 'sleep 77[678]' | sort -u | wc -l"
    eventually(lambda: sh(box, sleepers) == "3")
    sh(box, "systemctl stop spawns")
    assert sh(box, sleepers) == "0"


def test_conflicts_conditions_and_order(box: Box) -> None:
    write(box, "old.service", "[Unit]\nConflicts=new.service\nConditionPathExists=!/tmp/new\n[Service]\n"
          "ExecStart=/bin/sleep 600\n")
    write(box, "new.service", "[Unit]\nRequires=before.service\nAfter=before.service\n[Service]\n"
          "ExecStart=/bin/sleep 600\n")
    write(box, "before.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
          "ExecStart=/bin/sh -c 'sleep 0.2; date >/tmp/new'\n")
    sh(box, "systemctl start old && systemctl is-active old")
    sh(box, "systemctl start new && test -e /tmp/new")
    eventually(lambda: sh(box, "systemctl is-active old new before", None) == "inactive\nactive\nactive")
    sh(box, "systemctl start old")              # skipped, which is no failure
    assert sh(box, "systemctl is-active old", 3) == "inactive"
    assert shown(box, "old")["ConditionResult"] == "no"
    assert sh(box, "systemctl is-active new", 3) == "inactive"      # yet what conflicts with it was stopped, as ever
    sh(box, "systemctl start new; rm /tmp/new")
    sh(box, "systemctl restart before && test -e /tmp/new && systemctl is-active before")
    eventually(lambda: sh(box, "systemctl is-active new", None) == "active")        # restarted with what it requires
    sh(box, "systemctl stop before")
    eventually(lambda: sh(box, "systemctl is-active new", None) == "inactive")      # it requires what was stopped


def test_timers_elapse_and_are_listed(box: Box) -> None:
    write(box, "ticks.service", "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo tick >>/tmp/ticks'\n")
    write(box, "ticks.timer", "[Timer]\nOnCalendar=*:*:0/1\nPersistent=true\n[Install]\nWantedBy=timers.target\n")
    sh(box, "systemctl enable --now ticks.timer")
    eventually(lambda: Path(f"/proc/{box.pid}/root/tmp/ticks").exists() and len(sh(box, "cat /tmp/ticks")) >= 9)
    listed = sh(box, "systemctl list-timers --all")
    assert "ticks.timer" in listed
    assert "ticks.service" in listed
    sh(box, "systemctl disable --now ticks.timer && test -e /var/lib/systemd/timers/stamp-ticks.timer")


def test_a_timer_counts_from_the_end_of_its_unit_and_goes_on(box: Box) -> None:
    write(box, "again.service", "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo again >>/tmp/again'\n")
    write(box, "again.timer", "[Timer]\nOnCalendar=*-01-01\nOnActiveSec=100ms\nOnUnitInactiveSec=200ms\n")
    sh(box, "systemctl start again.timer")
    eventually(lambda: sh(box, "cat /tmp/again 2>/dev/null | wc -l") not in ("0", "1", "2"))
    sh(box, "systemctl stop again.timer")


def test_hooks_can_make_users_and_give_them_files(box: Box) -> None:
    sh(box, "useradd --system --home-dir /opt/coko --shell /usr/sbin/nologin coko")
    sh(box, "mkdir -p /opt/coko/x && chown -R coko:coko /opt/coko && setpriv --reuid=coko --regid=coko --init-groups "
            "sh -c 'echo mine >/opt/coko/x/file' && stat -c %U /opt/coko/x/file")
    assert "coko" not in Path("/etc/passwd").read_text()


def test_what_is_not_there_is_said_with_systemds_codes(box: Box) -> None:
    assert "not found" in sh(box, "systemctl start absent", 5, errors=True)
    sh(box, "systemctl status absent", 4)
    assert sh(box, "systemctl is-active absent", 3) == "inactive"
    sh(box, "systemctl is-enabled absent", 1)
    sh(box, "systemctl cat absent", 1)
    assert "ExecStart" in sh(box, "systemctl cat codedeploy-agent")
    sh(box, "systemctl mask cron && systemctl start cron", 1)
    sh(box, "setpriv --reuid=nobody systemctl restart nginx", 1)


def test_a_changed_unit_counts_after_daemon_reload_only(box: Box) -> None:
    write(box, "says2.service", "[Service]\nExecStart=/bin/sleep 600\nExecReload=/bin/sh -c 'echo one >/tmp/which'\n")
    sh(box, "systemctl start says2")
    unit(box, "says2.service", "[Service]\nExecStart=/bin/sleep 600\nExecReload=/bin/sh -c 'echo two >/tmp/which'\n")
    assert shown(box, "says2")["ActiveState"] == "active"
    sh(box, "systemctl daemon-reload && systemctl restart says2 && systemctl reload says2")
    assert sh(box, "cat /tmp/which") == "two"
