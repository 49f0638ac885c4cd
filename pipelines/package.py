"""A checkout's tier → a Bundle: a zip that is the same bytes for the same content, and is named by that content.

    appspec.yml, scripts/    what CodeDeploy's agent reads and runs
    release/                 what the application makes of the tier (python -m app.bundle), release.json among it
    manifest.json            the digest and mode of every file

The digest is taken over paths, modes and contents, so that it does not depend on how a machine compresses. The commit
is not in the zip: a commit that changes nothing in a tier gives the same Bundle, which is not uploaded again.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines import appspec, confidential
from pipelines.commit import Commit, commit
from pipelines.errors import ExitCode, Failure
from pipelines.stack import TIERS

ROOT = Path(__file__).resolve().parent.parent
BESIDE_HOOKS = ("_lib.sh", "_release.sh", "ssm_parameter.py")      # what hooks use
LARGEST_FILE = 64 * 1024 * 1024
LARGEST_BUNDLE = 256 * 1024 * 1024
EPOCH = (1980, 1, 1, 0, 0, 0)       # the earliest that a zip can say
Files = dict[str, bytes]
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Bundle:
    tier: str
    digest: str                     # of the content: the release's name everywhere
    path: str
    sha256: str                     # of the zip
    size: int
    files: int
    python: str
    commit: str
    subject: str
    dirty: bool

    @property
    def key(self) -> str:
        return f"{self.tier}/{self.digest}.zip"


def package(tier: str, *, root: Path = ROOT, out: Path | None = None, wheels: Path | None = None,
            say: Say = lambda text: None) -> Bundle:
    if tier not in TIERS:
        raise Failure(f"there is no tier {tier!r}", why="a stack has the tiers web and was", next="coko package web",
                      exit_code=ExitCode.BAD_INPUT)
    say(f"gathering the files of {tier}")
    made = gather(tier, root, wheels)
    return pack(tier, made, commit(root), out or root / "build" / "bundles", say)


def pack(tier: str, files: Files, of: Commit, out: Path, say: Say = lambda text: None) -> Bundle:
    """From files to a zip; refuses what must not be shipped."""
    _refuse(tier, files)
    digest = digest_of(files)
    files = {**files, "release/release.json": _release(tier, digest, files)}
    manifest = {path: {"sha256": hashlib.sha256(content).hexdigest(), "mode": oct(mode_of(path, content))}
                for path, content in sorted(files.items())}
    files["manifest.json"] = _json({"release": digest, "tier": tier, "files": manifest})
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{tier}-{digest[:12]}.zip"
    say(f"packing {len(files)} files into {path.name}")
    write_zip(path, files)
    bundle = Bundle(tier=tier, digest=digest, path=str(path), sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                    size=path.stat().st_size, files=len(files), python=python_of(files), commit=of.id,
                    subject=of.subject, dirty=of.dirty)
    remember(bundle, out)
    return bundle


def gather(tier: str, root: Path, wheels: Path | None) -> Files:
    """The application's own files below release/, the hooks that appspec.yml names, and appspec.yml."""
    found = appspec.findings(root)
    if found:
        raise Failure(f"{tier} cannot be packaged: {found[0].where} {found[0].what}",
                      why="\n".join(map(str, found)), next=found[0].fix, exit_code=ExitCode.BAD_INPUT)
    with tempfile.TemporaryDirectory(prefix="coko-bundle-") as temporary:
        release = Path(temporary) / "release"
        _application(tier, release, root, wheels)
        files = {f"release/{path.relative_to(release)}": path.read_bytes()
                 for path in release.rglob("*") if path.is_file()}
    text = (root / appspec.NAME).read_text()
    scripts = {hook.location for hook in appspec.hooks(text)} | {f"scripts/{name}" for name in BESIDE_HOOKS}
    return {**files, appspec.NAME: text.encode(), **{name: (root / name).read_bytes() for name in scripts}}


def _application(tier: str, to: Path, root: Path, wheels: Path | None) -> None:
    """The application is asked in a process of its own: what it imports is no business of the pipelines."""
    command = [sys.executable, "-m", "app.bundle", tier, str(to), *(["--wheels", str(wheels)] if wheels else [])]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip()
        raise Failure(f"the application could not make its {tier} bundle", why=said[-1500:],
                      next=f"python -m app.bundle {tier} DIRECTORY", exit_code=ExitCode.BAD_INPUT)


def _refuse(tier: str, files: Mapping[str, bytes]) -> None:
    found = confidential.findings(files)
    if found:
        raise Failure(f"{tier} is not packaged: it would ship a secret", why="\n".join(found[:10]),
                      exit_code=ExitCode.REFUSED,
                      next="take it out (and change it: who has the checkout has it), then coko package " + tier)
    large = [f"{path}: {len(content) / 1e6:.0f} MB" for path, content in files.items() if len(content) > LARGEST_FILE]
    total = sum(map(len, files.values()))
    if large or total > LARGEST_BUNDLE:
        raise Failure(f"{tier} is not packaged: it is too large", exit_code=ExitCode.REFUSED,
                      why="; ".join(large) or f"{total / 1e6:.0f} MB; {LARGEST_BUNDLE / 1e6:.0f} MB are enough",
                      next="take out what does not belong to a release")


def digest_of(files: Mapping[str, bytes]) -> str:
    lines = (f"{path}\0{mode_of(path, content):o}\0{hashlib.sha256(content).hexdigest()}\n"
             for path, content in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def mode_of(path: str, content: bytes) -> int:
    """By what a file is, not by what somebody's umask made of it."""
    return 0o755 if path.endswith(".sh") or content.startswith(b"#!") else 0o644


def python_of(files: Mapping[str, bytes]) -> str:
    return str(json.loads(files.get("release/bundle.json", b"{}")).get("python", ""))


def _release(tier: str, digest: str, files: Mapping[str, bytes]) -> bytes:
    return _json({"release": digest[:12], "digest": digest, "tier": tier, "python": python_of(files)})


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    new = path.with_suffix(".new")
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = 3, (0o100000 | mode_of(name, content)) << 16
            stored = name.endswith((".whl", ".gz", ".png"))      # compressed already
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    new.replace(path)


def remember(bundle: Bundle, out: Path) -> None:
    """The newest Bundle of a tier, for the next stage."""
    (out / f"{bundle.tier}.json").write_bytes(_json(bundle.__dict__))


def packaged(tier: str, *, root: Path = ROOT, out: Path | None = None) -> Bundle:
    """The Bundle that `coko package` made last, if its zip is still what it was."""
    note = (out or root / "build" / "bundles") / f"{tier}.json"
    try:
        bundle = Bundle(**json.loads(note.read_text()))
        found = hashlib.sha256(Path(bundle.path).read_bytes()).hexdigest()
    except (OSError, ValueError, TypeError):
        raise Failure(f"there is no bundle of {tier}", why=f"{note} is not there or not whole",
                      next=f"coko package {tier}", exit_code=ExitCode.BAD_INPUT) from None
    if found != bundle.sha256:
        raise Failure(f"the bundle of {tier} was changed after it was packaged",
                      why=f"{bundle.path} has another SHA-256", next=f"coko package {tier}", exit_code=ExitCode.REFUSED)
    return bundle
