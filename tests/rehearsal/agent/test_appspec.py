"""AppSpec files: what is accepted, and the text for what is not, said once, before anything is acknowledged."""

from __future__ import annotations

import pytest

from rehearsal.agent.diagnostics import Code
from tests.rehearsal.agent.host import ALL_EVENTS, HEAD, Host, bash, failed_at, failure, files, hooks, spec_of

VERSION = "an invalid version value ({}) was entered in the application specification file"
OS = "specifies an unsupported operating system ({})"
TIMEOUT = "an invalid timeout value was provided for a script"
LOCATION = "specifies a script with no location value"
MODE = "the permissions mode ({}) in the application specification file contains an invalid character (9)"
PERMIT = HEAD + "permissions:\n  - object: /x\n"


def scripts(rest: str) -> str:
    return f"{HEAD}hooks:\n  AfterInstall:\n{rest}"


ACCEPTED = {
    "minimal": HEAD,
    "zero is 0.0": "version: 0\nos: linux\n",
    "more keys": HEAD + "Resources: []\nfoo: 1\n",
    "null hook": HEAD + "hooks:\n  AfterInstall:\n",
    "empty hook": HEAD + "hooks:\n  AfterInstall: []\n",
    "unknown hook": HEAD + hooks("Bogus", "s.sh"),
    "null sections": HEAD + "hooks:\nfiles:\npermissions:\n",
    "quoted timeout": scripts("    - {location: s.sh, timeout: '30'}\n"),
    "long timeout": scripts("    - {location: s.sh, timeout: 5000}\n"),
    "fraction": scripts("    - {location: s.sh, timeout: 1.9}\n"),
    "null timeout": scripts("    - {location: s.sh, timeout: }\n"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(host: Host, name: str) -> None:
    assert host.install({"appspec.yml": ACCEPTED[name], "s.sh": bash("true")}) == ""


REFUSED = {
    "": "the application specification file was empty",
    "version: '0.0'\nos: linux\n": VERSION.format("0.0"),
    "version: 1.0\nos: linux\n": VERSION.format("1.0"),
    "os: linux\n": VERSION.format(""),
    "version: [0.0]\nos: linux\n": VERSION.format("[0.0]"),
    "no mapping at all": VERSION.format(""),
    "version: 0.0\n": OS.format(""),
    "version: 0.0\nos: Linux\n": OS.format("Linux"),
    "version: 0.0\nos: windows\n": OS.format("windows"),
    scripts("    - timeout: 3\n"): LOCATION,
    scripts("    - location: '  '\n"): LOCATION,
    scripts("    - {location: s.sh, timeout: 0}\n"): TIMEOUT,
    scripts("    - {location: s.sh, timeout: -1}\n"): TIMEOUT,
    scripts("    - {location: s.sh, timeout: abc}\n"): TIMEOUT,
    HEAD + "files:\n  - destination: /x\n": "specifies a destination file, but no source file",
    HEAD + "files:\n  - source: x.txt\n": "specifies only a source file (x.txt)",
    HEAD + "files:\n  - text\n": "specifies a destination file, but no source file",
    HEAD + "permissions:\n  - mode: 644\n": "has no object value",
    HEAD + "permissions:\n  - object: ' '\n": "has no object value",
    PERMIT + "    mode: 999\n": MODE.format("999"),
    PERMIT + "    mode: 0755\n": MODE.format("493"),
    PERMIT + "    mode: '07555'\n": "the length of a permissions mode (07555)",
    PERMIT + "    type: [symlink]\n": "for an object type not supported for permissions (symlink)",
    HEAD + "file_exists_behavior: overwrite\n": "an invalid file_exists_behavior value (overwrite)",
    HEAD + "hooks:\n  AfterInstall:\n    - s.sh\n": "line 5: a script is a mapping with 'location', not \"s.sh\"",
    HEAD + "hooks:\n  AfterInstall: s.sh\n": "appspec.yml line 4: AfterInstall: a list is expected",
    HEAD + "hooks: []\n": "hooks: a mapping is expected, not []",
    HEAD + "files: x\n": "files: a list is expected",
    HEAD + "files:\n\t- source: x\n": "appspec.yml line 4, column 1: found character",
    scripts("    - {location: s.sh, timeout: yes}\n"): "appspec.yml line 5: timeout: true is not a number of seconds",
}


@pytest.mark.parametrize("text", REFUSED)
def test_refused_before_the_first_event_of_this_revision(host: Host, text: str) -> None:
    bundle = host.revision({"s.sh": bash("true")})
    (bundle / "appspec.yml").write_text(text)
    said = host.deploy(spec_of(bundle))
    event, report = said.reports[-1]
    assert (event, report.error_code, report.script_name, report.log) == ("BeforeInstall", Code.UNKNOWN_ERROR, "", "")
    assert REFUSED[text] in report.message
    assert "BeforeInstall" not in dict(said.acks)


def test_hooks_look_for_one_name_only(host: Host) -> None:
    bundle = host.revision({"appspec.yaml": HEAD})
    said = host.deploy(spec_of(bundle))
    assert failed_at(said) == "BeforeInstall"
    assert 'was expected but not found at path "' in failure(said)
    assert failure(host.deploy(spec_of(bundle), ["DownloadBundle", "Install"])) == ""


def test_another_name_can_be_asked_for(host: Host) -> None:
    bundle = host.revision(
        {"web.yml": HEAD + hooks("AfterInstall", "s.sh"), "appspec.yml": "", "s.sh": bash("echo web")}
    )
    assert failure(host.deploy(spec_of(bundle, AppSpecFilename="web.yml"))) == ""
    assert host.said() == ["web"]


def test_install_prefers_yml_unless_only_yaml_is_there(host: Host) -> None:
    pair = {f"appspec.{end}": HEAD + files((f"appspec.{end}", "@dest")) for end in ("yml", "yaml")}
    assert host.install(pair) == ""
    assert list(host.tree()) == ["appspec.yml"]


def test_the_service_may_say_which_events_there_are(host: Host) -> None:
    contents = {"appspec.yml": HEAD + hooks(["Bogus", "AfterInstall"], "s.sh"), "s.sh": bash("true")}
    said = host.install(contents, AllPossibleLifecycleEvents=ALL_EVENTS)
    assert said == 'appspec.yml file contains unknown lifecycle events: ["Bogus"]'
    said = host.install(contents, "d-2", AllPossibleLifecycleEvents=[*ALL_EVENTS, "Bogus", "Other"])
    assert said == (
        "You specified a lifecycle event which is not a default one and doesn't exist in your appspec.yml file: Other"
    )
    assert host.install(contents, "d-3", AllPossibleLifecycleEvents=[*ALL_EVENTS, "Bogus"]) == ""
