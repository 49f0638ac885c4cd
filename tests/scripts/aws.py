"""Instance metadata (IMDSv2) and enough of SSM and S3 on loopback, as strict about signatures as botocore is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SECRET, TOKEN = "wJalr/secret+KEY", "session//token=="
INSTANCE = "i-0123456789abcdef0"
METADATA = {
    "meta-data/instance-id": INSTANCE,
    "meta-data/placement/region": "ap-northeast-2",
    "meta-data/iam/security-credentials/": "coko-web",
    "meta-data/iam/security-credentials/coko-web": json.dumps(
        {"Code": "Success", "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": SECRET, "Token": TOKEN}),
}

Answer = tuple[int, bytes]


@dataclass
class Aws:
    """What there is in this AWS, and what was asked of it."""

    parameters: dict[str, str] = field(default_factory=dict)
    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)     # (path, version) → content
    metadata: dict[str, str] = field(default_factory=lambda: dict(METADATA))
    page: int = 2
    faults: list[Answer] = field(default_factory=list)      # answered first, one a request
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {"AWS_ENDPOINT_URL": self.url, "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.url}

    def get_parameter(self, ask: dict[str, Any]) -> dict[str, Any]:
        if ask["Name"] not in self.parameters:
            raise LookupError("ParameterNotFound")
        return {"Parameter": {"Name": ask["Name"], "Value": self.parameters[ask["Name"]]}}

    def get_parameters_by_path(self, ask: dict[str, Any]) -> dict[str, Any]:
        names = sorted(name for name in self.parameters if name.startswith(ask["Path"]))
        start = int(ask.get("NextToken", "0"))
        answer: dict[str, Any] = {
            "Parameters": [{"Name": name, "Value": self.parameters[name]} for name in names[start:start + self.page]]}
        return answer | ({"NextToken": str(start + self.page)} if start + self.page < len(names) else {})

    def put_parameter(self, ask: dict[str, Any]) -> dict[str, Any]:
        if ask["Name"] in self.parameters and not ask["Overwrite"]:
            raise LookupError("ParameterAlreadyExists")
        self.parameters[ask["Name"]] = ask["Value"]
        return {"Version": 1}


class Handler(BaseHTTPRequestHandler):
    aws: Aws

    def do_PUT(self) -> None:
        lifetime = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
        self.reply((200, b"imds-token") if self.path == "/latest/api/token" and lifetime else (400, b""))

    def do_GET(self) -> None:
        if self.path.startswith("/latest/"):
            self.reply(self.instance_metadata(self.path.removeprefix("/latest/")))
        else:
            self.reply(self.signed(b"") or self.get_object())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        action = self.headers["x-amz-target"].removeprefix("AmazonSSM.")
        self.aws.asked.append(f"{action} {body.decode()}")
        refused = self.aws.faults.pop(0) if self.aws.faults else self.signed(body)
        self.reply(refused or self.ssm(action, json.loads(body)))

    def instance_metadata(self, path: str) -> Answer:
        if self.headers.get("X-aws-ec2-metadata-token") != "imds-token":
            return 401, b""
        return (200, self.aws.metadata[path].encode()) if path in self.aws.metadata else (404, b"")

    def ssm(self, action: str, ask: dict[str, Any]) -> Answer:
        calls = {"GetParameter": self.aws.get_parameter, "GetParametersByPath": self.aws.get_parameters_by_path,
                 "PutParameter": self.aws.put_parameter}
        try:
            return 200, json.dumps(calls[action](ask)).encode()
        except LookupError as error:
            return 400, json.dumps({"__type": str(error.args[0]), "message": ""}).encode()

    def get_object(self) -> Answer:
        version = parse_qs(urlsplit(self.path).query).get("versionId", [""])[0]
        found = self.aws.objects.get((urlsplit(self.path).path, version))
        self.aws.asked.append(f"GetObject {self.path}")
        return (200, found) if found is not None else (404, b"<Error><Code>NoSuchVersion</Code></Error>")

    def signed(self, body: bytes) -> Answer | None:
        """None if the request bears the signature that botocore would give it, over every x-amz header."""
        scheme = self.headers.get("authorization", "")
        fields = dict(part.strip().split("=", 1) for part in scheme.removeprefix("AWS4-HMAC-SHA256 ").split(","))
        _, _, region, service, _ = fields["Credential"].split("/")
        names = fields["SignedHeaders"].split(";")
        request = AWSRequest(self.command, self.aws.url + self.path, {name: self.headers[name] for name in names}, body)
        request.context["timestamp"] = self.headers["x-amz-date"]
        judge = (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials("ASIAEXAMPLE", SECRET), service, region)
        proof = judge.string_to_sign(request, judge.canonical_request(request))
        forgotten = [name for name in self.headers if name.lower().startswith("x-amz-") and name.lower() not in names]
        if judge.signature(proof, request) == fields["Signature"] and not forgotten \
                and self.headers.get("x-amz-security-token") == TOKEN:
            return None
        return 400, json.dumps({"__type": "InvalidSignatureException", "message": "no\n" + TOKEN}).encode()

    def reply(self, answer: Answer) -> None:
        self.send_response(answer[0])
        self.send_header("content-length", str(len(answer[1])))
        self.end_headers()
        self.wfile.write(answer[1])

    def log_message(self, format: str, *args: object) -> None:      # noqa: A002
        pass


@contextmanager
def serving(aws: Aws) -> Iterator[Aws]:
    handler = type("Bound", (Handler,), {"aws": aws})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    aws.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield aws
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
