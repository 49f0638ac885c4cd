"""The users of a box: this machine's system accounts by name and number, none of its people and none of its secrets."""

from __future__ import annotations

import grp
import pwd
from pathlib import Path

FIRST_PERSON, NOBODY = 1000, 65534


def is_system(number: int) -> bool:
    return number < FIRST_PERSON or number == NOBODY


def write_accounts(etc: Path) -> None:
    users = [user for user in pwd.getpwall() if is_system(user.pw_uid)]
    groups = [group for group in grp.getgrall() if is_system(group.gr_gid)]
    names = {user.pw_name for user in users}
    _write(etc / "passwd", 0o644, [
        f"{u.pw_name}:x:{u.pw_uid}:{u.pw_gid}:{u.pw_gecos}:{u.pw_dir}:{'/bin/bash' if u.pw_uid == 0 else u.pw_shell}"
        for u in users])
    _write(etc / "group", 0o644, [
        f"{g.gr_name}:x:{g.gr_gid}:{','.join(m for m in g.gr_mem if m in names)}" for g in groups])
    _write(etc / "shadow", 0o640, [f"{user.pw_name}:*:19000:0:99999:7:::" for user in users])
    _write(etc / "gshadow", 0o640, [f"{group.gr_name}:*::" for group in groups])
    _write(etc / "subuid", 0o644, [])
    _write(etc / "subgid", 0o644, [])


def _write(path: Path, mode: int, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines))
    path.chmod(mode)
