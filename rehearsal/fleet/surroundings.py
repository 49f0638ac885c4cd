"""What every VPC offers its boxes: names, metadata, the way to AWS. Served from here, on sockets made in there."""

from __future__ import annotations

import socket

from rehearsal.fleet import endpoint, metadata, ns
from rehearsal.fleet.dns import Resolver
from rehearsal.fleet.metadata import Metadata
from rehearsal.fleet.vpc import AWS, METADATA, RESOLVER, Vpc


class Surroundings:
    def __init__(self, vpc: Vpc, about: Metadata, cloud: str) -> None:
        names = (vpc.resolver, RESOLVER)
        self.dns = Resolver(*(ns.socket_in(vpc.pid, (name, 53), socket.SOCK_DGRAM) for name in names))
        self.servers = (metadata.serve(ns.socket_in(vpc.pid, (METADATA, 80)), about),
                        endpoint.serve(ns.socket_in(vpc.pid, (AWS, 443)), cloud))

    def close(self) -> None:
        self.dns.close()
        for server in self.servers:
            server.close()
