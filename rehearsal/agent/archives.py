"""The entries of tar and zip archives, in one form for the unpacker."""

from __future__ import annotations

import bz2
import calendar
import grp
import gzip
import lzma
import os
import pwd
import stat
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, cast

from rehearsal.agent.errors import AgentError
from rehearsal.agent.unpack import Entry, Limits, Unpacker

TAR_UNREADABLE = "Error extracting tar archive: 2"
TAR_KINDS = {tarfile.DIRTYPE: "directory", tarfile.SYMTYPE: "symlink", tarfile.LNKTYPE: "hardlink"}
TAR_KINDS |= {tarfile.CHRTYPE: "character device", tarfile.BLKTYPE: "block device", tarfile.FIFOTYPE: "FIFO"}
ZIP_KINDS = {stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFREG: "file", 0: "file"}
ZIP_KINDS |= {stat.S_IFCHR: "character device", stat.S_IFBLK: "block device", stat.S_IFIFO: "FIFO"}
UNREADABLE: tuple[type[Exception], ...] = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
UNREADABLE += (struct.error, OSError, EOFError, ValueError, RuntimeError, ArithmeticError, LookupError)
LINK_BYTES = 4096
TAPE_BYTES = 16 << 20


class Tape:
    """A decompressed archive that refuses huge single reads: a header may claim any length."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def read(self, size: int) -> bytes:
        if size > TAPE_BYTES:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self.file.read(size)


def unpack(bundle: Path, kind: str, destination: Path, limits: Limits) -> None:
    try:
        unpacker = Unpacker(bundle, destination, limits)
        if kind == "zip":
            unpacker.unpack(zip_entries(bundle))
        elif bundle.stat().st_size > 0 or kind == "tgz":  # to tar, nothing is an empty archive
            unpacker.unpack(tar_entries(bundle, kind))
    except UNREADABLE as error:
        said = f"Error extracting zip archive: {bundle}: {error}" if kind == "zip" else TAR_UNREADABLE
        raise AgentError(said) from error


def tar_entries(bundle: Path, kind: str) -> Iterator[Entry]:
    """Of a tar archive, compressed or not; `tgz` must be compressed by gzip, `tar` may be."""
    with _decompressed(bundle, kind) as file:
        tape = Tape(file)
        archive = tarfile.open(fileobj=tape, mode="r:", errorlevel=2)  # type: ignore[call-overload]  # noqa: SIM115
        for member in archive:
            yield _tar_entry(archive, member)
        file.seek(archive.offset)
        if file.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise tarfile.ReadError("rubbish after the last readable member")


def _decompressed(bundle: Path, kind: str) -> BinaryIO:
    with bundle.open("rb") as file:
        start = file.read(6)
    if kind == "tgz" or start.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.open(bundle))
    if start.startswith(b"BZh"):
        return cast(BinaryIO, bz2.open(bundle))
    if start == b"\xfd7zXZ\0":
        return cast(BinaryIO, lzma.open(bundle))
    return bundle.open("rb")


def _tar_entry(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    kind = "file" if member.isreg() else TAR_KINDS.get(member.type, f"member of type {member.type!r}")
    content = archive.extractfile(member) if kind == "file" else None
    owner = (_uid(member), _gid(member))
    return Entry(member.name, kind, member.mode, _time(member.mtime), member.linkname, owner, content)


def _uid(member: tarfile.TarInfo) -> int:
    """By name where the host knows it, as `tar` does."""
    try:
        return pwd.getpwnam(member.uname).pw_uid if member.uname else _id(member.uid)
    except (KeyError, ValueError):
        return _id(member.uid)


def _gid(member: tarfile.TarInfo) -> int:
    try:
        return grp.getgrnam(member.gname).gr_gid if member.gname else _id(member.gid)
    except (KeyError, ValueError):
        return _id(member.gid)


def _id(number: int) -> int:
    return number if 0 <= number < 2**32 - 1 else 0


def _time(seconds: float) -> float | None:
    return float(seconds) if 0 <= seconds < 2**40 else None


def zip_entries(bundle: Path) -> Iterator[Entry]:
    with zipfile.ZipFile(bundle) as archive:
        for member in archive.infolist():
            yield from _zip_entry(archive, member)


def _zip_entry(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[Entry]:
    attributes = member.external_attr >> 16
    kind = ZIP_KINDS.get(stat.S_IFMT(attributes), "special file")
    if member.is_dir():
        kind = "directory"
    mode = attributes & 0o777 or _default_mode(kind)
    if kind == "symlink":
        with archive.open(member) as content:
            target = os.fsdecode(content.read(LINK_BYTES))
        yield Entry(member.filename, kind, mode, None, target)
    elif kind == "file":
        with archive.open(member) as content:
            yield Entry(member.filename, kind, mode, _zip_time(member), content=content)
    else:
        yield Entry(member.filename, kind, mode, _zip_time(member))


def _default_mode(kind: str) -> int:
    """For archives made where files have no modes."""
    mask = os.umask(0)
    os.umask(mask)
    return (0o777 if kind == "directory" else 0o666) & ~mask


def _zip_time(member: zipfile.ZipInfo) -> float | None:
    """The time in the extra field, which is exact, or else the local one in steps of two seconds."""
    extra = member.extra
    while len(extra) >= 4:
        tag, size = struct.unpack("<HH", extra[:4])
        if tag == 0x5455 and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            return float(struct.unpack("<i", extra[5:9])[0])
        extra = extra[4 + size :]
    try:
        return time.mktime((*member.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return float(calendar.timegm((1980, 1, 1, 0, 0, 0)))
