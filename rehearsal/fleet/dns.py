"""The VPC's resolver: names of instances, and names that others register, such as the database's endpoint."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable

A, AAAA, ANY = 1, 28, 255
TTL = 5
NXDOMAIN, OK = 3, 0
INTERNAL = re.compile(r"ip-(\d+)-(\d+)-(\d+)-(\d+)(?:\.[\w-]+)?\.compute\.internal")
Lookup = Callable[[str], str | None]


def question(query: bytes) -> tuple[str, int, bytes]:
    """The name, the type, and the question as it was sent."""
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1: at + 1 + length].decode("ascii", "replace"))
        at += length + 1
    kind = struct.unpack("!H", query[at + 1: at + 3])[0]
    return ".".join(labels).lower(), kind, query[12: at + 5]


def answer(query: bytes, lookup: Lookup) -> bytes:
    name, kind, asked = question(query)
    address = lookup(name) or instance_address(name)
    records = b""
    if address and kind in (A, ANY):
        records = struct.pack("!HHHIH", 0xC00C, A, 1, TTL, 4) + socket.inet_aton(address)
    wants_recursion = query[2] & 1
    flags = 0x8480 | wants_recursion << 8 | (OK if address else NXDOMAIN)
    return query[:2] + struct.pack("!HHHHH", flags, 1, 1 if records else 0, 0, 0) + asked + records


def instance_address(name: str) -> str | None:
    """`ip-10-0-1-10.ap-northeast-2.compute.internal`."""
    match = INTERNAL.fullmatch(name)
    return ".".join(match.groups()) if match else None


class Resolver:
    """Answers on sockets that were made inside the VPC."""

    def __init__(self, *sockets: socket.socket) -> None:
        self.records: dict[str, str] = {}
        self.sockets = sockets
        for bound in sockets:
            threading.Thread(target=self._serve, args=(bound,), name="dns", daemon=True).start()

    def close(self) -> None:
        for bound in self.sockets:
            bound.close()

    def _serve(self, bound: socket.socket) -> None:
        while True:
            try:
                query, client = bound.recvfrom(4096)
                bound.sendto(answer(query, self.records.get), client)
            except (IndexError, struct.error):
                continue            # no question that DNS knows
            except OSError:
                if bound.fileno() < 0:
                    return
