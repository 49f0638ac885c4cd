"""Which of the installed objects a permission is for, and what it may be given."""

from __future__ import annotations

import grp
import os
import pwd

import pytest

from rehearsal.agent.permissions import matches
from tests.rehearsal.agent.host import HEAD, Host, failed_at, failure, files, spec_of

TREE = {"app/a.sh": "", "app/b.txt": "", "app/sub/c.sh": "", "app/sub/deep/d.sh": ""}
APP, FILE = "  - object: @dest/app\n", "  - object: @dest/app/a.sh\n"
BEFORE = {
    "a.sh": "0755",
    "b.txt": "0644",
    "sub": "0755",
    "sub/c.sh": "0755",
    "sub/deep": "0755",
    "sub/deep/d.sh": "0755",
}


def permit(host: Host, text: str) -> str:
    return host.install({"appspec.yml": HEAD + files(("app", "@dest/app")) + "permissions:\n" + text, **TREE})


def changed(host: Host) -> dict[str, str]:
    return {name: mode for name, mode in host.tree("dest/app").items() if BEFORE.get(name) != mode}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (APP + "    mode: 700\n", dict.fromkeys(BEFORE, "0700")),
        (
            APP + "    pattern: '**'\n    type: [file]\n    mode: 640\n",
            {"a.sh": "0640", "b.txt": "0640", "sub/c.sh": "0640", "sub/deep/d.sh": "0640"},
        ),
        (APP + "    pattern: '*.sh'\n    mode: 711\n", {"a.sh": "0711"}),
        (APP + "    pattern: 's*'\n    mode: 711\n", {"sub": "0711"}),
        (APP + "    type: [directory]\n    mode: 750\n", {"sub": "0750", "sub/deep": "0750"}),
        (
            APP + "    except: ['a.sh', 'su*']\n    mode: 600\n",
            {"b.txt": "0600", "sub/c.sh": "0600", "sub/deep": "0600", "sub/deep/d.sh": "0600"},
        ),
        (APP + "    except: ['**']\n    type: [file]\n    mode: 600\n", {"sub/c.sh": "0600", "sub/deep/d.sh": "0600"}),
        (APP + "    type: []\n    mode: 600\n", {}),
        (FILE + "    type: [directory]\n    mode: 600\n", {}),
        (FILE + "    mode: 0644\n", {"a.sh": "0420"}),
        (FILE + "    mode: '4755'\n", {"a.sh": "4755"}),
        (FILE + "    mode: 7\n", {"a.sh": "0007"}),
        ("  - object: /nonexistent/x\n    mode: 600\n", {}),
        ("  - object: @dest/app/sub/\n    pattern: 'c*'\n    mode: 600\n", {"sub/c.sh": "0600"}),
    ],
)
def test_modes(host: Host, text: str, expected: dict[str, str]) -> None:
    assert permit(host, text) == ""
    assert changed(host) == expected
    assert (host.dest / "app").stat().st_mode & 0o777 == 0o755, "the object itself is never changed"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FILE + "    pattern: '*.sh'\n    mode: 600\n", "with an invalid pattern (*.sh)"),
        (FILE + "    except: ['x']\n    mode: 600\n", 'a pattern in the permissions section (["x"]) for'),
        (FILE + "    mode: 600\n" + APP + "    mode: 644\n", "is specified more than once"),
        (FILE + "    owner: no-such-user\n", "can't find user for no-such-user"),
        (FILE + "    group: no-such-group\n", "can't find group for no-such-group"),
        (FILE + "    owner: 0\n", "can't find user for 0"),
        (APP + "    pattern: 5\n", "is not a text: 5"),
        (FILE + "    acls: ['d:u:root:rw']\n", "the -d parameter has been specified to apply an acl setting to a file"),
        (FILE + "    context: {type: bin_t}\n", "has no range"),
    ],
)
def test_refused_at_installation(host: Host, text: str, said: str) -> None:
    bundle = host.revision({"appspec.yml": HEAD + files(("app", "@dest/app")) + "permissions:\n" + text, **TREE})
    recorded = host.deploy(spec_of(bundle))
    assert failed_at(recorded) == "Install"
    assert said in failure(recorded)


def test_only_what_this_deployment_installs(host: Host) -> None:
    host.write("dest/app/old.txt", "").chmod(0o600)
    assert permit(host, APP + "    mode: 640\n") == ""
    assert host.tree("dest/app")["old.txt"] == "0600"


def test_owner_and_group(host: Host) -> None:
    assert os.geteuid() == 0, "these tests run as root"
    assert (
        permit(host, FILE + "    owner: nobody\n    group: daemon\n" + "  - object: @dest/app/b.txt\n    group: mail\n")
        == ""
    )
    stats = [(host.dest / "app" / name).stat() for name in ("a.sh", "b.txt")]
    assert [(pwd.getpwuid(s.st_uid).pw_name, grp.getgrgid(s.st_gid).gr_name) for s in stats] == [
        ("nobody", "daemon"),
        ("root", "mail"),
    ]


def test_setuid_is_lost_with_an_owner(host: Host) -> None:
    """The owner is set after the mode, and that clears it."""
    assert permit(host, FILE + "    mode: '4755'\n    owner: nobody\n") == ""
    assert host.tree("dest/app")["a.sh"] == "0755"


def test_a_link_does_not_lead_permissions_to_the_host(host: Host) -> None:
    victim = host.write("victim", "")
    bundle = host.revision(
        {"appspec.yml": HEAD + files(("app", "@dest/app")) + "permissions:\n" + APP + "    mode: 777\n"}
    )
    (bundle / "app").mkdir()
    (bundle / "app/link").symlink_to(victim)
    assert "which this deployment did not install, through the link" in failure(host.deploy(spec_of(bundle)))
    assert victim.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("name", "pattern", "matched"),
    [
        ("a.sh", "*.sh", True),
        ("a.sh", "*", True),
        ("a.sh", "a.sh", True),
        ("a.sh", "a?sh", False),
        ("a.sh", "", False),
        ("a.sh", "a*h", True),
        ("abab", "*ab", True),
        ("abac", "*ab", False),
        ("sub/a.sh", "*", False),
        ("[x]", "[x]", True),
        ("a", "**", True),
        ("a" * 200 + "b", "*a" * 80 + "*c", False),
    ],
)
def test_simple_globs(name: str, pattern: str, matched: bool) -> None:
    assert matches(name, pattern) is matched
