"""Where files go, what may be there already, and what the next deployment removes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.rehearsal.agent.host import HEAD, Host, failed_at, failure, files, spec_of

TO_DEST = HEAD + files(("x.txt", "@dest"))


def test_a_file_keeps_its_name_and_missing_parents_are_made(host: Host) -> None:
    assert host.install({"appspec.yml": HEAD + files(("a/x.txt", "@dest/new/sub/")), "a/x.txt": "x"}) == ""
    assert host.tree() == {"new": "0755", "new/sub": "0755", "new/sub/x.txt": "0644"}
    assert host.cleanup() == ["dest", "dest/new", "dest/new/sub", "dest/new/sub/x.txt"]


def test_a_directory_gives_its_contents(host: Host) -> None:
    contents = {"appspec.yml": HEAD + files(("/", "@dest")), ".hidden": "", "scripts/s.sh": ""}
    assert host.install(contents) == ""
    assert host.tree() == {".hidden": "0644", "appspec.yml": "0644", "scripts": "0755", "scripts/s.sh": "0755"}


def test_what_was_there_is_not_recorded(host: Host) -> None:
    host.write("dest/app/mine", "")
    assert host.install({"appspec.yml": HEAD + files(("app", "@dest/app")), "app/x": ""}) == ""
    assert host.cleanup() == ["dest/app/x"]


def test_copies_keep_mode_time_and_contents(host: Host) -> None:
    bundle = host.revision({"appspec.yml": TO_DEST.replace("@dest", str(host.dest)), "x.txt": "x"})
    assert failure(host.deploy(spec_of(bundle), ["DownloadBundle"])) == ""
    archived = host.root / "dg-1/d-1/deployment-archive/x.txt"
    archived.chmod(0o4711)
    os.utime(archived, (10**9, 10**9))
    assert failure(host.deploy(spec_of(bundle), ["Install"])) == ""
    stat = (host.dest / "x.txt").stat()
    assert (stat.st_mode & 0o7777, stat.st_mtime, (host.dest / "x.txt").read_text()) == (0o4711, 10**9, "x")


@pytest.mark.parametrize(
    ("api", "appspec", "content", "said"),
    [
        (None, None, "old", "a specified file already exists at this location: "),
        ("DISALLOW", None, "old", "a specified file already exists at this location: "),
        ("OVERWRITE", None, "new", ""),
        ("overwrite", None, "new", ""),
        ("RETAIN", None, "old", ""),
        ("BOGUS", None, "old", "an invalid option was specified for fileExistsBehavior: BOGUS. Valid options include"),
        ("OVERWRITE", "DISALLOW", "old", "a specified file already exists at this location: "),
        ("DISALLOW", "OVERWRITE", "new", ""),
        ("BOGUS", "RETAIN", "old", ""),
    ],
)
def test_a_file_that_exists(host: Host, api: str | None, appspec: str | None, content: str, said: str) -> None:
    host.write("dest/x.txt", "old")
    more = f"file_exists_behavior: {appspec}\n" if appspec else ""
    message = host.install({"appspec.yml": TO_DEST + more, "x.txt": "new"}, behavior=api)
    assert message.startswith(f"The deployment failed because {said}" if said else "")
    assert bool(message) == bool(said)
    assert (host.dest / "x.txt").read_text() == content


def test_a_retained_file_is_not_ours_to_remove(host: Host) -> None:
    host.write("dest/x.txt", "old")
    assert host.install({"appspec.yml": TO_DEST, "x.txt": "new"}, behavior="RETAIN") == ""
    assert host.cleanup() == []


def test_overwriting_goes_through_a_link_but_a_link_overwrites_nothing(host: Host) -> None:
    host.write("dest/real", "old")
    host.write("dest/x.txt", host.dest / "real")
    assert host.install({"appspec.yml": TO_DEST, "x.txt": "new"}, behavior="OVERWRITE") == ""
    assert (host.dest / "x.txt").is_symlink()
    assert (host.dest / "real").read_text() == "new"
    link: dict[str, str | Path] = {"appspec.yml": HEAD + files(("l", "@dest")), "l/real": host.path / "elsewhere"}
    assert "File exists" in host.install(link, "d-2", behavior="OVERWRITE")


def test_one_destination_has_one_source(host: Host) -> None:
    twice: dict[str, str | Path] = {
        "appspec.yml": HEAD + files(("p/x", "@dest"), ("q/x", "@dest")),
        "p/x": "",
        "q/x": "",
    }
    said = host.install(twice)
    archive = host.root / "dg-1/d-1/deployment-archive"
    assert f"specifies two source files named {archive}/q/x and {archive}/p/x for the same destination" in said
    clash: dict[str, str | Path] = {
        "appspec.yml": HEAD + files(("q", "@dest"), ("p/app", "@dest")),
        "q/app/x": "",
        "p/app": "",
    }
    assert "but a file with that name already exists at the location" in host.install(clash, "d-2")
    clash = {"appspec.yml": HEAD + files(("p/app", "@dest"), ("q", "@dest")), "q/app/x": "", "p/app": ""}
    assert "includes an mkdir command more than once for the same destination path" in host.install(clash, "d-3")
    assert not host.dest.exists()


def test_the_next_deployment_removes_what_the_last_one_made(host: Host) -> None:
    appspec = HEAD + files(("app", "@dest/app"))
    assert (
        host.install({"appspec.yml": appspec, "app/a": "1", "app/keep/k": "", "app/gone/g": "", "app/gone/h": ""}) == ""
    )
    host.write("dest/app/keep/user.log", "written by the application")
    host.write("dest/app/a", "edited by hand")
    (host.dest / "app/gone/g").unlink()
    assert host.install({"appspec.yml": appspec, "app/a": "2"}, "d-2") == ""
    assert host.tree() == {"app": "0755", "app/a": "0644", "app/keep": "0755", "app/keep/user.log": "0644"}
    assert (host.dest / "app/a").read_text() == "2"
    assert host.cleanup() == ["dest/app/a"]


def test_a_failed_installation_is_cleaned_up_by_the_next(host: Host) -> None:
    said = host.install({"appspec.yml": HEAD + files(("a", "@dest"), ("missing", "@dest")), "a": "1"})
    assert "No such file or directory" in said
    assert host.cleanup() == ["dest", "dest/a", "dest/missing"]
    assert not (host.root / "deployment-instructions/dg-1_last_successful_install").exists()
    assert host.install({"appspec.yml": HEAD + files(("a", "@dest")), "a": "2"}, "d-2") == ""
    assert (host.dest / "a").read_text() == "2"


def test_an_unfinished_last_line_of_the_account_is_ignored(host: Host) -> None:
    host.write("dest/a", "mine")
    host.write("agent/deployment-instructions/dg-1-cleanup", "@dest/b\n@dest/a")
    assert host.install({"appspec.yml": HEAD}) == ""
    assert (host.dest / "a").exists()


def test_old_files_are_gone_when_a_foreign_one_is_in_the_way(host: Host) -> None:
    assert host.install({"appspec.yml": HEAD + files(("a", "@dest")), "a": "1"}) == ""
    host.write("dest/c", "user's")
    said = host.install({"appspec.yml": HEAD + files(("a", "@dest"), ("c", "@dest")), "a": "2", "c": "2"}, "d-2")
    assert "a specified file already exists" in said
    assert list(host.tree()) == ["c"]
    assert not (host.root / "deployment-instructions/dg-1-cleanup").exists()


def test_links_are_copied_as_links_but_directories_behind_them_as_directories(host: Host) -> None:
    links: dict[str, str | Path] = {"app/lf": host.path / "nowhere", "app/rel": "f", "app/dir/g": ""}
    bundle = host.revision({"appspec.yml": HEAD + files(("app", "@dest")), **links})
    (bundle / "app/ldir").symlink_to("dir")
    assert failure(host.deploy(spec_of(bundle))) == ""
    assert host.tree()["lf"] == f"-> {host.path / 'nowhere'}"
    assert (host.tree()["ldir"], host.tree()["ldir/g"]) == ("0755", "0644")


def test_a_link_that_leads_to_where_it_is_is_named(host: Host) -> None:
    bundle = host.revision({"appspec.yml": HEAD + files(("app", "@dest")), "app/x": ""})
    (bundle / "app/loop").symlink_to(".")
    said = host.deploy(spec_of(bundle))
    assert failed_at(said) == "Install"
    assert "app/loop leads back to a directory that it is in" in failure(said)


@pytest.mark.parametrize("path", ["5", "[a]", ":sym", "true"])
def test_a_path_that_is_no_text(host: Host, path: str) -> None:
    assert "is not a path" in host.install({"appspec.yml": HEAD + files((path, "@dest"))})


def test_a_name_with_a_line_break_cannot_trick_the_next_cleanup(host: Host) -> None:
    victim = host.write("victim", "safe")
    bundle = host.revision({"appspec.yml": HEAD + files(("app", "@dest"))})
    (bundle / "app").mkdir()
    (bundle / f"app/x\n{str(victim).replace('/', '_')}").write_text("")
    assert "has a line break" in failure(host.deploy(spec_of(bundle)))


def test_the_plan_is_written_down(host: Host) -> None:
    permit = "permissions:\n  - {object: @dest/x.txt, mode: 600, owner: root, acls: ['u:root:rw']}\n"
    host.install({"appspec.yml": TO_DEST + permit, "x.txt": ""})
    plan = json.loads((host.root / "deployment-instructions/dg-1-install.json").read_text())["instructions"]
    assert [step["type"] for step in plan] == ["mkdir", "copy", "chmod", "setfacl", "chown"]
    assert plan[2] == {"type": "chmod", "mode": "600", "file": f"{host.dest}/x.txt"}
    assert plan[3]["acl"] == ["user:root:rw-"]
