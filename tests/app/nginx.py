"""A web host for tests: nginx as Debian has it, the host's own server block, and a release installed from its
bundle.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.bundle.__main__ import arguments, write
from app.web import install
from tests.app import servers

MAIN = """worker_processes 1; pid {base}/nginx.pid; error_log {base}/error.log info; daemon off; {user}
events {{ worker_connections 512; }}
http {{
  include /etc/nginx/mime.types; access_log {base}/access.log;
  client_body_temp_path {base}/t1; proxy_temp_path {base}/t2; fastcgi_temp_path {base}/t3;
  uwsgi_temp_path {base}/t4; scgi_temp_path {base}/t5;
  include {base}/host.conf;
}}
"""
HOST = servers.ROOT / "app/web/nginx/host.conf"


@dataclass(frozen=True)
class WebHost:
    base: Path

    @property
    def tier(self) -> Path:
        return self.base / "opt/coko/web"

    def release(self, name: str, upstream: str, trusted: str = "127.0.0.0/8") -> Path:
        """A bundle in its directory, installed and linked as `current`."""
        release = self.tier / "releases" / name
        write(arguments(["web", str(release)]))
        (release / "release.json").write_text(json.dumps({"release": name}))
        etc = self.base / "etc"
        (etc / "coko").mkdir(parents=True, exist_ok=True)
        (etc / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        (etc / "hosts").write_text("127.0.0.1 localhost\n")
        (etc / "coko/environment").write_text(f'COKO_WAS_UPSTREAM={upstream}\nCOKO_TRUSTED_PROXIES="{trusted}"\n')
        assert install.main([], release, etc) == 0
        (self.tier / "current").unlink(missing_ok=True)
        (self.tier / "current").symlink_to(release)
        return release


@contextlib.contextmanager
def started(host: WebHost) -> Iterator[str]:
    """Its address. The host's file is the real one, but for its port and the place of /opt."""
    port = servers.free_port()
    text = HOST.read_text().replace("/opt/coko", str(host.base / "opt/coko"))
    (host.base / "host.conf").write_text(re.sub(r"listen 80 ", f"listen 127.0.0.1:{port} ", text))
    user = "user root;" if os.geteuid() == 0 else ""
    (host.base / "nginx.conf").write_text(MAIN.format(base=host.base, user=user))
    command = ["/usr/sbin/nginx", "-e", str(host.base / "error.log"), "-c", str(host.base / "nginx.conf")]
    with servers.process(command, host.base / "nginx.log", lambda: servers.listens(port)):
        yield f"http://127.0.0.1:{port}"
