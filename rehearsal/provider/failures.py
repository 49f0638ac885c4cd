"""What went wrong with one resource: which one, which API call, and the service's own words."""

from __future__ import annotations

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from pipelines.errors import ExitCode, Failure
from rehearsal.provider.values import Props

GONE = re.compile(r"NotFound|NoSuch|DoesNotExist|NotExist|Non[Ee]xistent|^404$")
BUSY = ("DependencyViolation", "DeleteConflict", "ResourceInUse", "ResourceInUseException", "InvalidGroup.InUse",
        "OperationInProgress", "IncorrectState", "VolumeInUse", "ScalingActivityInProgress", "ResourceInUseFault")
UNREACHABLE = (EndpointConnectionError, ConnectionClosedError, ReadTimeoutError)


class HalfMade(Exception):
    """A resource lives, but is not what was asked for. Both doors record it, so that the next run completes it."""

    def __init__(self, id_: str, outputs: Props, cause: Failure) -> None:
        super().__init__(cause.what)
        self.id = id_
        self.outputs = outputs
        self.cause = cause


def code_of(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def is_gone(error: Exception) -> bool:
    """Whether the service says that the thing asked for is not there; for a drop, that is success."""
    said = error.response.get("Error", {}).get("Message", "") if isinstance(error, ClientError) else ""
    return bool(GONE.search(code_of(error))) or (code_of(error) == "ValidationError" and "not found" in said)


def is_busy(error: Exception) -> bool:
    """Whether the service refuses because of something that may go away by itself."""
    return code_of(error) in BUSY


def explain(done: str, token: str, name: str, error: Exception) -> Failure:
    """The failure to show for `error`, met while a resource was to be `done` ("created", …)."""
    if isinstance(error, Failure):
        return error if name in error.what else Failure(
            f"{token} {name} could not be {done}: {error.what}", why=error.why, next=error.next,
            exit_code=error.exit_code)
    what = f"{token} {name} could not be {done}"
    if isinstance(error, UNREACHABLE):
        return Failure(what, why=f"the rehearsal's API does not answer: {error}", exit_code=ExitCode.UNREACHABLE,
                       next="coko rehearse status; coko rehearse up --only cloud")
    if isinstance(error, ClientError):
        said = error.response.get("Error", {}).get("Message") or "(no message)"
        return Failure(what, why=f"the API call {error.operation_name} answered {code_of(error)}: {said}",
                       next="correct the program or the stack's settings, then run the same command again")
    if isinstance(error, BotoCoreError):
        return Failure(what, why=f"the API call could not be made: {error}", next="correct the program's inputs")
    return Failure(what, why=f"{type(error).__name__}: {error}", next="this is a bug in rehearsal/provider: report it")
