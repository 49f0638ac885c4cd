"""AWS Signature Version 4 for requests without a body to sign around: what S3 and the command service expect."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit


@dataclass(frozen=True)
class Credentials:
    access_key: str
    secret_key: str
    token: str | None
    region: str


def credentials(environment: Mapping[str, str]) -> Credentials | None:
    """The host's credentials, if it was given any."""
    access_key, secret_key = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if not access_key or not secret_key:
        return None
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
    return Credentials(access_key, secret_key, environment.get("AWS_SESSION_TOKEN"), region)


def sign(
    who: Credentials, service: str, method: str, url: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> dict[str, str]:
    """The headers of a request, with those that prove who sends it."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    full = {**headers, "Host": urlsplit(url).netloc, "X-Amz-Date": stamp, "X-Amz-Content-Sha256": digest}
    if who.token:
        full["X-Amz-Security-Token"] = who.token
    lowered = sorted((name.lower(), value.strip()) for name, value in full.items())
    signed = ";".join(name for name, _ in lowered)
    shown = "".join(f"{name}:{value}\n" for name, value in lowered)
    canonical = "\n".join([method, urlsplit(url).path or "/", _query(url), shown, signed, digest])
    scope = f"{stamp[:8]}/{who.region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.new(_key(who, scope), text.encode(), hashlib.sha256).hexdigest()
    proof = f"AWS4-HMAC-SHA256 Credential={who.access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"
    return {**full, "Authorization": proof}


def _query(url: str) -> str:
    pairs = sorted(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)


def _key(who: Credentials, scope: str) -> bytes:
    key = f"AWS4{who.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
