"""Bundles: the same content is the same bytes; what must not be shipped is refused."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from pipelines import appspec, confidential, package
from pipelines.commit import Commit, commit
from pipelines.errors import ExitCode, Failure
from pipelines.package import ROOT, pack

OF = Commit("c0ffee", "a subject", False)
FILES = {"appspec.yml": b"version: 0.0\n", "scripts/a.sh": b"#!/bin/bash\n", "release/index.html": b"<p>hello</p>\n",
         "release/bundle.json": b'{"python": "3.11"}'}
# In two halves, or a check of this repository would find them.
KEY = "AKIA" "QWERTYUIOPASDFGH"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """As much of a checkout as packaging needs."""
    root = tmp_path / "checkout"
    root.mkdir()
    shutil.copy(ROOT / "appspec.yml", root)
    for directory in ("scripts", "app"):
        shutil.copytree(ROOT / directory, root / directory, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def test_the_same_content_is_the_same_bytes_whatever_its_order_and_its_commit(tmp_path: Path) -> None:
    one = pack("web", dict(FILES), OF, tmp_path / "one")
    two = pack("web", dict(reversed(FILES.items())), Commit("other", "else", True), tmp_path / "two")
    assert Path(one.path).read_bytes() == Path(two.path).read_bytes()
    assert (one.digest, one.key) == (two.digest, f"web/{one.digest}.zip")


@pytest.mark.parametrize("change", [{"release/index.html": b"<p>bye</p>\n"}, {"release/new": b""}, {"b.sh": b""}])
def test_other_content_is_another_release(tmp_path: Path, change: dict[str, bytes]) -> None:
    assert pack("web", {**FILES, **change}, OF, tmp_path).digest != pack("web", dict(FILES), OF, tmp_path).digest


def test_the_zip_says_what_is_in_it(tmp_path: Path) -> None:
    made = pack("web", dict(FILES), OF, tmp_path)
    with zipfile.ZipFile(made.path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        release = json.loads(archive.read("release/release.json"))
        modes = {entry.filename: oct(entry.external_attr >> 16) for entry in archive.infolist()}
        assert set(manifest["files"]) == set(archive.namelist()) - {"manifest.json"}
    assert release == {"release": made.digest[:12], "digest": made.digest, "tier": "web", "python": "3.11"}
    assert (modes["scripts/a.sh"], modes["release/index.html"]) == ("0o100755", "0o100644")
    assert manifest["files"]["scripts/a.sh"]["mode"] == "0o755"


def test_the_last_bundle_is_found_again_unless_it_was_changed(tmp_path: Path) -> None:
    made = pack("web", dict(FILES), OF, tmp_path)
    assert package.packaged("web", out=tmp_path) == made
    Path(made.path).write_bytes(b"other")
    with pytest.raises(Failure) as refused:
        package.packaged("web", out=tmp_path)
    assert refused.value.exit_code == ExitCode.REFUSED
    with pytest.raises(Failure) as missing:
        package.packaged("was", out=tmp_path)
    assert missing.value.next == "coko package was"


@pytest.mark.parametrize(("name", "content", "told"), [
    ("release/settings.py", f"\nKEY = '{KEY}'\n", "release/settings.py:2 holds an AWS access key"),
    ("release/key.txt", "-----BEGIN RSA PRIVATE" " KEY-----\nMIIEpAIBAAKCAQEA1234\n", "holds a private key"),
    ("release/.env", "DEBUG=1", "release/.env is named like a secret"),
    ("release/tls/server.pem", "", "is named like a secret"),
    ("release/db.ini", "url = mysql://coko:hunter22@db.internal/coko", "holds a password in a URL"),
    ("release/git.txt", "ghp_" + "a1B2" * 9, "holds a token of GitHub"),
])
def test_a_secret_is_refused_and_not_repeated(tmp_path: Path, name: str, content: str, told: str) -> None:
    with pytest.raises(Failure) as refused:
        pack("web", {**FILES, name: content.encode()}, OF, tmp_path)
    assert refused.value.exit_code == ExitCode.REFUSED
    assert told in refused.value.why
    assert KEY not in refused.value.why
    assert not list(tmp_path.glob("*.zip"))


@pytest.mark.parametrize("content", [
    "postgres://$USER:$PASSWORD@host/", "see https://example.org/a:b@c", "AKIA" "IOSFODNN7EXAMPLE", "AKIA is a prefix",
])
def test_what_only_looks_a_little_like_a_secret_is_not_one(content: str) -> None:
    assert confidential.findings({"release/notes.txt": content.encode()}) == []


def test_other_peoples_wheels_are_not_searched() -> None:
    assert confidential.findings({"release/wheels/x.whl": KEY.encode()}) == []


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="too large") as refused:
        pack("web", {**FILES, "release/film.mp4": bytes(package.LARGEST_FILE + 1)}, OF, tmp_path)
    assert "release/film.mp4: 67 MB" in refused.value.why


def test_this_checkouts_web_tier_is_packaged(tree: Path, tmp_path: Path) -> None:
    made = package.package("web", root=tree, out=tmp_path / "out")
    again = package.package("web", root=tree, out=tmp_path / "again")
    assert made.digest == again.digest
    with zipfile.ZipFile(made.path) as archive:
        names = set(archive.namelist())
    assert {"appspec.yml", "scripts/validate_service.sh", "scripts/_lib.sh", "scripts/_release.sh",
            "release/install.py", "scripts/ssm_parameter.py", "release/bundle.json"} <= names
    assert not any(name.startswith("scripts/first_boot") for name in names)


@pytest.mark.parametrize(("wrong", "told"), [
    (lambda root: (root / "appspec.yml").rename(root / "AppSpec.yml"), "is called AppSpec.yml"),
    (lambda root: (root / "appspec.yml").rename(root / "appspec.yaml"), "is called appspec.yaml"),
    (lambda root: (root / "appspec.yml").unlink(), "is missing"),
    (lambda root: (root / "scripts/before_install.sh").unlink(), "which is not there"),
    (lambda root: edit(root, "timeout: 60", "#"), "has no timeout"),
    (lambda root: edit(root, "timeout: 60", "timeout: 7200"), "has a timeout of 7200 s"),
    (lambda root: edit(root, "BeforeInstall:", "beforeInstall:"), "has no event 'beforeInstall'"),
    (lambda root: edit(root, "version: 0.0", "version: 1"), "version is 1"),
    (lambda root: edit(root, "os: linux", "os: Linux"), "os is 'Linux'"),
    (lambda root: edit(root, "#!/usr/bin/env bash", "", "scripts/before_install.sh"), "no first line"),
    (lambda root: edit(root, "\n", "\r\n", "scripts/before_install.sh"), "Windows line ends"),
    (lambda root: edit(root, "hooks:", "hooks: ["), "is not YAML"),
    (lambda root: edit(root, "# One", "\ufeff# One"), "byte order mark"),
])
def test_what_the_agent_would_stumble_over_is_found_here(tree: Path, wrong: object, told: str) -> None:
    wrong(tree)  # type: ignore[operator]
    with pytest.raises(Failure) as refused:
        package.gather("web", tree, None)
    assert told in refused.value.what + refused.value.why
    assert refused.value.exit_code == ExitCode.BAD_INPUT


def edit(root: Path, old: str, new: str, name: str = "appspec.yml") -> None:
    text = (root / name).read_text()
    assert old in text
    with (root / name).open("w", newline="") as file:
        file.write(text.replace(old, new))


def test_this_repositorys_own_appspec_has_nothing_wrong() -> None:
    assert appspec.findings(ROOT) == []
    limits = appspec.limits(appspec.hooks((ROOT / "appspec.yml").read_text()))
    assert set(limits) == {"ApplicationStop", "BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService"}
    assert sum(limits.values()) < 900


def test_the_previous_revisions_script_does_nothing() -> None:
    """It is the copy on the host that runs: what it needs may be gone, what it does wrong cannot be mended."""
    text = (ROOT / "scripts/application_stop.sh").read_text()
    assert "source" not in text
    assert "systemctl" not in text


def test_an_application_that_cannot_make_its_bundle_says_why(tree: Path) -> None:
    (tree / "app/web/nginx/site.conf.template").unlink()
    for path in (tree / "app/bundle").glob("web.py"):
        path.write_text("raise RuntimeError('no web today')")
    with pytest.raises(Failure) as refused:
        package.gather("web", tree, None)
    assert "no web today" in refused.value.why


def test_a_directory_without_git_is_told_as_such(tmp_path: Path) -> None:
    assert commit(tmp_path).id == "unknown"


def test_there_are_two_tiers(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="no tier 'db'"):
        package.package("db", out=tmp_path)
