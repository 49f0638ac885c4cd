"""Access control lists and SELinux contexts: how entries are read, and what `setfacl --set` is given."""

from __future__ import annotations

import pytest

from rehearsal.agent import selinux
from rehearsal.agent.acl import Acl, parse
from rehearsal.agent.errors import AgentError
from tests.rehearsal.agent.host import HEAD, Host, files


@pytest.mark.parametrize(
    ("entry", "read"),
    [
        ("u:nobody:rw", "user:nobody:rw-"),
        ("nobody:5", "user:nobody:r-x"),
        ("group:daemon:x", "group:daemon:--x"),
        ("m:rx", "mask::r-x"),
        ("m::7", "mask::rwx"),
        ("d:nobody:r", "default:user:nobody:r--"),
        ("default:g::rw", "default:group::rw-"),
        ("d:o:4", "default:other::r--"),
        ("u:x:", "user:x:---"),
    ],
)
def test_entries(entry: str, read: str) -> None:
    assert str(parse(entry)) == read


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("rw", "Invalid acl entry (rw)."),
        ("a:b:c:d", "Invalid acl entry"),
        ("x:nobody:rw", "Invalid acl entry"),
        ("d:d:nobody:rw", "Invalid acl entry"),
        ("m:nobody:rw", "Invalid acl entry"),
        ("u::rw", "Use mode to set the base acl entry"),
        ("o:r", "Use mode to set the base acl entry"),
        ("u:nobody:rwz", "contains an invalid character (z)"),
    ],
)
def test_bad_entries(entry: str, said: str) -> None:
    with pytest.raises(AgentError) as failure:
        parse(entry)
    assert said in str(failure.value)


def test_the_base_comes_from_the_mode() -> None:
    assert Acl(["u:nobody:rw"]).complete(0o640) == [
        "user:nobody:rw-",
        "user::rw-",
        "group::r--",
        "other::---",
        "mask::r--",
    ]


def test_a_mask_of_ones_own_is_kept() -> None:
    assert "mask::rwx" in Acl(["u:nobody:rw", "m:rwx"]).complete(0o640)
    assert "mask::r--" not in Acl(["u:nobody:rw", "m:rwx"]).complete(0o640)


def test_defaults_are_completed() -> None:
    found = Acl(["d:u:nobody:rw"]).complete(0o751)
    assert found[1:] == [
        "user::rwx",
        "group::r-x",
        "other::--x",
        "default:user::rwx",
        "default:group::r-x",
        "default:other::--x",
        "default:mask::r-x",
    ]


def test_the_next_object_inherits_the_first_ones_mask() -> None:
    acl = Acl(["u:nobody:rw"])
    acl.complete(0o640)
    assert [entry for entry in acl.complete(0o660) if entry.startswith("mask")] == ["mask::r--"]


def test_a_failing_setfacl_is_reported_with_its_command(host: Host) -> None:
    permit = "permissions:\n  - {object: @dest/x.txt, acls: ['u:no-such-user-here:rw']}\n"
    said = host.install({"appspec.yml": HEAD + files(("x.txt", "@dest")) + permit, "x.txt": ""})
    entries = "user:no-such-user-here:rw-,user::rw-,group::r--,other::r--,mask::r--"
    assert f"Failed command: setfacl --set {entries} {host.dest}/x.txt" in said


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("s0", "s0"),
        ("s0-s3", "s0-s3"),
        ("s2-s2", "s2"),
        ("s0:c1", "s0:c1"),
        ("s0-s3:c0.c3,c5", "s0-s3:c0.c3,c5"),
        ("s0:c3,c1,c2", "s0:c1.c3"),
        ("s0:c7.c7", "s0:c7"),
    ],
)
def test_ranges_in_their_shortest_form(given: str, shown: str) -> None:
    assert selinux.span(given) == shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("x0", "invalid sensitivity x0"),
        ("s", "invalid sensitivity s"),
        ("s0-", "invalid range part s0-"),
        ("s3-s0", "a problem with the SELinux range specified (s3-s0)"),
        ("s0:c1024", "invalid category c1024"),
        ("s0:c5.c1", "invalid category range c5.c1"),
        ("s0:c1,c1", "duplicate categories"),
        ("s0:", "invalid range part s0:"),
        (5, "invalid range part 5"),
    ],
)
def test_bad_ranges(given: object, said: str) -> None:
    with pytest.raises(AgentError) as failure:
        selinux.span(given)
    assert said in str(failure.value)


def test_contexts() -> None:
    context = selinux.parse({"type": "bin_t", "name": "system_u", "range": "s0"})
    assert context.arguments() == ["-s", "system_u", "-t", "bin_t", "-r", "s0"]
    with pytest.raises(AgentError, match=r'an invalid context type \({"user"=>"x"}\)'):
        selinux.parse({"user": "x"})
