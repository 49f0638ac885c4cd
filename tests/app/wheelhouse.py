"""Wheels for tests without a network: made again from what is installed, pure Python parts only."""

from __future__ import annotations

import importlib.metadata
import zipfile
from pathlib import Path

from app.bundle.wheels import needed


def fill(directory: Path) -> Path:
    for name in needed():
        distribution = importlib.metadata.distribution(name)
        pure = f"{distribution.metadata['Name'].replace('-', '_')}-{distribution.version}-py3-none-any.whl"
        with zipfile.ZipFile(directory / pure, "w", zipfile.ZIP_STORED) as wheel:
            for file in distribution.files or []:
                path = Path(str(file.locate()))
                if path.is_file() and ".." not in file.parts and path.suffix not in (".pyc", ".so"):
                    wheel.write(path, str(file))
    return directory


def small(directory: Path, name: str = "tiny-1.0-py3-none-any.whl", **entries: str) -> Path:
    with zipfile.ZipFile(directory / name, "w") as wheel:
        for path, text in (entries or {"tiny.py": "ANSWER = 42\n"}).items():
            wheel.writestr(path, text)
    return directory / name
