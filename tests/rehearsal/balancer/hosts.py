"""A target: a small HTTP server whose health, speed and end a test decides."""

from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rehearsal.balancer.model import Target


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Host

    def do_GET(self) -> None:
        host = self.server
        is_check = self.path == "/healthz"
        if is_check:
            host.checks.append(dict(self.headers.items()))
            time.sleep(host.check_pause)
        else:
            time.sleep(host.pause)
        body = json.dumps({"host": host.name, "path": self.path, "headers": dict(self.headers.items()),
                           "client": self.client_address[0]}).encode()
        self.send_response(host.health if is_check else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """A test reads answers, not this."""


class Host(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, name: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.name, self.health, self.pause, self.check_pause = name, 200, 0.0, 0.0
        self.checks: list[dict[str, str]] = []
        self.connections: set[socket.socket] = set()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def target(self) -> Target:
        return Target(self.name, self.port, "127.0.0.1")

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that a test cuts are no news."""

    def stop(self) -> None:
        """As a killed process ends: nobody listens, and what was open is cut."""
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
