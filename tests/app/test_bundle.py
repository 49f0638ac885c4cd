"""Bundles: the same tree gives the same bytes; each tier installs offline, checks before it touches, and runs alone."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from app.bundle import wheels
from app.bundle.__main__ import arguments, contents, write
from app.was import install
from app.was.errors import Problem
from tests.app import servers, wheelhouse

SYSTEM_PYTHON = "/usr/bin/python3"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A WAS bundle with one small wheel."""
    (tmp_path / "wheels").mkdir()
    wheelhouse.small(tmp_path / "wheels")
    write(arguments(["was", str(tmp_path / "bundle"), "--wheels", str(tmp_path / "wheels")]))
    return tmp_path / "bundle"


def test_the_same_tree_gives_the_same_bytes(tmp_path: Path) -> None:
    wheelhouse.small(tmp_path)
    for tier in ("web", "was"):
        assert contents(tier, tmp_path) == contents(tier, tmp_path)


def test_both_tiers_know_the_same_static_files(tmp_path: Path) -> None:
    wheelhouse.small(tmp_path)
    web, was = (json.loads(contents(tier, tmp_path)["bundle.json"]) for tier in ("web", "was"))
    assert web["assets"] == was["assets"] != {}
    assert {f"static/{name}" for name in web["assets"].values()} <= set(contents("web", None))


def test_the_was_bundle_has_what_it_runs_and_no_more(bundle: Path) -> None:
    names = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    assert {
        "install.py",
        "bundle.json",
        "systemd/coko-was.service",
        "systemd/coko-collect.timer",
        "app/was/project/wsgi.py",
        "app/was/figures/migrations/0001_first.py",
        "app/was/pages/templates/base.html",
        "app/web/assets/coko.css",
    } <= names
    assert not [name for name in names if "fakes" in name or "dev.py" in name or name.endswith(".pyc")]


def test_a_bundle_is_not_written_over_another(bundle: Path) -> None:
    with pytest.raises(Problem, match="not empty"):
        write(arguments(["web", str(bundle)]))


def test_installing_unpacks_and_can_be_repeated(bundle: Path) -> None:
    for _ in range(2):
        assert install.main([], bundle) == 0
        assert (bundle / "lib" / "tiny.py").read_text() == "ANSWER = 42\n"
    assert not (bundle / "lib.new").exists()


def test_checking_touches_nothing(bundle: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in bundle.rglob("*")}
    assert install.main(["--check"], bundle) == 0
    assert {path: path.stat().st_mtime_ns for path in bundle.rglob("*")} == before


@pytest.mark.parametrize(("version", "words"), [((3, 6), "3.6"), ((3, 9), "3.9"), ((3, 10), "3.11 or newer")])
def test_an_old_python_is_refused_before_anything_is_touched(
    bundle: Path, version: tuple[int, int], words: str
) -> None:
    with pytest.raises(install.Refused, match=words):
        install.check(bundle, version)
    assert not (bundle / "lib").exists()


def test_a_wheel_that_changed_or_is_gone_is_refused(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = bundle / "wheels" / "tiny-1.0-py3-none-any.whl"
    wheel.write_bytes(wheel.read_bytes() + b"x")
    assert install.main([], bundle) == 1
    wheel.unlink()
    assert install.main([], bundle) == 1
    assert capsys.readouterr().err.count("next: ") == 2
    assert not (bundle / "lib").exists()


def test_a_wheel_may_not_write_elsewhere(tmp_path: Path) -> None:
    for entry in ("../evil.py", "/tmp/evil.py", "a/../../evil.py"):
        with pytest.raises(install.Refused, match="evil"):
            install.unpack(wheelhouse.small(tmp_path, **{entry: ""}), tmp_path)


@pytest.mark.parametrize(("name", "fits"), [
    ("x-1-cp311-abi3-manylinux_2_17_x86_64.whl", True), ("x-1-cp37-abi3-manylinux2014_x86_64.whl", True),
    ("x-1-cp312-abi3-manylinux_2_17_x86_64.whl", False), ("x-1-cp311-cp311-manylinux_2_17_x86_64.whl", False),
    ("x-1-cp37-abi3-manylinux_2_17_aarch64.whl", False), ("x-1-py2.py3-none-any.whl", True),
])
def test_wheels_are_for_this_machine_or_for_any(tmp_path: Path, name: str, fits: bool) -> None:
    digest = hashlib.sha256(wheelhouse.small(tmp_path, name).read_bytes()).hexdigest()
    (tmp_path / "wheels").mkdir()
    (tmp_path / name).rename(tmp_path / "wheels" / name)
    (tmp_path / "bundle.json").write_text(json.dumps({"python": "3.11", "wheels": {name: digest}}))
    if fits:
        assert install.check(tmp_path, (3, 11), "x86_64")
    else:
        with pytest.raises(install.Refused, match="does not run here"):
            install.check(tmp_path, (3, 11), "x86_64")


def test_packages_with_compiled_parts_are_not_bundled(tmp_path: Path) -> None:
    wheelhouse.small(tmp_path, "x-1-cp311-cp311-linux_x86_64.whl")
    with pytest.raises(Problem, match="cp311"):
        wheels.gathered(tmp_path)


def test_the_lock_gives_hashes_for_all_that_the_was_needs() -> None:
    wanted = wheels.locked(wheels.LOCK.read_text(), wheels.needed())
    names = {line.split("==")[0] for line in wanted.splitlines() if "==" in line}
    assert {"django", "pymysql", "gunicorn", "botocore", "urllib3"} <= names == set(wheels.needed())
    assert wanted.count("--hash=sha256:") >= len(names)
    with pytest.raises(Problem, match="mysqlclient"):
        wheels.locked(wheels.LOCK.read_text(), ["mysqlclient"])


def test_an_installed_bundle_runs_on_the_systems_python_with_nothing_else(tmp_path: Path) -> None:
    """No virtualenv, no network: the release directory and /usr/bin/python3, as the unit starts it; through `current`,
    which then points elsewhere: what runs goes on being what was started."""
    (tmp_path / "house").mkdir()
    release = tmp_path / "release"
    write(arguments(["was", str(release), "--wheels", str(wheelhouse.fill(tmp_path / "house"))]))
    (release / "release.json").write_text('{"release": "r-7", "commit": "c0ffee", "digest": "d"}')
    assert install.main([], release) == 0
    (tmp_path / "current").symlink_to(release)
    told = {"PYTHONPATH": "lib:.", "PYTHONNOUSERSITE": "1", "COKO_DATABASE_FILE": str(tmp_path / "coko.sqlite3")}
    with servers.gunicorn(told, tmp_path, cwd=tmp_path / "current", python=SYSTEM_PYTHON) as port:
        (tmp_path / "current").unlink()
        (tmp_path / "current").symlink_to(tmp_path / "house")
        answer = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/version", timeout=20))
        assert answer == {"release": "r-7", "commit": "c0ffee", "digest": "d", "tier": "was"}
        with pytest.raises(urllib.error.HTTPError) as unready:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20)
        assert unready.value.code == 503
        assert "figures.0001_first" in json.load(unready.value)["why"]
