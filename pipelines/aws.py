"""The only way from the pipelines to AWS: sends `Call`s with boto3, and says in plain words why one did not arrive.

`AWS_ENDPOINT_URL` and the usual variables decide which AWS; nothing here knows whether it is a real one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import Boto3Error, S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

from pipelines.door import Answer, Call, Refusal
from pipelines.errors import ExitCode, Failure

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=30,
                s3={"addressing_style": "path"})
PART = 16 * 1024 * 1024
NOT_PERMITTED = {
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure", "ExpiredToken", "Forbidden",
    "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "403",
    "InvalidSignatureException", "MissingAuthenticationToken", "OptInRequired", "InvalidAccessKeyId",
}


class Aws:
    def __init__(self, session: boto3.Session | None = None, config: Config = CONFIG) -> None:
        # boto3 itself knows AWS_DEFAULT_REGION only; everything else of AWS sets and reads AWS_REGION.
        self._session = session or boto3.Session(region_name=os.environ.get("AWS_REGION"))
        self._config = config
        self._clients: dict[str, Any] = {}

    def send(self, call: Call) -> Answer:
        return dict(self._asked(call, lambda client: getattr(client, call.operation)(**call.arguments)))

    def pages(self, call: Call, key: str, limit: int | None = None) -> list[Any]:
        def gather(client: Any) -> list[Any]:
            paginator = client.get_paginator(call.operation)
            bounds = {"MaxItems": limit} if limit else {}
            found = paginator.paginate(**call.arguments, PaginationConfig=bounds)
            return [each for page in found for each in page.get(key) or []]
        return list(self._asked(call, gather))

    def upload(self, path: Path, bucket: str, key: str, metadata: Mapping[str, str]) -> None:
        call = Call("s3", "upload_file", {"Bucket": bucket, "Key": key})
        extra = {"Metadata": dict(metadata), "ChecksumAlgorithm": "SHA256", "ContentType": "application/zip"}
        parts = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
        self._asked(call, lambda client: client.upload_file(str(path), bucket, key, ExtraArgs=extra, Config=parts))

    def _asked(self, call: Call, ask: Callable[[Any], Any]) -> Any:
        try:
            return ask(self._client(call.service))
        except ClientError as error:
            raise _explained(call, error) from None
        except (NoCredentialsError, PartialCredentialsError):
            raise _unreachable("there are no credentials for AWS", "neither environment nor instance role has any",
                               'eval "$(coko rehearse env)", or: aws sso login') from None
        except NoRegionError:
            raise _unreachable("it is not said in which region the stack is", "AWS_REGION is not set",
                               "export AWS_REGION=ap-northeast-2") from None
        except S3UploadFailedError as error:
            what = f"{call.arguments['Key']} could not be uploaded"
            raise _unreachable(what, str(error), "the same command again") from None
        except (BotoCoreError, Boto3Error) as error:
            raise _unreachable(f"AWS does not answer ({call.service} {call.operation})", str(error),
                               "coko rehearse status, or look at AWS_ENDPOINT_URL and the network") from None

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            make: Callable[..., Any] = self._session.client
            self._clients[service] = make(service, config=self._config)
        return self._clients[service]


def _explained(call: Call, error: ClientError) -> Failure:
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", ""))
    if code in NOT_PERMITTED:
        return _unreachable(f"AWS does not permit {call.service} {call.operation}", f"{code}: {message}",
                            "aws sts get-caller-identity, then that role's policies")
    return Refusal(call, code, message)


def _unreachable(what: str, why: str, next_command: str) -> Failure:
    return Failure(what, why=why, next=next_command, exit_code=ExitCode.UNREACHABLE)
