"""An error as AWS would send it: a code that clients branch on, a sentence for people, an HTTP status."""

from __future__ import annotations


class AwsError(Exception):
    """Raised by an answer; the gate writes it in the protocol of the call."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def validation(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def not_implemented(service: str, operation: str) -> AwsError:
    # 501: SDKs try 500, 502 and 503 again and again, though nothing would be different the next time.
    return AwsError("NotImplemented", f"the rehearsal's cloud has no {service}:{operation} (see docs/fidelity.md)", 501)


def broken(service: str, operation: str, error: BaseException) -> AwsError:
    return AwsError("InternalFailure", f"{service}:{operation} failed inside the rehearsal's cloud: "
                                       f"{type(error).__name__}: {error}; its log has the details", 501)
