"""Prepares a web release on its host: writes nginx's site from the templates and /etc/coko/environment.

Standard library only.

python3 install.py --check     is all there that it needs? Touches nothing.
python3 install.py             writes nginx/*.conf beside this file; linking `current` and reloading nginx is
the hooks' part
"""

from __future__ import annotations

import argparse
import ipaddress
import re
import sys
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = Path("/etc/coko/environment")
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
          "base-uri 'none'; frame-ancestors 'none'")
BROTLI = "brotli on;\nbrotli_comp_level 5;\n" \
         "brotli_types text/css text/javascript application/javascript application/json image/svg+xml;"
NAME = re.compile(r"\$\{([A-Z_]+)\}")
UPSTREAM = re.compile(r"(?P<host>[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?):(?P<port>\d{1,5})")


class Refused(Exception):
    """The release cannot be installed here; the text says what, why and next."""

    def __init__(self, what: str, why: str, next: str) -> None:  # noqa: A002
        super().__init__(f"error: {what}\n  why:  {why}\n  next: {next}")


def variables(text: str) -> dict[str, str]:
    """KEY=value lines, as systemd reads them: comments and quotes allowed."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}


def values(given: Mapping[str, str], release: Path, etc: Path) -> dict[str, str]:
    """What the templates' names stand for."""
    current = release.parent.parent / "current"
    return {
        "ROOT": str(current), "NGINX": str(current / "nginx"), "RELEASE": str(current), "POLICY": POLICY,
        "UPSTREAM": upstream(given.get("COKO_WAS_UPSTREAM", ""), text_of(etc / "hosts")),
        "RESOLVER": resolvers(given.get("COKO_RESOLVER", ""), text_of(etc / "resolv.conf")),
        "REAL_IP": trusted(given.get("COKO_TRUSTED_PROXIES", "")),
        "BROTLI": BROTLI if any((etc / "nginx" / "modules-enabled").glob("*brotli*filter*")) else "",
    }


def upstream(text: str, hosts: str) -> str:
    """The WAS's balancer. A name that only /etc/hosts knows is replaced: nginx's resolver does not read that file."""
    found = UPSTREAM.fullmatch(text)
    if not found or not 0 < int(found["port"]) < 65536:
        raise _setting("COKO_WAS_UPSTREAM", text, "host:port of the balancer before the WAS")
    for line in hosts.splitlines():
        address, *names = line.split("#")[0].split() or [""]
        if found["host"] in names and ":" not in address:
            return f"{address}:{found['port']}"
    return text


def resolvers(text: str, resolv_conf: str) -> str:
    asked = text.split() or re.findall(r"^nameserver\s+(\S+)", resolv_conf, re.M)
    known = [f"[{one}]" if ":" in one else one for one in asked if _is_address(one)]
    if not known:
        raise _setting("COKO_RESOLVER", text, "addresses of name servers, or a nameserver line in /etc/resolv.conf")
    return " ".join(known)


def trusted(text: str) -> str:
    try:
        networks = [str(ipaddress.ip_network(one)) for one in text.replace(",", " ").split()]
    except ValueError:
        raise _setting("COKO_TRUSTED_PROXIES", text, "networks of the load balancer, such as 10.0.0.0/16") from None
    return "\n".join(f"set_real_ip_from {network};" for network in networks)


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def _setting(name: str, text: str, wanted: str) -> Refused:
    return Refused(
        f"{name} should be {wanted}, is {text!r}",
        f"{ENVIRONMENT} is written at deployment, from the stack's parameters",
        f"sudo grep {name} {ENVIRONMENT}",
    )


def text_of(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def render(release: Path, filled: Mapping[str, str]) -> dict[Path, str]:
    """Only ${CAPITALS} are ours; nginx's own variables have no braces here."""
    templates = sorted((release / "nginx").glob("*.conf.template"))
    if not templates:
        raise Refused("the bundle has no nginx templates", f"{release / 'nginx'} is empty", "coko package web")
    return {path.with_suffix(""): NAME.sub(lambda found: filled[found[1]], path.read_text()) for path in templates}


def main(arguments: list[str], release: Path = HERE, etc: Path = Path("/etc")) -> int:
    parser = argparse.ArgumentParser(prog="install.py", description=__doc__)
    parser.add_argument("--check", action="store_true", help="touch nothing")
    given = parser.parse_args(arguments)
    try:
        files = render(release, values(variables(text_of(etc / "coko" / "environment")), release, etc))
        for path, text in files.items() if not given.check else ():
            path.write_text(text)
    except (Refused, OSError) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    sys.stdout.write(f"{'checked' if given.check else 'written'}: {', '.join(path.name for path in files)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
