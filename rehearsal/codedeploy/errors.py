"""What a caller is told when a request cannot be served: CodeDeploy's error names, with what, why and what to do."""

from __future__ import annotations


class ApiError(Exception):
    """An error in the service's own words; boto3 raises the exception class of this code."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
