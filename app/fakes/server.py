"""The portals behind a real port. `PUT /_fault/korea/down` makes one fail, `DELETE /_fault/korea` heals it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.fakes.portals import FAULTS, KOREA_PATH, Answer, Portals

SOURCES = ("korea", "seoul", "news")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    portals: Portals

    def do_GET(self) -> None:
        self._send(self.portals.answer(self.path, dict(self.headers)))

    def do_PUT(self) -> None:
        _, *words = self.path.split("/")
        if len(words) == 3 and words[0] == "_fault" and words[1] in SOURCES and words[2] in FAULTS:
            self.portals.faults[words[1]] = words[2]
            return self._send(Answer(b"ok\n", kind="text/plain"))
        return self._send(Answer(f"PUT /_fault/SOURCE/FAULT: {SOURCES}, {tuple(FAULTS)}\n".encode(), 400, "text/plain"))

    def do_DELETE(self) -> None:
        self.portals.faults.pop(self.path.rsplit("/", 1)[-1], None)
        self._send(Answer(b"ok\n", kind="text/plain"))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {
            "Content-Type": answer.kind,
            "Content-Length": str(len(answer.body)),
            **answer.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet: addresses have keys in them, even here."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is its own affair; anything else is worth a traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def listening(portals: Portals, host: str, port: int) -> Server:
    return Server((host, port), type("PortalHandler", (Handler,), {"portals": portals}))


@contextmanager
def served(portals: Portals, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """The base address of a server that lives as long as the block."""
    server = listening(portals, host, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def addresses(base: str) -> dict[str, str]:
    """What the application has to be told to use this server."""
    return {"COKO_KOREA_URL": base + KOREA_PATH, "COKO_SEOUL_URL": base, "COKO_NEWS_URL": f"{base}/v1/search/news.json"}


def keys(portals: Portals) -> dict[str, str]:
    return {"COKO_KOREA_SERVICE_KEY": portals.keys["korea"], "COKO_SEOUL_KEY": portals.keys["seoul"],
            "COKO_NAVER_CLIENT_ID": "fake-naver-id", "COKO_NAVER_CLIENT_SECRET": portals.keys["news"]}

