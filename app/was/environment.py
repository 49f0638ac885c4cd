"""All that the application is told from outside: COKO_* variables and the secrets they name.

| variable                                   | default        | what it is                                             |
|--------------------------------------------|----------------|--------------------------------------------------------|
| COKO_DATABASE_HOST, _PORT, _NAME           | –, 3306, coko  | MySQL or MariaDB; without a host: SQLite               |
| COKO_DATABASE_SECRET_ARN                   | –              | Secrets Manager: {"username", "password"}              |
| COKO_DATABASE_USER, _PASSWORD              | coko, –        | instead of the secret                                  |
| COKO_DATABASE_TLS, _TLS_CA                 | prefer, –      | off, prefer, require (no plain text), verify (by CA)   |
| COKO_DATABASE_FILE                         | build/app/…    | SQLite's file                                          |
| COKO_SOURCES_SECRET_ARN                    | –              | the portals' keys, as JSON; or the four variables below|
| COKO_KOREA_SERVICE_KEY, COKO_SEOUL_KEY     | –              | data.go.kr (the decoded key), openapi.seoul.go.kr      |
| COKO_NAVER_CLIENT_ID, COKO_NAVER_CLIENT_SECRET | –          | openapi.naver.com                                      |
| COKO_KOREA_URL, COKO_SEOUL_URL, COKO_NEWS_URL | the portals | where the three sources are                            |

This is the only module of the application that knows boto3.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.was.errors import Problem

KOREA_URL = "http://apis.data.go.kr/1352000/ODMS_COVID_04/callCovid04Api"
SEOUL_URL = "http://openapi.seoul.go.kr:8088"
NEWS_URL = "https://openapi.naver.com/v1/search/news.json"
TLS_MODES = ("off", "prefer", "require", "verify")
REREAD_AFTER = 2.0      # seconds: a database that refuses everyone must not become a storm on Secrets Manager
KEY_NAMES = ("korea_service_key", "seoul_key", "naver_client_id", "naver_client_secret")


@dataclass(frozen=True, kw_only=True)
class DatabaseServer:
    host: str
    port: int
    name: str
    tls: str
    tls_ca: str


@dataclass(frozen=True, kw_only=True)
class Credentials:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SourceKeys:
    korea_service_key: str = field(default="", repr=False)
    seoul_key: str = field(default="", repr=False)
    naver_client_id: str = field(default="", repr=False)
    naver_client_secret: str = field(default="", repr=False)

    def values(self) -> tuple[str, ...]:
        return tuple(value for value in (getattr(self, name) for name in KEY_NAMES) if value)


def fetch_secret(arn: str) -> str:
    """One secret's text from Secrets Manager. boto3 is imported late: most processes never need it."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    region = arn.split(":")[3] if arn.count(":") >= 6 else None
    config = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 4, "mode": "standard"})
    try:
        client = boto3.client("secretsmanager", region_name=region, config=config)
        return str(client.get_secret_value(SecretId=arn)["SecretString"])
    except (BotoCoreError, ClientError, KeyError) as cause:
        raise Problem(f"the secret {arn} could not be read", why=f"{type(cause).__name__}: {cause}",
                      next=f"aws secretsmanager describe-secret --secret-id {arn}") from None


