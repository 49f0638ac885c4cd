"""The lifecycle hooks on a host of their own: what they leave behind, and what they say last when they cannot go on."""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.scripts.aws import Aws
from tests.scripts.host import Host, a_host
from tests.scripts.host.bundles import bundle

DIED = 70
PARAMETERS = {
    "web/upstream": "10.0.0.9:8000", "database/host": "db.internal", "database/port": "3306", "database/name": "coko",
    "database/secret": "arn:aws:secretsmanager:x:1:secret:db",
    "collector-secret": "arn:aws:secretsmanager:x:1:secret:keys",
}
Made = Callable[[str], Host]


@pytest.fixture
def host(tmp_path: Path, aws: Aws) -> Iterator[Made]:
    aws.parameters.update({f"/coko/test/{name}": value for name, value in PARAMETERS.items()})
    with ExitStack() as stack:
        yield lambda tier: stack.enter_context(a_host(tmp_path / "host", tier, aws.environment))


def install(host: Host, made: Path, deployment: str) -> None:
    """The hooks in the agent's order, with its Install between them."""
    for hook in ("application_stop", "before_install"):
        succeed(host.hook(made, hook, deployment))
    shutil.copytree(made / "release", host.path("opt/coko/incoming"))
    succeed(host.hook(made, "after_install", deployment))


def deploy(host: Host, made: Path, deployment: str = "d-1") -> None:
    install(host, made, deployment)
    for hook in ("application_start", "validate_service"):
        succeed(host.hook(made, hook, deployment))


