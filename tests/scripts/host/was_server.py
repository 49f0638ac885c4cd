"""What coko-was is on a test's host: says which release `current` was when it started."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOLD = json.loads(Path("/opt/coko/was/current/release.json").read_text())
BROKEN = Path("/opt/coko/was/current/broken")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        well = self.path == "/version" or not BROKEN.exists()
        self.send_response(200 if well else 503)
        self.end_headers()
        self.wfile.write(json.dumps(TOLD).encode() if self.path == "/version" else b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


ThreadingHTTPServer.request_queue_size = 50
ThreadingHTTPServer(("127.0.0.1", int(Path("/opt/port").read_text())), Handler).serve_forever()
