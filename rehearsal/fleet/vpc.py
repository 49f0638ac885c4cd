"""A VPC: one process tree with its own network, mounts and process ids, and a bridge that its boxes are plugged into.

It lives as long as its lifeline, a pipe that whoever made it holds open. When that process ends, however it ends, the
pipe closes, the tree's first process ends with it, and the kernel takes all the rest away: boxes, mounts, links.
"""

from __future__ import annotations

import ipaddress
import os
import signal
import subprocess
from dataclasses import dataclass, field

from pipelines.errors import Failure
from rehearsal.fleet import ns

BRIDGE = "br0"
METADATA, RESOLVER = "169.254.169.254", "169.254.169.253"
AWS = "203.0.113.10"        # an address that no VPC has: AWS is somewhere in the internet
# `:` keeps the shell as first process: it must outlive its child and collect orphans.
FIRST = "mount -t tmpfs -o mode=755 run /run && ip link set lo up && echo up && cat >/dev/null; :"


@dataclass(frozen=True)
class Address:
    """Where a box is plugged in."""

    ip: str
    subnet: str             # CIDR
    outward: bool = True    # whether its route table leads out of the VPC

    @property
    def mac(self) -> str:
        """From the address, so that a box which takes over an address is found at once."""
        return "0a:58:" + ":".join(f"{part:02x}" for part in ipaddress.IPv4Address(self.ip).packed)

    @property
    def gateway(self) -> str:
        return str(ipaddress.IPv4Network(self.subnet)[1])


@dataclass
class Vpc:
    id: str
    cidr: str
    process: subprocess.Popen[bytes]
    pid: int
    addresses: set[str] = field(default_factory=set)        # on the bridge, beside its own

    @property
    def network(self) -> ipaddress.IPv4Network:
        return ipaddress.IPv4Network(self.cidr)

    @property
    def resolver(self) -> str:
        return str(self.network[2])

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def ip(self, *lines: str) -> None:
        ns.run(ns.net(self.pid, "ip", "-batch", "-"), "".join(f"{line}\n" for line in lines))

    def add_address(self, address: str) -> None:
        """One more address of the VPC's own: a subnet's router, a balancer."""
        if address not in self.addresses:
            self.ip(f"addr replace {address}/32 dev {BRIDGE}")
            self.addresses.add(address)

    def route(self, subnet: str) -> None:
        """The subnet's first address is its router's."""
        self.add_address(str(ipaddress.IPv4Network(subnet)[1]))

    def plug(self, name: str, pid: int, where: Address) -> None:
        """Connects a process's network to the bridge."""
        self.route(where.subnet)
        link = f"v{name[-12:]}"
        # Taken inside the VPC, but with this machine's process ids: `ip … netns` looks them up in the /proc it sees.
        self.ip(f"link add {link} type veth peer name eth0 address {where.mac} netns {pid}",
                f"link set {link} master {BRIDGE} up")
        lines = ["link set lo up", f"addr add {where.ip}/{self.network.prefixlen} dev eth0", "link set eth0 up",
                 f"route add {METADATA} via {where.gateway}", f"route add {RESOLVER} via {where.gateway}"]
        if where.outward:
            lines.append(f"route add default via {where.gateway}")
        ns.run(ns.net(pid, "ip", "-batch", "-"), "".join(f"{line}\n" for line in lines))

    def down(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.kill(self.pid, signal.SIGKILL)
            self.process.wait()


def up(identity: str, cidr: str) -> Vpc:
    ns.demand()
    process = subprocess.Popen(
        ["unshare", "-m", "-n", "-p", "-u", "-i", "--fork", "--kill-child=KILL", "--propagation", "private",
         "--mount-proc", "sh", "-c", FIRST],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    assert process.stdout
    assert process.stderr
    if process.stdout.readline() != b"up\n":
        why = process.stderr.read().decode(errors="replace").strip()
        process.wait()
        raise Failure("a VPC cannot be made on this machine", why=why or "its first process ended at once",
                      next="in a container: run it with --privileged, or rehearse with coko rehearse up --only cloud")
    vpc = Vpc(identity, cidr, process, ns.child(process.pid))
    base, prefix = vpc.network[1], vpc.network.prefixlen
    vpc.ip(f"link add {BRIDGE} type bridge", f"addr add {base}/{prefix} dev {BRIDGE}", f"link set {BRIDGE} up",
           *(f"addr add {address}/32 dev lo" for address in (METADATA, RESOLVER, vpc.resolver, AWS)))
    return vpc
