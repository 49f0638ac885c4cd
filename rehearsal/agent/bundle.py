"""Brings a revision to the host: fetch it, unpack it, or copy its directory."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.agent import archives
from rehearsal.agent.download import S3
from rehearsal.agent.errors import AgentError, UnsafeBundleError
from rehearsal.agent.spec import GitHubRevision, LocalRevision, Revision, S3Revision
from rehearsal.agent.unpack import Limits, strip_single_directory


@dataclass(frozen=True)
class Bundles:
    s3: S3
    limits: Limits = field(default_factory=Limits)

    def bring(self, revision: Revision, bundle: Path, archive: Path) -> None:
        """Leave the revision in the archive directory."""
        match revision:
            case S3Revision():
                self.s3.download(revision, bundle)
            case LocalRevision(directory=True):
                copy_directory(Path(revision.location), archive)
            case LocalRevision():
                _link(Path(revision.location), bundle)
            case GitHubRevision():
                raise AgentError(
                    f"The revision {revision.repository}@{revision.commit} is on GitHub, and this agent downloads from "
                    "S3 only. Publish the revision to the bucket, and deploy that."
                )
        if revision.bundle_type != "directory":
            shutil.rmtree(archive, ignore_errors=True)
            archives.unpack(bundle, revision.bundle_type, archive, self.limits)
            strip_single_directory(archive, archive.with_name("deployment-archive-temp"))


def _link(location: Path, bundle: Path) -> None:
    bundle.unlink(missing_ok=True)
    bundle.symlink_to(location)


def copy_directory(source: Path, destination: Path) -> None:
    """Copy as `cp -r` does: contents and modes, links as links; into the destination if that is there already."""
    if not source.is_dir():
        raise NotADirectoryError(20, "No such directory", str(source))
    if destination.is_dir():
        destination = destination / source.name
    if destination.is_symlink():
        raise UnsafeBundleError(f"{destination} is a link of the revision itself. Remove it, and deploy again.")
    destination.mkdir(parents=True, exist_ok=True)
    for entry in sorted(os.scandir(source), key=lambda found: found.name):
        _copy_entry(entry, destination / entry.name)


def _copy_entry(entry: os.DirEntry[str], target: Path) -> None:
    if target.is_symlink():
        target.unlink()  # of an earlier copy: never written through
    if entry.is_symlink():
        target.symlink_to(Path(entry.path).readlink())
    elif entry.is_dir():
        target.mkdir(exist_ok=True)
        for inner in sorted(os.scandir(entry.path), key=lambda found: found.name):
            _copy_entry(inner, target / inner.name)
    elif entry.is_file():
        _copy_file(entry, target)
    else:
        raise UnsafeBundleError(
            f"The revision holds {entry.path}, which is a device, FIFO or socket. Remove it, and deploy again."
        )


def _copy_file(entry: os.DirEntry[str], target: Path) -> None:
    mode = stat.S_IMODE(entry.stat().st_mode)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as out, Path(entry.path).open("rb") as source:
        shutil.copyfileobj(source, out)
