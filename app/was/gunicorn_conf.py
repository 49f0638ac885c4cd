"""gunicorn: two workers of four threads by default. Threads, so that a slow client or a probe cannot hold a worker."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

bind = os.environ.get("COKO_BIND", "0.0.0.0:8000")
workers = int(os.environ.get("COKO_WORKERS", "2"))
threads = int(os.environ.get("COKO_THREADS", "4"))
worker_class = "gthread"
# A heartbeat file on a slow disk looks like a worker that hangs.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True   # nobody asks it anything, and the service has no home to put it in
preload_app = False         # each worker has its own connections and its own page cache
timeout = 30
graceful_timeout = 20       # below TimeoutStopSec of the unit: requests under way are finished
keepalive = 5
max_requests = 20_000       # a leak ends before it matters
max_requests_jitter = 2_000
limit_request_line = 4096
limit_request_fields = 60
forwarded_allow_ips = "*"   # only nginx reaches this port: security groups see to it
proc_name = "coko-was"
errorlog = "-"
loglevel = os.environ.get("COKO_LOG_LEVEL", "info")

# Counters of all workers are added up from files in here; systemd's RuntimeDirectory, so a restart begins with none.
METRICS = Path(os.environ.get("RUNTIME_DIRECTORY", "/tmp/coko-was")) / f"metrics-{os.getpid()}"  # noqa: S108
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(METRICS))


def on_starting(server: Any) -> None:
    directory = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
