"""Small bundles of either tier around the real hooks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.scripts import SCRIPTS

INSTALL = "from pathlib import Path\nPath(__file__).with_name('installed').write_text('yes')\n"
SITE = "location = /version/web { default_type application/json; alias /opt/coko/web/current/release.json; }\n"
HOOKS = ("application_stop.sh", "before_install.sh", "after_install.sh", "application_start.sh", "validate_service.sh",
         "_lib.sh", "_release.sh", "ssm_parameter.py")
OF_TIER: Mapping[str, Mapping[str, str]] = {
    "web": {"nginx/site.conf": SITE},
    "was": {"systemd/coko-was.service": "[Service]\n", "systemd/coko-collect.timer": "[Timer]\n"},
}


def contents(tier: str, release: str) -> dict[str, str]:
    told = json.dumps({"release": release, "tier": tier})
    return {"release.json": told, "install.py": INSTALL, **OF_TIER[tier]}


def bundle(at: Path, tier: str, release: str, files: Mapping[str, str] | None = None) -> Path:
    for name, text in {**contents(tier, release), **(files or {})}.items():
        path = at / "release" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (at / "scripts").mkdir()
    for name in HOOKS:
        shutil.copy(SCRIPTS / name, at / "scripts" / name)
    return at
