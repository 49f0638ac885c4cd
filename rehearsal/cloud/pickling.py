"""moto's backends in one pickle: what it cannot take by itself is taken apart here and put together again.

Private keys become PEM, locks become new locks, and an object's content in S3 goes into a file of its own, so that
it is written once and not with every snapshot.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import threading
import types
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509 import Certificate, load_pem_x509_certificate
from moto.backends import get_backend
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.s3.models import FakeKey

LOCKS = (type(threading.Lock()), type(threading.RLock()))
LARGE = 4096
SSM_DEFAULT = "SimpleSystemManagerBackend.__init__.<locals>.<lambda>"


class Unkeepable(Exception):
    """Something in the memory cannot be written down."""


class Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, objects: Path) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self.objects = objects
        self.used: set[str] = set()

    def persistent_id(self, thing: Any) -> tuple[str, ...] | None:
        if isinstance(thing, BackendDict):
            return ("service", thing.service_name)
        if isinstance(thing, AccountSpecificBackend):
            return ("account", thing.service_name, thing.account_id)
        return None

    def reducer_override(self, thing: Any) -> Any:
        if isinstance(thing, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            return _key, (thing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),)
        if isinstance(thing, Certificate):
            return _certificate, (thing.public_bytes(Encoding.PEM),)
        if isinstance(thing, LOCKS):
            return type(thing), ()
        if isinstance(thing, threading.Condition):
            return threading.Condition, ()
        if isinstance(thing, FakeKey):
            return self._stored(thing)
        if isinstance(thing, defaultdict) and type(thing) is not defaultdict:
            return _defaultdict, (type(thing), thing.default_factory), thing.__dict__, None, iter(dict.items(thing))
        if isinstance(thing, types.FunctionType) and thing.__qualname__ == SSM_DEFAULT:
            return _by_name, ("_ssm_default",)
        return NotImplemented

    def _stored(self, key: FakeKey) -> Any:
        state = key.__getstate__()
        content = state.pop("value") or b""
        return _Stored, (), (state, content if len(content) <= LARGE else self._put_aside(content))

    def _put_aside(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        self.used.add(name)
        path = self.objects / name
        if not path.exists():
            self.objects.mkdir(exist_ok=True, mode=0o700)
            new = path.with_suffix(".new")
            new.write_bytes(content)
            new.replace(path)
        return name


class _Stored(FakeKey):
    """Turns back into moto's own class while it is read: `objects` is set for that moment."""

    objects = Path()

    def __init__(self) -> None:
        """Nothing: __setstate__ follows."""

    def __setstate__(self, saved: tuple[dict[str, Any], bytes | str]) -> None:  # type: ignore[override]
        state, content = saved
        value = (self.objects / content).read_bytes() if isinstance(content, str) else content
        self.__class__ = FakeKey  # type: ignore[assignment]
        FakeKey.__setstate__(self, state | {"value": value})


class Unpickler(pickle.Unpickler):
    def persistent_load(self, identity: tuple[str, ...]) -> Any:
        backends = _service(identity[1])
        return backends if identity[0] == "service" else backends[identity[2]]


def dumps(rooms: dict[str, Any], objects: Path) -> bytes:
    backends = {(service.service_name, account, region): backend for service, account, region, backend in _backends()}
    file = io.BytesIO()
    pickler = Pickler(file, objects)
    try:
        pickler.dump({"backends": backends, "buckets": dict(_buckets()), "rooms": rooms})
    except Exception as error:
        raise Unkeepable(f"{type(error).__name__}: {error}") from error
    for path in objects.glob("*") if objects.exists() else ():
        if path.name not in pickler.used:
            path.unlink(missing_ok=True)
    return file.getvalue()


def loads(payload: bytes, objects: Path) -> dict[str, Any]:
    """Our rooms; moto's backends are put where moto looks for them."""
    _Stored.objects = objects
    found = Unpickler(io.BytesIO(payload)).load()
    for (service, account, region), backend in found["backends"].items():
        dict.__setitem__(_service(service)[account], region, backend)
    _buckets().update(found["buckets"])
    rooms: dict[str, Any] = found["rooms"]
    return rooms


def _backends() -> Iterable[tuple[Any, str, str, Any]]:
    services: list[Any] = list(BackendDict._instances)  # type: ignore[misc]
    for service in services:
        for account, regions in service.items():
            for region, backend in regions.items():
                yield service, account, region, backend


def _buckets() -> dict[str, Any]:
    """Which account a bucket belongs to: the one thing that moto keeps outside its backends."""
    buckets: dict[str, Any] = _service("s3").bucket_accounts
    return buckets


def _service(name: str) -> Any:
    return get_backend(name)  # type: ignore[call-overload]


def _key(pem: bytes) -> Any:
    return load_pem_private_key(pem, None)


def _certificate(pem: bytes) -> Certificate:
    return load_pem_x509_certificate(pem)


def _defaultdict(kind: type[defaultdict[Any, Any]], factory: Any) -> Any:
    """One of moto's own kinds, whose constructor wants more than pickle would give it."""
    made = kind.__new__(kind)
    defaultdict.__init__(made, factory)
    return made


def _by_name(name: str) -> Any:
    return globals()[name]


def _ssm_default() -> defaultdict[Any, Any]:
    return defaultdict(dict)