class Secrets:
    """Secrets by ARN, kept in memory; `fresh=True` after a login was refused, because rotation changes them."""

    def __init__(self, fetch: Callable[[str], str] = fetch_secret, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock, self._lock = fetch, clock, threading.Lock()
        self._kept: dict[str, tuple[float, dict[str, str]]] = {}

    def read(self, arn: str, *, fresh: bool = False) -> dict[str, str]:
        with self._lock:
            at, values = self._kept.get(arn, (float("-inf"), {}))
            if not values or (fresh and self._clock() - at >= REREAD_AFTER):
                values = _decoded(arn, self._fetch(arn))
                self._kept[arn] = (self._clock(), values)
            return values


def _decoded(arn: str, text: str) -> dict[str, str]:
    try:
        document: Any = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Problem(f"the secret {arn} is not a JSON object", why="a secret here holds names and values",
                      next=f"aws secretsmanager put-secret-value --secret-id {arn} --secret-string '{{…}}'")
    return {str(name): str(value) for name, value in document.items()}


@dataclass(frozen=True, kw_only=True)
class Environment:
    server: DatabaseServer | None
    database_file: str
    database_secret: str
    database_user: str
    database_password: str = field(repr=False)
    sources_secret: str
    keys: SourceKeys
    korea_url: str
    seoul_url: str
    news_url: str
    secrets: Secrets = field(default_factory=Secrets, compare=False)

    @classmethod
    def load(cls, variables: Mapping[str, str], secrets: Secrets | None = None) -> Environment:
        def get(name: str, default: str = "") -> str:
            return variables.get(f"COKO_{name}", "").strip() or default

        _refuse(_findings(get))
        return cls(
            server=_server(get), database_file=get("DATABASE_FILE", "build/app/coko.sqlite3"),
            database_secret=get("DATABASE_SECRET_ARN"), database_user=get("DATABASE_USER", "coko"),
            database_password=get("DATABASE_PASSWORD"), sources_secret=get("SOURCES_SECRET_ARN"),
            keys=SourceKeys(**{name: get(name.upper()) for name in KEY_NAMES}),
            korea_url=get("KOREA_URL", KOREA_URL), seoul_url=get("SEOUL_URL", SEOUL_URL),
            news_url=get("NEWS_URL", NEWS_URL), secrets=secrets or Secrets(),
        )

    def database_credentials(self, *, fresh: bool = False) -> Credentials:
        if not self.database_secret:
            return Credentials(user=self.database_user, password=self.database_password)
        secret = self.secrets.read(self.database_secret, fresh=fresh)
        return Credentials(user=secret.get("username", self.database_user), password=secret.get("password", ""))

    def source_keys(self) -> SourceKeys:
        if not self.sources_secret:
            return self.keys
        secret = self.secrets.read(self.sources_secret)
        return SourceKeys(**{name: secret.get(name, getattr(self.keys, name)) for name in KEY_NAMES})


def _server(get: Callable[..., str]) -> DatabaseServer | None:
    if not get("DATABASE_HOST"):
        return None
    return DatabaseServer(host=get("DATABASE_HOST"), port=int(get("DATABASE_PORT", "3306")),
                          name=get("DATABASE_NAME", "coko"), tls=get("DATABASE_TLS", "prefer"),
                          tls_ca=get("DATABASE_TLS_CA"))


def _findings(get: Callable[..., str]) -> list[str]:
    found = []
    if not get("DATABASE_PORT", "3306").isdigit():
        found.append(f"COKO_DATABASE_PORT: should be a number, is {get('DATABASE_PORT')!r}")
    if get("DATABASE_TLS", "prefer") not in TLS_MODES:
        found.append(f"COKO_DATABASE_TLS: should be one of {', '.join(TLS_MODES)}, is {get('DATABASE_TLS')!r}")
    if get("DATABASE_TLS") == "verify" and not get("DATABASE_TLS_CA"):
        found.append("COKO_DATABASE_TLS_CA: should be the CA's file, because COKO_DATABASE_TLS is verify")
    for name in ("KOREA_URL", "SEOUL_URL", "NEWS_URL"):
        if get(name) and not get(name).startswith(("http://", "https://")):
            found.append(f"COKO_{name}: should start with http:// or https://, is {get(name)!r}")
    return found


def _refuse(found: list[str]) -> None:
    if found:
        raise Problem("the settings do not add up: " + "; ".join(found), why="COKO_* variables come from "
                      "/etc/coko/environment, which is written at deployment", next="sudo cat /etc/coko/environment",
                      exit_code=2)
