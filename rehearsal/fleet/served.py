"""HTTP on a socket that was made somewhere else, such as inside a VPC."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 120

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nobody reads a line for every request."""

    def say(self, status: int, body: bytes, kind: str = "text/plain", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Served(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, bound: socket.socket, handler: type[Quiet]) -> None:
        super().__init__(bound.getsockname()[:2], handler, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        threading.Thread(target=self.serve_forever, args=(0.1,), name="http", daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, a box that was killed while it asked: nothing to tell."""

    def close(self) -> None:
        self.shutdown()
        self.server_close()
