"""The image: what a box brings before its first boot, so that user data finds everything and installs nothing.

Of this machine a box sees /usr and the list of its packages, both read-only underneath. Its /etc, /var and /opt are the
image's own: nothing that somebody configured on this machine shows through.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from rehearsal.fleet import guest, ns
from rehearsal.fleet.accounts import write_accounts

PARTS = ("usr", "etc", "var", "opt", "srv")
HOST_PYTHON = "/usr/bin/python3"
LIBRARY = "usr/lib/coko-box"            # where boxd and the agent lie, on the path of nobody else
COPIED_ETC = (
    "adduser.conf", "alternatives", "bash.bashrc", "ca-certificates", "ca-certificates.conf", "debconf.conf",
    "debian_version", "deluser.conf", "dpkg", "gai.conf", "host.conf", "inputrc", "issue", "ld.so.cache", "ld.so.conf",
    "ld.so.conf.d", "locale.alias", "login.defs", "mime.types", "networks", "nsswitch.conf", "os-release", "pam.conf",
    "pam.d", "perl", "profile", "protocols", "python3", "python3.11", "python3.12", "rpc", "security", "services",
    "shells", "skel", "ssl/certs", "ssl/openssl.cnf", "terminfo", "xattr.conf",
)
COPIED_NGINX = ("mime.types", "fastcgi.conf", "fastcgi_params", "proxy_params", "scgi_params", "uwsgi_params",
                "snippets")
HOST_UNITS = ("nginx.service",)
DIRECTORIES = {
    "var": ("lib/dpkg", "lib/systemd/timers", "lib/nginx", "lib/misc", "log/journal", "log/nginx", "cache", "spool",
            "tmp", "www/html", "mail", "opt", "local", "backups"),
    "etc": ("nginx/conf.d", "nginx/modules-enabled", "nginx/sites-available", "nginx/sites-enabled", "systemd/system",
            "systemd/system.conf.d", "default", "profile.d", "ssl/private", "opt", "cron.d"),
    "opt": (), "srv": (), "usr": ("local/bin", "local/sbin", "local/lib", "lib/systemd/system", "sbin", "bin"),
}


@dataclass(frozen=True)
class Image:
    path: Path

    @property
    def id(self) -> str:
        return self.path.name


def bake(images: Path, repository: Path) -> Image:
    """The image of this repository and this machine: made once, and again when either has changed."""
    ns.demand()
    image = images / digest(repository)
    if image.is_dir():
        return Image(image)
    images.mkdir(parents=True, exist_ok=True)
    made = images / f".{image.name}.{os.getpid()}"
    shutil.rmtree(made, ignore_errors=True)
    try:
        _fill(made, repository)
        made.rename(image)
    except OSError:
        if not image.is_dir():      # else somebody else was faster
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Image(image)


def sources(repository: Path) -> list[Path]:
    """What of this repository runs inside boxes."""
    packages = ("rehearsal/fleet/boxd", "rehearsal/agent")
    found = [path for package in packages for path in sorted((repository / package).glob("*.py"))]
    return [repository / "rehearsal/__init__.py", *found]


def digest(repository: Path) -> str:
    here = Path(__file__).parent
    seen = hashlib.sha256()
    for path in [*sources(repository), here / "ami.py", here / "guest.py", here / "accounts.py",
                 Path("/etc/os-release"), Path("/etc/passwd"), Path("/etc/ld.so.cache"), Path("/var/lib/dpkg/status")]:
        seen.update(path.read_bytes() if path.exists() else b"-")
    return f"image-{seen.hexdigest()[:12]}"


def _fill(made: Path, repository: Path) -> None:
    for part in PARTS:
        for name in ("", *DIRECTORIES[part]):
            (made / part / name).mkdir(parents=True, exist_ok=True)
    _copy(Path("/etc"), made / "etc", COPIED_ETC)
    _copy(Path("/etc/nginx"), made / "etc/nginx", COPIED_NGINX)
    write_accounts(made / "etc")
    guest.write(made)
    _units(made)
    _library(made / LIBRARY, repository)
    _modes(made)
    for hidden in ("usr/local", "usr/lib/systemd/system"):       # of this machine's, nothing but what is here
        os.setxattr(made / hidden, "trusted.overlay.opaque", b"y")


def _copy(source: Path, target: Path, names: Iterable[str]) -> None:
    for name in names:
        old, new = source / name, target / name
        if old.is_symlink():
            new.symlink_to(old.readlink())
        elif old.is_dir():
            shutil.copytree(old, new, symlinks=True, dirs_exist_ok=True)
        elif old.exists():
            new.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(old, new)


def _units(made: Path) -> None:
    for name in HOST_UNITS:
        source = Path("/usr/lib/systemd/system") / name
        if source.exists():
            shutil.copy2(source, made / "usr/lib/systemd/system" / name)


def _library(library: Path, repository: Path) -> None:
    for path in sources(repository):
        target = library / path.relative_to(repository)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    (library / "rehearsal/fleet/__init__.py").touch()
    package = Path(yaml.__file__).parent        # the agent reads appspec.yml with it; its Python part fits any Python
    shutil.copytree(package, library / "yaml", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    ns.run([HOST_PYTHON, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(library)])


def _modes(made: Path) -> None:
    for name in ("var/tmp", "var/mail"):
        (made / name).chmod(0o1777)
    (made / "etc/ssl/private").chmod(0o700)
    for link, target in (("var/run", "/run"), ("var/lock", "/run/lock"), ("etc/mtab", "/proc/self/mounts"),
                         ("etc/localtime", "/usr/share/zoneinfo/Etc/UTC")):
        (made / link).symlink_to(target)
