"""Bundles: the formats, what is kept of owners, modes and times, and what is refused by name."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.agent import archives
from rehearsal.agent.errors import AgentError, UnsafeBundleError
from rehearsal.agent.unpack import Limits
from tests.rehearsal.agent.host import HEAD, Host, failure, files, spec_of

Member = tuple[str, bytes, dict[str, object]]


def tar(path: Path, *members: Member, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content, fields in members:
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            for field, value in fields.items():
                setattr(member, field, value)
            archive.addfile(member, io.BytesIO(content))
    return path


def zipped(path: Path, *members: Member) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, fields in members:
            member = zipfile.ZipInfo(name, (2020, 2, 2, 2, 2, 2))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = int(str(fields.get("mode", stat.S_IFREG | 0o644))) << 16
            member.extra = bytes(fields.get("extra", b""))  # type: ignore[call-overload]
            archive.writestr(member, content)
    return path


def unpack(bundle: Path, limits: Limits | None = None, kind: str = "") -> Path:
    archive = bundle.parent / "archive"
    archives.unpack(bundle, kind or bundle.suffix.removeprefix("."), archive, limits or Limits())
    return archive


APPSPEC: Member = ("appspec.yml", HEAD.encode(), {})


@pytest.mark.parametrize("kind", ["tar", "tgz", "zip", "bz2 as tar", "xz as tar", "tgz as tar"])
def test_formats(host: Host, kind: str) -> None:
    form, _, declared = kind.partition(" as ")
    path = host.path / f"bundle.{declared or form}"
    content: Member = ("x.txt", b"x", {})
    modes = {"tar": "w", "tgz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}
    appspec: Member = ("appspec.yml", (HEAD + files(("x.txt", str(host.dest)))).encode(), {})
    zipped(path, appspec, content) if form == "zip" else tar(path, appspec, content, mode=modes[form])
    assert failure(host.deploy(spec_of(path))) == ""
    assert (host.dest / "x.txt").read_text() == "x"
    assert (host.root / "dg-1/d-1/bundle.tar").readlink() == path


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("tar", "Error extracting tar archive: 2"),
        ("tgz", "Error extracting tar archive: 2"),
        ("zip", "Error extracting zip archive"),
    ],
)
def test_a_bundle_of_another_kind(host: Host, declared: str, said: str) -> None:
    path = host.path / f"bundle.{declared}"
    zipped(path, APPSPEC) if declared != "zip" else tar(path, APPSPEC)
    assert failure(host.deploy(spec_of(path))).startswith(said)


@pytest.mark.parametrize("damage", ["third header", "cut in a header", "cut in a file"])
def test_a_damaged_archive_never_passes_for_a_whole_one(tmp_path: Path, damage: str) -> None:
    path = tar(tmp_path / "b.tar", APPSPEC, ("x", b"x" * 600, {}), ("y", b"y", {}))
    raw, third = path.read_bytes(), 2 * 512 + 3 * 512
    broken = {"third header": raw[:third] + b"?" * 50 + raw[third + 50 :], "cut in a header": raw[: third + 100]}
    path.write_bytes(broken.get(damage, raw[:1700]))
    with pytest.raises(AgentError, match="Error extracting tar archive: 2"):
        unpack(path)


def test_one_directory_around_all_is_taken_off(host: Host) -> None:
    path = zipped(host.path / "b.zip", ("top/appspec.yml", HEAD.encode(), {}), ("top/x", b"", {}))
    assert failure(host.deploy(spec_of(path))) == ""
    assert host.tree("agent/dg-1/d-1/deployment-archive") == {"appspec.yml": "0644", "x": "0644"}
    two = zipped(host.path / "c.zip", ("top/appspec.yml", HEAD.encode(), {}), ("other", b"", {}))
    assert "did not find an AppSpec file" in failure(host.deploy(spec_of(two, "d-2")))


def test_tar_keeps_owner_mode_and_time(tmp_path: Path) -> None:
    fields: dict[str, object] = {"uid": 4321, "gid": 4321, "mode": 0o4750, "mtime": 10**9}
    found = (unpack(tar(tmp_path / "b.tar", ("x", b"x", fields))) / "x").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777, found.st_mtime) == (4321, 4321, 0o4750, 10**9)


def test_tar_prefers_names_that_the_host_knows(tmp_path: Path) -> None:
    archive = unpack(
        tar(tmp_path / "b.tar", ("x", b"", {"uid": 4321, "uname": "root"}), ("y", b"", {"uid": 4321, "uname": "?"}))
    )
    assert [(archive / name).stat().st_uid for name in "xy"] == [0, 4321]


def test_zip_keeps_mode_and_time_but_no_owner(tmp_path: Path) -> None:
    exact = b"UT\x05\x00\x01" + (10**9 + 1).to_bytes(4, "little")
    archive = unpack(
        zipped(tmp_path / "b.zip", ("x", b"", {"mode": stat.S_IFREG | 0o4751, "extra": exact}), ("y", b"", {}))
    )
    found = (archive / "x").stat()
    assert (found.st_uid, found.st_mode & 0o7777, found.st_mtime) == (os.geteuid(), 0o751, 10**9 + 1)
    assert (archive / "y").stat().st_mtime % 2 == 0


def test_links_inside_the_revision_are_kept(tmp_path: Path) -> None:
    link: dict[str, object] = {"type": tarfile.SYMTYPE, "linkname": "../x"}
    hard: dict[str, object] = {"type": tarfile.LNKTYPE, "linkname": "x"}
    archive = unpack(tar(tmp_path / "b.tar", ("x", b"x", {}), ("d/l", b"", link), ("h", b"", hard)))
    assert ((archive / "d/l").read_text(), (archive / "h").stat().st_nlink) == ("x", 2)
    archive = unpack(zipped(tmp_path / "c.zip", ("l", b"x", {"mode": stat.S_IFLNK | 0o777})))
    assert (archive / "l").readlink() == Path("x")


def sym(target: str) -> dict[str, object]:
    return {"type": tarfile.SYMTYPE, "linkname": target}


REFUSED: dict[str, tuple[Callable[..., Path], list[Member], str, str]] = {
    "climbs": (tar, [("../x", b"", {})], "../x", "leads outside"),
    "climbs inside": (tar, [("a/../../x", b"", {})], "a/../../x", "leads outside"),
    "absolute": (tar, [("/x", b"", {})], "/x", "leads outside"),
    "zip climbs": (zipped, [("../x", b"", {})], "../x", "leads outside"),
    "link out": (tar, [("l", b"", sym("../../etc"))], "l", "a link leads outside"),
    "link to root": (tar, [("l", b"", sym("/etc/passwd"))], "l", "a link leads outside"),
    "link by link": (tar, [("a", b"", sym("b/../x")), ("b", b"", sym("."))], "a", "a link leads outside"),
    "through a link": (tar, [("l", b"", sym(".")), ("l/x", b"", {})], "l/x", "goes through 'l'"),
    "zip link": (zipped, [("l", b"/etc", {"mode": stat.S_IFLNK | 0o777})], "l", "a link leads outside"),
    "hard link out": (tar, [("h", b"", {"type": tarfile.LNKTYPE, "linkname": "../canary"})], "h", "leads outside"),
    "hard link to a link": (
        tar,
        [("l", b"", sym("x")), ("h", b"", {"type": tarfile.LNKTYPE, "linkname": "l"})],
        "h",
        "no file",
    ),
    "device": (tar, [("dev", b"", {"type": tarfile.CHRTYPE})], "dev", "a character device"),
    "fifo": (tar, [("pipe", b"", {"type": tarfile.FIFOTYPE})], "pipe", "a FIFO"),
    "zip device": (zipped, [("dev", b"", {"mode": stat.S_IFBLK | 0o600})], "dev", "a block device"),
    "too many": (tar, [(str(n), b"", {}) for n in range(5)], "3", "more than 3 entries"),
    "too big": (tar, [("big", b"x" * 200_001, {})], "big", "more than 200000 bytes"),
    "bomb": (zipped, [("bomb", b"\0" * 100_000, {})], "bomb", "more than 50 times its size"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(tmp_path: Path, name: str) -> None:
    make, members, entry, why = REFUSED[name]
    (tmp_path / "canary").write_text("untouched")
    bundle = make(tmp_path / ("b.zip" if make is zipped else "b.tar"), *members)
    with pytest.raises(UnsafeBundleError) as failure:
        unpack(bundle, Limits(bytes=200_000, entries=3, ratio=50, any_ratio_below=5000))
    said = str(failure.value)
    assert why in said
    assert f"(entry {(entry if name != 'too many' else '3')!r})" in said
    assert str(bundle) in said
    assert {path.name for path in tmp_path.iterdir()} == {"canary", bundle.name, "archive"}


def test_a_refused_bundle_is_a_failed_download(host: Host) -> None:
    path = tar(host.path / "b.tar", APPSPEC, ("../x", b"", {}))
    said = host.deploy(spec_of(path))
    assert [event for event, _ in said.reports] == ["ApplicationStop", "DownloadBundle"]
    assert "Build the bundle without this entry" in failure(said)


def test_directories_are_copied_with_what_they_hold_except_devices(host: Host) -> None:
    bundle = host.revision({"appspec.yml": HEAD, "l": host.path / "nowhere", "d/s.sh": ""})
    assert failure(host.deploy(spec_of(bundle))) == ""
    assert host.tree("agent/dg-1/d-1/deployment-archive") == {
        "appspec.yml": "0644",
        "d": "0755",
        "d/s.sh": "0755",
        "l": f"-> {host.path / 'nowhere'}",
    }
    os.mkfifo(bundle / "d/pipe")
    assert f"{bundle}/d/pipe, which is a device, FIFO or socket" in failure(host.deploy(spec_of(bundle, "d-2")))


def test_what_is_not_there_is_named(host: Host) -> None:
    said = failure(host.deploy(spec_of(host.path / "no.zip")))
    assert "No such file or directory" in said
    assert str(host.root / "dg-1/d-1/bundle.tar") in said
    assert failure(host.deploy(spec_of(host.path / "no.tar", "d-2"))) == "Error extracting tar archive: 2"


def test_nothing_is_an_empty_tar_archive(host: Host) -> None:
    (host.path / "b.tar").write_bytes(b"")
    assert "did not find an AppSpec file" in failure(host.deploy(spec_of(host.path / "b.tar")))
    (host.path / "b.tgz").write_bytes(b"")
    assert failure(host.deploy(spec_of(host.path / "b.tgz", "d-2"))) == "Error extracting tar archive: 2"


def test_the_archives_own_entry_gives_its_mode(tmp_path: Path) -> None:
    archive = unpack(tar(tmp_path / "b.tar", (".", b"", {"type": tarfile.DIRTYPE, "mode": 0o750}), ("./x", b"", {})))
    assert archive.stat().st_mode & 0o777 == 0o750
