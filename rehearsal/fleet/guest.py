"""The image's own files: units, commands, nginx as its package leaves it, where AWS is."""

from __future__ import annotations

from pathlib import Path

from rehearsal.fleet.vpc import AWS

ENDPOINT = f"http://{AWS}:443"
LAUNCHER = """#!/usr/bin/python3 -IS
import sys
sys.path.insert(0, "/usr/lib/coko-box")
from rehearsal.fleet.boxd.{module} import main
sys.exit(main())
"""
COMMANDS = {        # path below the image: module of boxd
    "usr/local/sbin/boxd": "manager", "usr/bin/systemctl": "systemctl", "usr/bin/journalctl": "journalctl",
    "usr/local/sbin/coko-user-data": "userdata", "usr/local/sbin/codedeploy-agent": "codedeploy",
    "opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl": "cloudwatch_ctl",
    "opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent": "cloudwatch",
    "usr/sbin/poweroff": "power", "usr/sbin/reboot": "power", "usr/sbin/halt": "power", "usr/sbin/shutdown": "power",
}
TARGETS = {
    "basic": "", "sysinit": "", "network": "", "network-online": "After=network.target", "nss-lookup": "",
    "remote-fs": "", "local-fs": "", "time-sync": "", "timers": "", "sockets": "",
    "multi-user": "Wants=timers.target network-online.target\nAfter=basic.target",
}
UNITS = {
    "cloud-final.service": """[Unit]
Description=First boot: user data
After=network-online.target
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/coko-user-data
RemainAfterExit=yes
TimeoutSec=infinity
StandardOutput=append:/var/log/cloud-init-output.log
StandardError=append:/var/log/cloud-init-output.log
[Install]
WantedBy=multi-user.target
""",
    "codedeploy-agent.service": """[Unit]
Description=CodeDeploy agent (the rehearsal's)
After=network-online.target
Wants=network-online.target
[Service]
ExecStart=/usr/local/sbin/codedeploy-agent
LogsDirectory=aws/codedeploy-agent
StandardOutput=append:/var/log/aws/codedeploy-agent/codedeploy-agent.log
StandardError=append:/var/log/aws/codedeploy-agent/codedeploy-agent.log
Restart=on-failure
RestartSec=5
OOMScoreAdjust=-500
[Install]
WantedBy=multi-user.target
""",
    "amazon-cloudwatch-agent.service": """[Unit]
Description=CloudWatch agent (the rehearsal's)
After=network-online.target
[Service]
ExecStart=/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent
Restart=on-failure
RestartSec=60
[Install]
WantedBy=multi-user.target
""",
}
NGINX = """user www-data;
worker_processes auto;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
include /etc/nginx/modules-enabled/*.conf;
events {
  worker_connections 768;
}
http {
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_prefer_server_ciphers on;
  access_log /var/log/nginx/access.log;
  gzip on;
  include /etc/nginx/conf.d/*.conf;
  include /etc/nginx/sites-enabled/*;
}
"""
DEFAULT_SITE = "server {\n  listen 80 default_server;\n  root /var/www/html;\n  index index.html;\n}\n"
FILES = {
    "etc/nginx/nginx.conf": NGINX,
    "etc/nginx/sites-available/default": DEFAULT_SITE,
    "var/www/html/index.html": "Welcome to nginx!\n",
    "etc/timezone": "Etc/UTC\n",
    "etc/environment": f"AWS_ENDPOINT_URL={ENDPOINT}\n",
    "etc/systemd/system.conf.d/rehearsal.conf": f"[Manager]\nDefaultEnvironment=AWS_ENDPOINT_URL={ENDPOINT}\n",
}


def write(made: Path) -> None:
    for name, text in FILES.items():
        _write(made / name, text)
    (made / "etc/nginx/sites-enabled/default").symlink_to("/etc/nginx/sites-available/default")
    for name, module in COMMANDS.items():
        _write(made / name, LAUNCHER.format(module=module), 0o755)
    units = made / "usr/lib/systemd/system"
    for name, lines in TARGETS.items():
        _write(units / f"{name}.target", f"[Unit]\nDescription={name}\n{lines}\n")
    for name, text in UNITS.items():
        _write(units / name, text)
    (units / "default.target").symlink_to("multi-user.target")
    enabled = made / "etc/systemd/system/multi-user.target.wants"
    enabled.mkdir()
    (enabled / "cloud-final.service").symlink_to("/usr/lib/systemd/system/cloud-final.service")


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
