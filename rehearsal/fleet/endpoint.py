"""AWS as boxes see it: an address in the internet, on port 443, that leads to the rehearsal's cloud on this machine.

It speaks HTTP. What is not the cloud's own address in the Host header would be refused there, so that is put right.
"""

from __future__ import annotations

import http.client
import shutil
import socket
from urllib.parse import urlsplit

from rehearsal.fleet.served import Quiet, Served

HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "te", "upgrade", "proxy-connection", "expect", "host")


class Relay(Quiet):
    upstream = ""            # host and port of the cloud

    def relay(self) -> None:
        connection = http.client.HTTPConnection(self.upstream, timeout=60)
        try:
            connection.request(self.command, self.path, self._body(), self._headers())
            self._answer(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            self.close_connection = True
            self.say(503, f"the rehearsal's cloud does not answer: {error}\n".encode())
        finally:
            connection.close()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = relay  # noqa: N815

    def _headers(self) -> dict[str, str]:
        kept = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        return {**kept, "Host": self.upstream, "X-Forwarded-For": self.client_address[0]}

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return self._chunks()
        length = self.headers.get("Content-Length")
        return self.rfile.read(int(length)) if length else None

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, answer: http.client.HTTPResponse) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if answer.getheader("Content-Length") is None and self.command != "HEAD":
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            shutil.copyfileobj(answer, self.wfile)


def serve(bound: socket.socket, cloud: str) -> Served:
    return Served(bound, type("RelayToCloud", (Relay,), {"upstream": urlsplit(cloud).netloc}))
