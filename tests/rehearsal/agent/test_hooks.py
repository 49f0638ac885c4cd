"""Scripts: how they are run, what they are given, and what is said when they fail."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from rehearsal.agent.diagnostics import Code, Diagnostics
from tests.rehearsal.agent.host import HEAD, Host, bash, files, hooks, spec_of


def run(host: Host, script: str, location: str = "s.sh", name: str = "s.sh", **keys: Any) -> Diagnostics:
    """One script, as the AfterInstall hook of a revision."""
    bundle = host.revision({"appspec.yml": HEAD + hooks("AfterInstall", location, **keys), name: script})
    return dict(host.deploy(spec_of(bundle)).reports)["AfterInstall"]


def test_success_has_an_empty_log(host: Host) -> None:
    report = run(host, bash("echo out; echo err >&2"))
    assert (report.error_code, report.script_name, report.message, report.log) == (
        Code.SUCCEEDED,
        "",
        "Succeeded: ",
        "",
    )
    assert host.scripts_log()[:2] == ["LifecycleEvent - AfterInstall", "Script - s.sh"]
    assert sorted(host.scripts_log()[2:]) == ["[stderr]err", "[stdout]out"]


def test_failure_says_the_code_and_the_end_of_the_log(host: Host) -> None:
    report = run(host, bash("echo out; exit 3"))
    assert (report.error_code, report.script_name) == (Code.SCRIPT_FAILED, "s.sh")
    assert report.message == "Script at specified location: s.sh failed with exit code 3"
    assert report.log == "LifecycleEvent - AfterInstall\nScript - s.sh\n[stdout]out\n"


def test_a_signal_has_no_exit_code(host: Host) -> None:
    assert run(host, bash("kill -9 $$")).message == "Script at specified location: s.sh failed with exit code "


def test_a_missing_script_is_named_with_its_path(host: Host) -> None:
    report = run(host, "", name="other.sh")
    path = host.root / "dg-1/d-1/deployment-archive/s.sh"
    assert (report.error_code, report.message) == (
        Code.SCRIPT_MISSING,
        f"Script does not exist at specified location: {path}",
    )
    assert report.log == "LifecycleEvent - AfterInstall\n"


def test_arguments_are_part_of_the_name(host: Host) -> None:
    assert run(host, bash("true"), location="s.sh --now").error_code is Code.SCRIPT_MISSING


def test_a_space_in_the_name_splits_it(host: Host) -> None:
    report = run(host, bash("true"), location='"my s.sh"', name="my s.sh")
    assert report.error_code is Code.SCRIPT_FAILED
    assert report.message.startswith(
        "Script at specified location: my s.sh failed with error Errno::ENOENT with message"
    )


def test_a_script_without_the_bit_gets_it(host: Host) -> None:
    assert run(host, bash("echo ran"), location="script", name="script").error_code is Code.SUCCEEDED
    assert (host.root / "dg-1/d-1/deployment-archive/script").stat().st_mode & 0o777 == 0o755
    assert host.said() == ["ran"]


def test_a_script_without_a_shebang_runs_in_the_shell(host: Host) -> None:
    assert run(host, "echo plain $0\n").error_code is Code.SUCCEEDED
    assert host.said() == [f"plain {host.root}/dg-1/d-1/deployment-archive/s.sh"]


def test_line_ends_of_another_system_are_a_missing_interpreter(host: Host) -> None:
    report = run(host, "#!/bin/bash\r\necho x\r\n")
    assert (report.error_code, "Errno::ENOENT" in report.message) == (Code.SCRIPT_FAILED, True)


def test_a_leading_slash_is_the_revisions(host: Host) -> None:
    assert run(host, bash("echo hi"), location="/s.sh").error_code is Code.SUCCEEDED


def test_the_first_failure_skips_the_rest(host: Host) -> None:
    appspec = HEAD + hooks("AfterInstall", "a.sh", "b.sh")
    bundle = host.revision({"appspec.yml": appspec, "a.sh": bash("exit 7"), "b.sh": bash("echo B")})
    report = host.deploy(spec_of(bundle)).reports[-1][1]
    assert (report.script_name, "B" in host.said()) == ("a.sh", False)


def test_what_a_script_is_given(host: Host) -> None:
    given = "env | grep -E '^(APPL|LIFE|DEPLOY|BUNDLE_|OWN)' | sort; pwd; umask; cat"
    script = bash(f"{given}; ps -o pgid= -p $$ | grep -qw $$ && echo own group")
    host.environment = {**host.environment, "OWN": "kept", "BUNDLE_ETAG": "inherited"}
    assert run(host, script).error_code is Code.SUCCEEDED
    assert host.said() == [
        "APPLICATION_NAME=coko",
        "BUNDLE_ETAG=inherited",
        "DEPLOYMENT_GROUP_ID=dg-1",
        "DEPLOYMENT_GROUP_NAME=web",
        "DEPLOYMENT_ID=d-1",
        "LIFECYCLE_EVENT=AfterInstall",
        "OWN=kept",
        str(Path.cwd()),
        f"{umask():04o}",
        "own group",
    ]


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize(
    ("revision", "given"),
    [
        ({"Bucket": "b", "Key": "k", "BundleType": "zip"}, ["BUNDLE_BUCKET=b", "BUNDLE_KEY=k"]),
        (
            {"Bucket": "b", "Key": "k", "BundleType": "tar", "Version": "v1", "ETag": "e"},
            ["BUNDLE_BUCKET=b", "BUNDLE_ETAG=e", "BUNDLE_KEY=k", "BUNDLE_VERSION=v1"],
        ),
        ({"Account": "a", "Repository": "r", "CommitId": "c0ffee"}, ["BUNDLE_COMMIT=c0ffee"]),
    ],
)
def test_the_revision_is_told_and_an_inherited_one_forgotten(
    host: Host, revision: dict[str, str], given: list[str]
) -> None:
    script = bash("env | grep ^BUNDLE_ | sort; true")
    bundle = host.revision({"appspec.yml": HEAD + hooks("AfterInstall", "s.sh"), "s.sh": script})
    host.deploy(spec_of(bundle), ["DownloadBundle", "Install"])
    kind = "GitHub" if "CommitId" in revision else "S3"
    inherited = {} if kind == "GitHub" else {"BUNDLE_VERSION": "old", "BUNDLE_ETAG": "old"}
    host.environment = {**host.environment, **inherited}
    spec = spec_of(bundle) | {"Revision": {"RevisionType": kind, f"{kind}Revision": revision}}
    host.deploy(spec, ["AfterInstall"])
    assert host.said() == given


def test_the_end_of_an_arn_is_the_deployment(host: Host) -> None:
    bundle = host.revision({"appspec.yml": HEAD + hooks("AfterInstall", "s.sh"), "s.sh": bash("echo $DEPLOYMENT_ID")})
    host.deploy(spec_of(bundle, "arn:aws:codedeploy:ap-northeast-2:1:deployment/d-X"))
    assert host.said("d-X") == ["d-X"]


@pytest.mark.parametrize(
    ("keys", "command"),
    [
        ({"runas": "app"}, "su app -c {path}"),
        ({"runas": "app", "sudo": "true"}, "sudo su app -c {path}"),
        ({"sudo": "yes"}, "sudo {path}"),
        ({"sudo": "no"}, ""),
    ],
)
def test_other_users(host: Host, keys: dict[str, Any], command: str) -> None:
    for name in ("su", "sudo"):
        host.write(f"bin/{name}", "#!/bin/sh\necho $(basename $0) $*\n").chmod(0o755)
    host.environment = {**host.environment, "PATH": f"{host.path}/bin:{host.environment['PATH']}"}
    assert run(host, bash("true"), **keys).error_code is Code.SUCCEEDED
    path = host.root / "dg-1/d-1/deployment-archive/s.sh"
    assert host.said() == ([command.format(path=path)] if command else [])


def test_a_failure_says_as_whom(host: Host) -> None:
    report = run(host, bash("exit 4"), runas="root")
    assert report.message == "Script at specified location: s.sh run as user root failed with exit code 4"


def test_the_log_is_its_last_whole_lines_below_2048_characters(host: Host) -> None:
    report = run(host, bash("for i in $(seq 1 300); do echo line-$i; done; exit 1"))
    lines = report.log.splitlines()
    assert len(report.log) < 2048 <= len(report.log) + len("[stdout]line-100\n")
    assert lines[-1] == "[stdout]line-300"
    assert lines == [f"[stdout]line-{n}" for n in range(301 - len(lines), 301)]


def test_one_line_too_long_drops_what_came_before(host: Host) -> None:
    report = run(host, bash("echo before; head -c 3000 /dev/zero | tr '\\0' x; echo; echo after; exit 1"))
    assert report.log == "[stdout]after\n"


def test_bytes_that_are_no_text_do_not_lose_the_log(host: Host) -> None:
    report = run(host, bash("printf 'a\\xffb\\n'; exit 1"))
    assert report.log.endswith("[stdout]a\ufffdb\n")
    assert b"[stdout]a\xffb\n" in (host.root / "dg-1/d-1/logs/scripts.log").read_bytes()


def test_the_hosts_log_has_all_deployments(host: Host) -> None:
    run(host, bash("echo one"))
    log = (host.root / "deployment-logs/codedeploy-agent-deployments.log").read_text().splitlines()
    assert [line.split("] ", 1)[1] for line in log] == [
        "[d-1]LifecycleEvent - AfterInstall",
        "[d-1]Script - s.sh",
        "[d-1][stdout]one",
    ]


def test_nothing_is_written_where_there_is_nothing_to_run(host: Host) -> None:
    said = host.deploy(spec_of(host.revision({"appspec.yml": HEAD + files(("appspec.yml", "@dest"))})))
    assert [noop for _, noop in said.acks] == [True, False, True, False, True, True, True]
    assert not (host.root / "dg-1/d-1/logs").exists()
