#!/usr/bin/env python3
"""The one reader of a stack's configuration on hosts: `ssm_parameter.py STACK [NAME]`, behind `setting` of _lib.sh.

Ubuntu 24.04 packages no AWS CLI, so this is Python's standard library: the instance's role (IMDSv2) or credentials from
the environment, Signature Version 4, two calls of Systems Manager. Values go to standard output, causes to stderr.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

ATTEMPTS = 4
DIED = 70       # _lib.sh knows it: the cause has been told
NEXT = {
    "ParameterNotFound": "check the name (`setting` alone lists what there is), or apply the stack (pulumi up)",
    "AccessDeniedException": "the role of this host must allow ssm:GetParameter and ssm:GetParametersByPath there",
    "ExpiredTokenException": "run it again; if it stays, check the clock of this host",
    "InvalidSignatureException": "check the clock of this host and its role",
}
OTHERWISE = "check the instance's role, its region, and its way to AWS (NAT or interface endpoints)"


class Refusal(Exception):
    """What AWS or the instance's metadata would not do; `code` is AWS's own name for it."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(f"{code}: {message}")

    @classmethod
    def of(cls, error: HTTPError) -> Refusal:
        try:
            told = json.loads(error.read())
            code = str(told["__type"]).split("#")[-1]
            message = str(told.get("message") or told.get("Message") or "")
        except (ValueError, LookupError, TypeError):
            return cls(f"HTTP {error.code}", str(error.reason))
        # Only its first line: the following ones may echo the request, and with it the session token.
        return cls(code, message.split("\n")[0])

    @property
    def passes(self) -> bool:
        return self.code.startswith(("HTTP 5", "HTTP 429", "Internal")) or "Throttl" in self.code


@dataclass(frozen=True, kw_only=True)
class Keys:
    access: str
    secret: str
    token: str


@dataclass(frozen=True)
class Host:
    """Where this program runs: its environment, and how it waits."""

    environment: Mapping[str, str]
    sleep: Callable[[float], None] = time.sleep

    def fetch(self, opener: OpenerDirector, request: Request) -> bytes:
        """What passes is tried again; what AWS refuses for good is refused at once."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with opener.open(request, timeout=10) as answer:
                    return bytes(answer.read())
            except HTTPError as error:
                refusal = Refusal.of(error)
            except OSError as error:
                refusal = Refusal("HTTP 503", f"{urlsplit(request.full_url).netloc} does not answer ({error})")
            if attempt == ATTEMPTS or not refusal.passes:
                raise refusal
            self.sleep(attempt)
        raise AssertionError("the last attempt returns or raises")

    def metadata(self, path: str) -> str:
        given = self.environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254")
        base = given.rstrip("/") + "/latest/"
        direct = build_opener(ProxyHandler({}))     # link-local: it must never go through a proxy
        lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        token = self.fetch(direct, Request(base + "api/token", headers=lifetime, method="PUT")).decode()  # noqa: S310
        ask = Request(base + path, headers={"X-aws-ec2-metadata-token": token})  # noqa: S310
        return self.fetch(direct, ask).decode()

    def keys(self) -> Keys:
        if access := self.environment.get("AWS_ACCESS_KEY_ID"):
            return Keys(access=access, secret=self.environment["AWS_SECRET_ACCESS_KEY"],
                        token=self.environment.get("AWS_SESSION_TOKEN", ""))
        roles = "meta-data/iam/security-credentials/"
        role = json.loads(self.metadata(roles + self.metadata(roles).split()[0]))
        return Keys(access=role["AccessKeyId"], secret=role["SecretAccessKey"], token=role["Token"])

    def region(self) -> str:
        return self.environment.get("AWS_REGION") or self.metadata("meta-data/placement/region")

    def endpoint(self, region: str) -> str:
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        given = self.environment.get("AWS_ENDPOINT_URL_SSM") or self.environment.get("AWS_ENDPOINT_URL")
        return (given or f"https://ssm.{region}.{domain}").rstrip("/") + "/"

    def ssm(self, action: str, ask: Mapping[str, object]) -> dict[str, Any]:
        region, keys = self.region(), self.keys()
        url, body = self.endpoint(region), json.dumps(ask).encode()
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"AmazonSSM.{action}"}
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        signed = sign(url, body, headers, keys=keys, region=region, now=now)
        answer: dict[str, Any] = json.loads(self.fetch(build_opener(), Request(url, body, signed)))  # noqa: S310
        return answer


def sign(url: str, body: bytes, headers: Mapping[str, str], *, keys: Keys, region: str, now: str) -> dict[str, str]:
    """Signature Version 4 of a POST to `url`: the headers to send."""
    all_headers = {**headers, "host": urlsplit(url).netloc, "x-amz-date": now}
    if keys.token:
        all_headers["x-amz-security-token"] = keys.token
    names = ";".join(sorted(all_headers))
    lines = "".join(f"{name}:{all_headers[name]}\n" for name in sorted(all_headers))
    request = "\n".join(["POST", urlsplit(url).path, "", lines, names, hashlib.sha256(body).hexdigest()])
    scope = f"{now[:8]}/{region}/ssm/aws4_request"
    proof = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    mark = f"AWS4{keys.secret}".encode()
    for part in (*scope.split("/"), proof):
        mark = hmac.new(mark, part.encode(), hashlib.sha256).digest()
    credential = f"Credential={keys.access}/{scope}, SignedHeaders={names}, Signature={mark.hex()}"
    return {**all_headers, "authorization": f"AWS4-HMAC-SHA256 {credential}"}


def one(host: Host, path: str) -> str:
    return str(host.ssm("GetParameter", {"Name": path, "WithDecryption": True})["Parameter"]["Value"])


def everything(host: Host, path: str) -> str:
    ask: dict[str, object] = {"Path": path, "Recursive": True, "WithDecryption": True}
    found: list[str] = []
    while True:
        page = host.ssm("GetParametersByPath", ask)
        found += [f"{each['Name'].removeprefix(path)}={each['Value']}" for each in page["Parameters"]]
        if not page.get("NextToken"):
            return "\n".join(sorted(found))
        ask["NextToken"] = page["NextToken"]


def main(arguments: list[str], host: Host) -> int:
    stack, name = arguments[0], "".join(arguments[1:2]).strip("/")
    path = f"/coko/{stack}/{name}"
    try:
        sys.stdout.write((one(host, path) if name else everything(host, path)) + "\n")
    except (Refusal, LookupError, ValueError) as error:
        why = error if isinstance(error, Refusal) else f"the instance's role gives no credentials ({error!r})"
        then = NEXT.get(getattr(error, "code", ""), OTHERWISE)
        sys.stderr.write(f"FAILED: reading {path}\n  why:  {why}\n  next: {then}\n")
        return DIED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Host(os.environ)))
