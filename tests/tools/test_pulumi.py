"""The real CLI, as `make pulumi` left it, runs a Python program with a local backend and no cloud resource."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """\
import pulumi
config = pulumi.Config()
pulumi.export("greeting", "hello " + config.require("who"))
pulumi.export("token", config.require_secret("token"))
"""


class Project:
    """A project in a directory of its own, with a Pulumi home of its own: the user's is never touched."""

    def __init__(self, home: Path, program: str) -> None:
        self.home = home
        (home / "program").mkdir()
        (home / "program" / "__main__.py").write_text(program)
        (home / "Pulumi.yaml").write_text("name: tiny\nruntime: {name: python}\nmain: program\n")
        self.environment = {
            **os.environ, "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}", "PULUMI_HOME": str(home / "pulumi-home"),
            "PULUMI_BACKEND_URL": f"file://{home}", "PULUMI_CONFIG_PASSPHRASE": "a passphrase",
            "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def pulumi(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["pulumi", *words, "--non-interactive"], cwd=self.home, env=self.environment,
                              capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path, PROGRAM)
    for words in (["stack", "init", "dev"], ["config", "set", "who", "world"],
                  ["config", "set", "--secret", "token", "a-very-secret-token"]):
        result = made.pulumi(*words)
        assert result.returncode == 0, result.stderr
    return made


def test_the_cli_is_the_pinned_release_or_newer() -> None:
    pinned = re.search(r"^version=(\S+)", (ROOT / "tools/pulumi/install.sh").read_text(), re.M)
    assert pinned
    shown = subprocess.run([ROOT / ".venv/bin/pulumi", "version"], capture_output=True, text=True, check=True).stdout
    assert [*map(int, shown.strip().lstrip("v").split("."))] >= [*map(int, pinned[1].split("."))]


def test_one_release_is_pinned_everywhere() -> None:
    pinned = re.search(r"^version=(\S+)", (ROOT / "tools/pulumi/install.sh").read_text(), re.M)
    assert pinned
    assert f'"pulumi=={pinned[1]}"' in (ROOT / "pyproject.toml").read_text()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{pinned[1]}" in (ROOT / "tools/pulumi/go.mod").read_text()


def test_preview_up_and_outputs(project: Project) -> None:
    preview = project.pulumi("preview")
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert "1 to create" in preview.stdout
    up = project.pulumi("up", "--yes")
    assert up.returncode == 0, up.stdout + up.stderr
    outputs = json.loads(project.pulumi("stack", "output", "--json").stdout)
    assert outputs == {"greeting": "hello world", "token": "[secret]"}
    assert "1 unchanged" in project.pulumi("preview").stdout


def test_secrets_stay_secret(project: Project) -> None:
    assert project.pulumi("up", "--yes").returncode == 0
    files = [path for path in project.home.rglob("*") if path.is_file()]
    assert [path for path in files if b"a-very-secret-token" in path.read_bytes()] == []


def test_a_failing_program_fails_the_command(project: Project) -> None:
    (project.home / "program" / "__main__.py").write_text("raise ValueError('what is wrong')")
    preview = project.pulumi("preview")
    assert preview.returncode != 0
    assert "what is wrong" in preview.stdout + preview.stderr


def test_destroy_leaves_nothing(project: Project) -> None:
    project.pulumi("up", "--yes")
    destroyed = project.pulumi("destroy", "--yes")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert json.loads(project.pulumi("stack", "export").stdout)["deployment"].get("resources", []) == []
