"""One process on one loopback port: HTTP in, a clock that ticks, a memory that is kept."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from rehearsal.cloud.forward import CodeDeploy
from rehearsal.cloud.gate import Gate
from rehearsal.cloud.memory import Memory
from rehearsal.cloud.services import ticks_of_loaded
from rehearsal.cloud.upstream import Moto
from rehearsal.cloud.world import World
from rehearsal.running import fingerprint

LOOPBACK = "127.0.0.1"
TICK, IDLE = 0.1, 0.5       # seconds between looks while things move, and while nothing does


class Handler(MotoRequestHandler):
    """Keeps connections open between calls, and the log for what went wrong."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Nobody reads a line for every call."""


class Cloud:
    """moto, our answers and the memory behind one listening socket."""

    def __init__(self, directory: Path, port: int = 0, codedeploy: str | None = None) -> None:
        self.code = fingerprint()
        self.stopping = threading.Event()
        self.started = time.time()
        self._seen, self._looked = -1, 0.0
        self.world = World()
        self.memory = Memory(directory, self.world)
        self.world.on_change = self.memory.note
        forward = CodeDeploy(codedeploy) if codedeploy else None
        self.gate = Gate(self.world, Moto(log), health=self.health, codedeploy=forward)
        self.server = listen(port, self.gate)
        self.port: int = self.server.port

    @property
    def endpoint(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def health(self) -> Mapping[str, Any]:
        memory = self.memory
        return {
            "service": "coko rehearsal cloud", "pid": os.getpid(), "started": self.started, "endpoint": self.endpoint,
            "memory": {"id": memory.identity.id, "began": memory.identity.began, "because": memory.identity.because,
                       "changes": self.world.changes, "kept": memory.kept, "unkeepable": memory.unkeepable or None},
            "code": self.code, "codedeploy": "its own process" if self.gate.codedeploy else "moto's",
        }

    def run(self) -> None:
        """Serve until `stop`; what is known by then is kept."""
        threading.Thread(target=self._tick, name="clock", daemon=True).start()
        try:
            self.server.serve_forever(poll_interval=0.1)
        finally:
            self.stopping.set()
            self.server.server_close()
            self.world.lock.acquire()       # and keep it: no call may be answered that the snapshot will not know
            self.memory.keep()

    def stop(self) -> None:
        self.server.shutdown()

    def _tick(self) -> None:
        while not self.stopping.wait(TICK):
            try:
                self.tick()
            except Exception:
                self.gate.moto.report("the clock", "tick")

    def tick(self) -> None:
        now = time.monotonic()
        if self.world.changes != self._seen or now - self._looked >= IDLE:
            self._seen, self._looked = self.world.changes, now
            with self.world.lock:
                moved = [tick(self.world, self.world.clock()) for tick in ticks_of_loaded()]
                if any(moved):
                    self.world.changed()
        if self.memory.is_due():
            self.memory.keep()


def listen(port: int, gate: Gate) -> BaseWSGIServer:
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((LOOPBACK, port))
        held.listen(128)
        return make_server(LOOPBACK, held.getsockname()[1], gate, threaded=True, request_handler=Handler,
                           fd=held.fileno())
    finally:
        held.close()


def log(text: str) -> None:
    os.write(2, f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n".encode())
