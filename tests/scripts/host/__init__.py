"""A host for hooks and for the real agent: this machine in namespaces of its own; so are its /etc, /opt and /run.

Real: bash, the hooks, the agent, nginx, the bundle's own installers. Not real: systemd (a recorder), and coko-was.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
NGINX = """server_tokens off;
server {
  listen 127.0.0.1:%s default_server;
  location = /healthz { return 200 "ok\\n"; }
  include /opt/coko/web/current/nginx/site.con[f];
}
"""


@dataclass
class Host:
    home: Path
    tier: str
    port: int
    pid: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        """Where a path of the host really is."""
        return self.home / name.lstrip("/")

    def prepare(self, facts: Mapping[str, str]) -> None:
        """What first boot leaves behind."""
        shutil.copytree("/etc", self.home / "etc", symlinks=True)
        for directory in ("opt/bin", "run", "var/log", "etc/coko", f"opt/coko/{self.tier}"):
            self.path(directory).mkdir(parents=True, exist_ok=True)
        told = {"COKO_STACK": "test", "COKO_TIER": self.tier, "COKO_PORT": str(self.port),
                "AWS_REGION": "ap-northeast-2"}
        self.path("etc/coko/host.env").write_text("".join(f"{k}='{v}'\n" for k, v in {**told, **facts}.items()))
        shutil.copy(HERE / "systemctl.sh", self.path("opt/bin/systemctl"))
        self.path("opt/bin/systemctl").chmod(0o755)
        shutil.copy(HERE / "was_server.py", self.path("opt/was-server.py"))
        self.path("opt/port").write_text(str(self.port))
        self.path("etc/resolv.conf").unlink(missing_ok=True)
        self.path("etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
        if self.tier == "web":
            self._nginx()

    def _nginx(self) -> None:
        for path in [*self.path("etc/nginx/sites-enabled").glob("*"), *self.path("etc/nginx/conf.d").glob("*")]:
            path.unlink()
        self.path("etc/nginx/conf.d/coko.conf").write_text(NGINX % self.port)

    def enter(self, *command: str) -> list[str]:
        return ["nsenter", "-t", str(self.pid), "-m", "-p", "--", *command]

    def variables(self, **more: str) -> dict[str, str]:
        return {"PATH": "/opt/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
                **self.environment, **more}

    def hook(self, bundle: Path, name: str, deployment: str = "d-1", **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.enter(str(bundle / "scripts" / f"{name}.sh")), capture_output=True, text=True, check=False,
            timeout=60, stdin=subprocess.DEVNULL, cwd="/",
            env=self.variables(DEPLOYMENT_ID=deployment, LIFECYCLE_EVENT=name, **more))

    @property
    def calls(self) -> list[str]:
        return self.path("run/calls").read_text().splitlines()

    @property
    def current(self) -> str:
        return str(self.path(f"opt/coko/{self.tier}/current").readlink())


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def a_host(home: Path, tier: str, facts: Mapping[str, str]) -> Iterator[Host]:
    host = Host(home, tier, free_port(), environment={k: v for k, v in facts.items() if k.startswith("AWS_")})
    host.prepare({name: value for name, value in facts.items() if not name.startswith(("AWS_ACCESS", "AWS_SECRET"))})
    outside = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child",
         "bash", str(HERE / "enter.sh"), str(home)])
    try:
        deadline = time.monotonic() + 20
        while not (home / "run/up").exists():
            assert outside.poll() is None, "the host did not come up"
            assert time.monotonic() < deadline, "the host did not come up in time"
            time.sleep(0.02)
        host.pid = int(Path(f"/proc/{outside.pid}/task/{outside.pid}/children").read_text().split()[0])
        yield host
    finally:
        outside.kill()
        outside.wait()
