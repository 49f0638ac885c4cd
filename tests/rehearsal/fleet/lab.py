"""A VPC for tests: boxes with addresses of their own, metadata about them, and a stub where the cloud would be."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.fleet import vpc
from rehearsal.fleet.ami import Image
from rehearsal.fleet.box import Box, boot, wait_booted
from rehearsal.fleet.metadata import Identity, Metadata
from rehearsal.fleet.surroundings import Surroundings

CIDR, SUBNET = "10.0.0.0/16", "10.0.64.0/20"
KEYS = {"AccessKeyId": "ASIAROLE", "SecretAccessKey": "secret", "SessionToken": "token"}
ROLE = {"profile": "arn:aws:iam::123456789012:instance-profile/web", "role": "coko-web"}


@dataclass
class Lab:
    image: Image
    state: Path
    cloud: str
    vpc: vpc.Vpc = field(init=False)
    around: Surroundings = field(init=False)
    identities: dict[str, Identity] = field(default_factory=dict)
    boxes: list[Box] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(10))

    def __post_init__(self) -> None:
        self.vpc = vpc.up("vpc-test", CIDR)
        self.around = Surroundings(self.vpc, Metadata(self.identities.get, lambda _: KEYS), self.cloud)

    def box(self, user_data: bytes = b"", rules: str = "", **about: Any) -> Box:
        where = vpc.Address(f"10.0.64.{next(self.numbers)}", SUBNET)
        identity = f"i-{where.ip.rpartition('.')[2]:0>17}"
        self.identities[where.ip] = Identity(identity, where.ip, where.mac, "t3.micro", "ap-northeast-2a", "ami-1",
                                             user_data=user_data, **{**ROLE, **about})
        box = boot(self.vpc, self.image, identity, self.state / "boxes" / identity, where, rules)
        self.boxes.append(box)
        wait_booted(box)
        return box

    def down(self) -> None:
        self.around.close()
        self.vpc.down()


def sh(box: Box, script: str, code: int | None = 0, *, errors: bool = False) -> str:
    """Output of a script in a box; with its errors, when its code is another one than expected."""
    done = box.run("bash", "-c", script, timeout=30)
    assert code is None or done.returncode == code, f"{script}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return (done.stdout + (done.stderr if errors else "")).strip()


def unit(box: Box, name: str, text: str) -> None:
    """A unit file in a box, as an appspec's files section would put it there."""
    root = Path(f"/proc/{box.pid}/root/etc/systemd/system")
    (root / name).write_text(text)


def eventually(check: Callable[[], bool], patience: float = 15.0) -> None:
    until = time.monotonic() + patience
    while not check():
        assert time.monotonic() < until, f"{check} did not come true"
        time.sleep(0.02)


def shown(box: Box, name: str) -> Mapping[str, str]:
    lines = sh(box, f"systemctl show {name}").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)
