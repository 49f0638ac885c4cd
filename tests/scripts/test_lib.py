"""_lib.sh: how scripts speak, fail, wait and read."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.scripts import SCRIPTS
from tests.scripts.aws import Aws


def bash(text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    script = f"source '{SCRIPTS}/_lib.sh'\n{text}"
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, timeout=30,
                          env={"PATH": "/usr/bin:/bin", **environment})


def test_steps_and_notes_read_as_a_story() -> None:
    assert bash("step one thing; note two").stdout == "==> one thing\n    two\n"


def test_death_tells_what_why_and_next_and_nothing_after() -> None:
    done = bash("step x; die 'the release' 'no manifest' 'coko package'")
    assert done.returncode == 70
    assert done.stderr == "FAILED: the release\n  why:  no manifest\n  next: coko package\n"


def test_death_inside_a_substitution_stays_the_last_word() -> None:
    done = bash("step x; value=$(die 'a' 'b' 'c'); echo \"got ${value}\"")
    assert done.returncode == 70
    assert done.stderr.splitlines() == ["FAILED: a", "  why:  b", "  next: c"]
    assert "got" not in done.stdout


def test_an_unforeseen_failure_names_step_and_command() -> None:
    done = bash("step 'switch the release'; false")
    assert done.stderr.splitlines()[:2] == ["FAILED: switch the release", "  why:  'false' exited with 1"]


def test_success_says_nothing_more() -> None:
    assert bash("step x").stderr == ""


@pytest.mark.parametrize("needed", [1, 3, 5])
def test_retrying_stops_at_the_first_success(tmp_path: Path, needed: int) -> None:
    count = tmp_path / "count"
    attempt = f"try() {{ echo x >>'{count}'; [[ $(wc -l <'{count}') -ge {needed} ]]; }}"
    done = bash(f"{attempt}; retry_until 5 0 try; echo done")
    assert (done.stdout, count.read_text()) == ("done\n", "x\n" * needed)


def test_retrying_gives_up_with_the_command_and_its_status() -> None:
    done = bash("step wait; retry_until 2 0 false")
    assert done.returncode == 70
    assert "'false' still exited with 1 at attempt 2" in done.stderr


@pytest.fixture
def host(tmp_path: Path, aws: Aws) -> dict[str, str]:
    (tmp_path / "etc/coko").mkdir(parents=True)
    (tmp_path / "etc/coko/host.env").write_text(
        f"COKO_STACK='prod'\nAWS_REGION='ap-northeast-2'\nAWS_ENDPOINT_URL='{aws.url}'\n")
    return {"COKO_ROOT": str(tmp_path), "AWS_EC2_METADATA_SERVICE_ENDPOINT": aws.url}


def test_a_setting_is_read_as_this_host(host: dict[str, str], aws: Aws) -> None:
    aws.parameters["/coko/prod/database/host"] = "db.internal"
    done = bash("setting database/host", **host)
    assert (done.returncode, done.stdout) == (0, "db.internal\n"), done.stderr


def test_all_settings_over_several_pages(host: dict[str, str], aws: Aws) -> None:
    aws.parameters |= {f"/coko/prod/n{number}": str(number) for number in range(5)} | {"/coko/dev/other": "x"}
    assert bash("setting", **host).stdout == "n0=0\nn1=1\nn2=2\nn3=3\nn4=4\n"


def test_a_setting_that_is_not_there_ends_the_script_with_its_cause(host: dict[str, str]) -> None:
    done = bash("step configure; host=$(setting database/host); echo \"${host}\"", **host)
    assert done.returncode == 70
    assert done.stderr.splitlines()[:2] == ["FAILED: reading /coko/prod/database/host", "  why:  ParameterNotFound: "]


def test_a_host_without_first_boot_says_so(tmp_path: Path) -> None:
    done = bash("setting region", COKO_ROOT=str(tmp_path))
    assert done.returncode == 70
    assert "first boot did not get there" in done.stderr


def test_the_reader_is_found_wherever_a_bundle_lies(host: dict[str, str], aws: Aws, tmp_path: Path) -> None:
    aws.parameters["/coko/prod/region"] = "ap-northeast-2"
    bundle = tmp_path / "deployment-archive/scripts"
    shutil.copytree(SCRIPTS, bundle)
    done = subprocess.run(["bash", "-c", f"source '{bundle}/_lib.sh'; setting region"], cwd="/", capture_output=True,
                          text=True, check=False, env={"PATH": "/usr/bin:/bin", **host})
    assert done.stdout == "ap-northeast-2\n", done.stderr