def succeed(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def last_words(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == DIED, done.stdout + done.stderr
    return done.stderr.strip().splitlines()[-3:]


def get(host: Host, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{host.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def hurried(host: Host) -> None:
    host.environment["COKO_VALIDATE_ATTEMPTS"] = "2"


@pytest.mark.parametrize("tier", ["web", "was"])
def test_one_release_follows_another(host: Made, tmp_path: Path, tier: str) -> None:
    here = host(tier)
    version = "/version/web" if tier == "web" else "/version"
    for number, release in enumerate(["r1", "r2"], 1):
        deploy(here, bundle(tmp_path / release, tier, release), f"d-{number}")
        assert f'"release": "{release}"' in get(here, version)[1]
        assert here.current == f"releases/{release}-d-{number}"
    assert not here.path("opt/coko/incoming").exists()
    assert here.path(f"opt/coko/{tier}/current/installed").read_text() == "yes"
    assert here.path(f"opt/coko/{tier}/releases/r1-d-1").is_dir()


def test_a_release_deployed_again_gets_a_directory_of_its_own(host: Made, tmp_path: Path) -> None:
    here, made = host("web"), bundle(tmp_path / "r1", "web", "r1")
    deploy(here, made, "d-1")
    deploy(here, made, "d-2")
    assert here.current == "releases/r1-d-2"
    assert here.path("opt/coko/web/releases/r1-d-1").is_dir()


def test_every_hook_may_run_twice(host: Made, tmp_path: Path) -> None:
    here, made = host("was"), bundle(tmp_path / "r1", "was", "r1")
    for hook in ("application_stop", "before_install"):
        succeed(here.hook(made, hook))
        succeed(here.hook(made, hook))
    shutil.copytree(made / "release", here.path("opt/coko/incoming"))
    for hook in ("after_install", "application_start", "validate_service"):
        succeed(here.hook(made, hook))
        succeed(here.hook(made, hook))
    assert here.current == "releases/r1-d-1"


def test_the_configuration_comes_from_the_stack(host: Made, tmp_path: Path, aws: Aws) -> None:
    here = host("was")
    deploy(here, bundle(tmp_path / "r1", "was", "r1"))
    written = here.path("etc/coko/environment")
    assert {"COKO_DATABASE_HOST=db.internal", "COKO_DATABASE_TLS=require", f"AWS_ENDPOINT_URL={aws.url}",
            "COKO_SOURCES_SECRET_ARN=arn:aws:secretsmanager:x:1:secret:keys"} <= set(written.read_text().splitlines())
    assert written.stat().st_mode & 0o007 == 0


def test_was_takes_the_placeholders_place(host: Made, tmp_path: Path) -> None:
    here = host("was")
    deploy(here, bundle(tmp_path / "r1", "was", "r1"))
    calls = here.calls
    assert calls.index("systemctl disable --now coko-placeholder") < calls.index("systemctl restart coko-was")
    assert "systemctl enable coko-was coko-collect.timer" in calls
    assert here.path("etc/systemd/system/coko-was.service").stat().st_mode & 0o777 == 0o644


def test_a_bundle_of_the_other_tier_is_refused_before_anything_is_touched(host: Made, tmp_path: Path) -> None:
    here = host("web")
    words = last_words(here.hook(bundle(tmp_path / "r1", "was", "r1"), "before_install"))
    assert words[0] == "FAILED: a was release came to a web host"
    assert here.calls == []


def test_a_full_disk_is_found_before_the_files_come(host: Made, tmp_path: Path) -> None:
    here = host("web")
    here.path("opt/bin/df").write_text("#!/bin/sh\nprintf 'Avail\\n 12M\\n'\n")
    here.path("opt/bin/df").chmod(0o755)
    words = last_words(here.hook(bundle(tmp_path / "r1", "web", "r1"), "before_install"))
    assert words[0] == "FAILED: there is no room for a release"
    assert "12 MiB" in words[1]


def test_a_missing_parameter_is_named_and_what_runs_stays(host: Made, tmp_path: Path, aws: Aws) -> None:
    here = host("was")
    deploy(here, bundle(tmp_path / "r1", "was", "r1"))
    before = here.path("etc/coko/environment").read_text()
    del aws.parameters["/coko/test/database/secret"]
    made = bundle(tmp_path / "r2", "was", "r2")
    shutil.copytree(made / "release", here.path("opt/coko/incoming"))
    done = here.hook(made, "after_install", "d-2")
    assert "FAILED: reading /coko/test/database/secret" in last_words(done)[0]
    assert here.path("etc/coko/environment").read_text() == before
    assert here.current == "releases/r1-d-1"


def test_an_installer_that_refuses_leaves_what_runs_and_may_be_repeated(host: Made, tmp_path: Path) -> None:
    here = host("web")
    deploy(here, bundle(tmp_path / "r1", "web", "r1"))
    made = bundle(tmp_path / "r2", "web", "r2", {"install.py": "raise SystemExit('error: no')"})
    shutil.copytree(made / "release", here.path("opt/coko/incoming"))
    assert here.hook(made, "after_install", "d-2").returncode != 0
    assert '"release": "r1"' in get(here, "/version/web")[1]
    here.path("opt/coko/web/releases/r2-d-2/install.py").write_text("")
    succeed(here.hook(made, "after_install", "d-2"))


def test_a_site_that_nginx_refuses_is_taken_back(host: Made, tmp_path: Path) -> None:
    here = host("web")
    deploy(here, bundle(tmp_path / "r1", "web", "r1"))
    made = bundle(tmp_path / "r2", "web", "r2", {"nginx/site.conf": "location = /healthz { return 200; }"})
    install(here, made, "d-2")
    done = here.hook(made, "application_start", "d-2")
    assert done.returncode == DIED
    assert "duplicate location" in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("  next: mend app/web/nginx")
    assert here.current == "releases/r1-d-1"
    assert get(here, "/healthz")[0] == 200


def test_a_unit_that_does_not_start_says_so_last(host: Made, tmp_path: Path) -> None:
    here, made = host("was"), bundle(tmp_path / "r1", "was", "r1")
    install(here, made, "d-1")
    here.path("run/refuses-restart").touch()
    done = here.hook(made, "application_start")
    assert done.returncode == DIED
    assert "FAILED: coko-was did not start" in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("  next: journalctl -u coko-was")


def test_the_old_release_answering_is_not_enough(host: Made, tmp_path: Path) -> None:
    here = host("was")
    deploy(here, bundle(tmp_path / "r1", "was", "r1"))
    hurried(here)
    words = last_words(here.hook(bundle(tmp_path / "r2", "was", "r2"), "validate_service", "d-2"))
    assert words[0] == "FAILED: this release does not answer at /version"
    assert "wanted r2, answering is r1" in words[1]


def test_a_release_that_answers_and_is_not_well_is_refused(host: Made, tmp_path: Path) -> None:
    here = host("was")
    made = bundle(tmp_path / "r1", "was", "r1", {"broken": ""})
    install(here, made, "d-1")
    succeed(here.hook(made, "application_start"))
    hurried(here)
    words = last_words(here.hook(made, "validate_service"))
    assert words[0] == "FAILED: this release answers, and is not well"
    assert "/readyz" in words[1]
    assert "503" in words[1]


def test_nothing_answering_is_told_as_such(host: Made, tmp_path: Path) -> None:
    here = host("was")
    hurried(here)
    words = last_words(here.hook(bundle(tmp_path / "r1", "was", "r1"), "validate_service"))
    assert "answering is nothing" in words[1]


def test_old_releases_go_and_the_running_one_stays(host: Made, tmp_path: Path) -> None:
    here, releases = host("web"), tmp_path / "host/opt/coko/web/releases"
    for number in range(1, 6):
        (releases / f"r{number}-d-{number}").mkdir(parents=True)
        os.utime(releases / f"r{number}-d-{number}", (number, number))
    deploy(here, bundle(tmp_path / "r6", "web", "r6"), "d-6")
    os.utime(releases / "r6-d-6", (0, 0))       # the oldest by its date, and running
    succeed(here.hook(tmp_path / "r6", "validate_service", "d-6"))
    assert sorted(path.name for path in releases.iterdir()) == ["r3-d-3", "r4-d-4", "r5-d-5", "r6-d-6"]


def test_a_host_that_first_boot_never_reached_says_so(host: Made, tmp_path: Path) -> None:
    here = host("web")
    here.path("etc/coko/host.env").unlink()
    words = last_words(here.hook(bundle(tmp_path / "r1", "web", "r1"), "before_install"))
    assert words[0] == "FAILED: this host does not know which stack it is of"


def test_a_hook_needs_nothing_of_its_callers_directory_or_standard_input(host: Made, tmp_path: Path) -> None:
    """The agent's: /, and a closed one. `hook` gives these; here the bundle's path has a space in it besides."""
    here = host("web")
    deploy(here, bundle(tmp_path / "a bundle", "web", "r1"))
    assert here.current == "releases/r1-d-1"
