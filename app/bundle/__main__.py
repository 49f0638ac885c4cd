"""`python -m app.bundle web|was DIRECTORY`: write a tier's files into an empty directory."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

from app.bundle import was, web, wheels
from app.was.errors import Problem, told
from app.web.manifest import files, manifest


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.bundle", description=__doc__)
    parser.add_argument("tier", choices=("web", "was"))
    parser.add_argument("directory", type=Path, help="is made; must be empty if it is there")
    parser.add_argument("--wheels", type=Path, help="take the WAS's wheels from here instead of downloading them")
    return parser.parse_args(given)


def contents(tier: str, wheelhouse: Path | None) -> dict[str, bytes]:
    tree = web.contents() if tier == "web" else {**was.contents(), **wheels.gathered(wheelhouse)}
    return {**tree, "bundle.json": (json.dumps(description(tier, tree), indent=1, sort_keys=True) + "\n").encode()}


def description(tier: str, tree: dict[str, bytes]) -> dict[str, object]:
    """What the installer checks, and what a deployment can compare between tiers."""
    told: dict[str, object] = {"tier": tier, "python": wheels.PYTHON, "assets": manifest(files())}
    if tier == "was":
        told["wheels"] = {name.split("/")[1]: hashlib.sha256(content).hexdigest() for name, content in tree.items()
                          if name.startswith("wheels/")}
    return told


def write(given: argparse.Namespace) -> int:
    directory: Path = given.directory
    if directory.exists() and any(directory.iterdir()):
        raise Problem(f"{directory} is not empty", why="a bundle is written to a directory of its own",
                      next=f"rm -r {directory}", exit_code=2)
    tree = contents(given.tier, given.wheels)
    for name, content in sorted(tree.items()):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    sys.stdout.write(f"{given.tier}: {len(tree)} files, {sum(map(len, tree.values())) / 1e6:.1f} MB in {directory}\n")
    return 0


if __name__ == "__main__":
    sys.exit(told(lambda: write(arguments())))
