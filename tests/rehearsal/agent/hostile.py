"""Makes bundles and AppSpec files that mean harm, or are merely broken; the same ones for the same seed."""

from __future__ import annotations

import io
import random
import stat
import tarfile
import zipfile
from pathlib import Path

NAMES = [
    "a",
    "b/c",
    "b",
    "link/x",
    "link",
    "../up",
    "/abs",
    "b/../../up",
    "",
    ".",
    "..",
    "x\ny",
    "é",
    "n" * 300,
    "d/" * 60,
]
NAMES += [
    "appspec.yml",
    "a/",
    "b/c/d",
    "./a",
    "-rf",
    "con\t",
    "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
]
TARGETS = [
    "a",
    "..",
    "../..",
    "/etc/passwd",
    "/",
    ".",
    "b/../..",
    "link",
    "link/../..",
    "../canary",
    "",
    "b/c",
    "x" * 5000,
]
TAR_TYPES = [tarfile.REGTYPE] * 6 + [
    tarfile.DIRTYPE,
    tarfile.SYMTYPE,
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.LNKTYPE,
]
TAR_TYPES += [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE, b"?"]
MODES = [0o644, 0o755, 0o4755, 0o000, 0o777]

SCALARS = [
    "0.0",
    "0",
    "linux",
    "windows",
    "~",
    "true",
    "null",
    '""',
    "5",
    "-1",
    "1e9",
    ".inf",
    ".nan",
    "0644",
    "0x1F",
    "08",
]
SCALARS += [
    "2020-01-01",
    "[]",
    "{}",
    "[a, {b: c}]",
    "&x y",
    "*x",
    "!ruby/object:Kernel {}",
    "!!binary aGk=",
    "'unclosed",
    "|",
]
SCALARS += [
    "\t",
    "a: b: c",
    "- - -",
    "{" * 50,
    "9" * 5000,
    "s.sh",
    "app",
    "'..'",
    ":sym",
    "1:30",
    "? ",
    "@",
    "%",
    "`",
    "\x07",
]
SCALARS += ["***", "a*" * 40, "s0-s3:c0.c9", "'u:nobody:rw'", "d:g:daemon:7", '"\\0"', '"a\\nb"', "<<", "é", "\u2028"]
KEYS = ["version", "os", "files", "hooks", "permissions", "file_exists_behavior", "source", "destination", "location"]
KEYS += [
    "timeout",
    "runas",
    "sudo",
    "object",
    "pattern",
    "except",
    "type",
    "owner",
    "group",
    "mode",
    "acls",
    "context",
    "x",
]
STARTS = ["", "version: 0.1\n", "- a\n", "os: linux\n", "\ufeffversion: 0.0\n"]
EVENTS = ["BeforeInstall", "AfterInstall", "Bogus"]


def appspec(chance: random.Random, dest: str) -> bytes:
    """A file that is right, right in its upper part, or wrong from the start."""
    text = chance.choice(["version: 0.0\nos: linux\n"] * 6 + STARTS)
    for _ in range(chance.randrange(4)):
        text += chance.choice([_files, _hooks, _permissions, _behavior, _anything])(chance, dest)
    raw = text.encode("utf-8", "surrogateescape")
    return _damaged(chance, raw) if chance.random() < 0.25 else raw


def _destination(chance: random.Random, dest: str) -> str:
    return dest + chance.choice(["", "/", "/new/er", "/../dest/x", "//y", "/a b", "/é"])


def _files(chance: random.Random, dest: str) -> str:
    text = "files:\n"
    for _ in range(chance.randrange(1, 4)):
        source = chance.choice(["/", "app", "s.sh", ".", *SCALARS])
        text += f"  - source: {source}\n    destination: {_destination(chance, dest)}\n"
    return text


def _hooks(chance: random.Random, dest: str) -> str:
    keys = "".join(f"      {chance.choice(KEYS)}: {chance.choice(SCALARS)}\n" for _ in range(chance.randrange(3)))
    return f"hooks:\n  {chance.choice(EVENTS)}:\n    - location: {chance.choice(SCALARS)}\n{keys}"


def _permissions(chance: random.Random, dest: str) -> str:
    text = f"permissions:\n  - object: {_destination(chance, dest)}\n"
    for _ in range(chance.randrange(5)):
        value = chance.choice([*SCALARS, "[file]", f"[{chance.choice(SCALARS)}]", "755"])
        text += f"    {chance.choice(KEYS[12:])}: {value}\n"
    return text


def _behavior(chance: random.Random, dest: str) -> str:
    return f"file_exists_behavior: {chance.choice(['OVERWRITE', 'RETAIN', 'DISALLOW', *SCALARS])}\n"


def _anything(chance: random.Random, dest: str) -> str:
    return f"{' ' * chance.randrange(5)}{chance.choice(KEYS)}: {chance.choice(SCALARS)}\n"


def _damaged(chance: random.Random, raw: bytes) -> bytes:
    found = bytearray(raw or b"\0")
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(found))
        found[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        found = found or bytearray(b"x")
    return bytes(found)


def bundle(chance: random.Random, path: Path) -> str:
    """An archive, and the type that the service says it has, which may be another."""
    kind = chance.choice(["tar", "tgz", "zip"])
    raw = _zip(chance) if kind == "zip" else _tar(chance, "w:gz" if kind == "tgz" else "w")
    path.write_bytes(_damaged(chance, raw) if chance.random() < 0.3 else raw)
    return kind if chance.random() < 0.9 else chance.choice(["tar", "tgz", "zip"])


def _tar(chance: random.Random, mode: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for _ in range(chance.randrange(8)):
            member = tarfile.TarInfo(chance.choice(NAMES))
            member.type, member.mode = chance.choice(TAR_TYPES), chance.choice(MODES)
            member.linkname, member.mtime = chance.choice(TARGETS), chance.choice([0, 10**9, 2**33])
            member.uname = chance.choice(["", "root", "nobody", "no-such-user"])
            content = b"x" * chance.choice([0, 1, 600])
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def _zip(chance: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in {chance.choice(NAMES) for _ in range(chance.randrange(8))}:
            member = zipfile.ZipInfo(name or "empty")
            kind = chance.choice([stat.S_IFREG] * 4 + [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFCHR, stat.S_IFIFO, 0])
            member.external_attr = (kind | chance.choice(MODES)) << 16
            content = "x" * chance.choice([0, 1, 600])
            archive.writestr(member, chance.choice(TARGETS) if kind == stat.S_IFLNK else content)
    return out.getvalue()
