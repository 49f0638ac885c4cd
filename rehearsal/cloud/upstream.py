"""moto itself: its own WSGI applications, called in this process, with their failures turned into AWS errors."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rehearsal.cloud.errors import broken, not_implemented
from rehearsal.cloud.wire import Response

# Read by moto when it is imported. A certificate is issued by services/acm.py, never by the time that has passed.
SETTINGS = {
    "MOTO_ACM_VALIDATION_WAIT": str(10 * 365 * 86400),
    "MOTO_AMIS_PATH": str(Path(__file__).with_name("images.json")),
    "MOTO_DISABLE_GLOBAL_CORS": "true",
    "MOTO_ENABLE_AMI_VALIDATION": "true",
}


class Moto:
    def __init__(self, log: Callable[[str], None]) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        self.application = DomainDispatcherApplication(create_backend_app)
        self.log = log

    def __call__(self, environ: dict[str, Any], service: str, operation: str) -> Response:
        """moto's response; raises AwsError where it has none."""
        try:
            response = collect(self.application, environ)
        except NotImplementedError:
            raise not_implemented(service, operation) from None
        except Exception as error:
            self.report(service, operation)
            raise broken(service, operation, error) from error
        if response.status >= 400 and b"<html" in response.body[:200].lower():      # Flask's own words, never AWS's
            self.log(f"{service}:{operation} {response.status}: {response.body[:500].decode(errors='replace')}")
            raise not_implemented(service, operation)
        return response

    def report(self, service: str, operation: str) -> None:
        """For whoever mends it: the traceback being handled, into the cloud's log."""
        self.log(f"{service}:{operation}\n{traceback.format_exc()}")


def collect(application: Callable[..., Any], environ: dict[str, Any]) -> Response:
    """A WSGI application's whole response."""
    head: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], error: object = None) -> None:
        head[:] = [int(status.split(" ", 1)[0]), headers]

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return Response(head[0], dict(head[1]), body)


def settle_environment() -> None:
    """What moto reads at its import; the user's own AWS settings are none of its business."""
    for name in [n for n in os.environ if n.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]
    os.environ.update(SETTINGS)
