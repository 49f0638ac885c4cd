"""What `[Install]` says becomes symbolic links, and ceases to be."""

from __future__ import annotations

from pathlib import Path

from rehearsal.fleet.boxd.unitfile import Unit, UnitFiles

OWN = "etc/systemd/system"


def links(files: UnitFiles, name: str) -> dict[Path, Path]:
    """Every link that enabling makes, and where it leads."""
    unit, path = files.load(name), files.find(name)
    if unit is None or path is None or unit.masked:
        return {}
    target = Path("/") / path.relative_to(files.root)
    own = files.root / OWN
    made = {own / f"{one}.{kind}" / name: target
            for key, kind in (("WantedBy", "wants"), ("RequiredBy", "requires")) for one in unit.names(key, "Install")}
    made |= {own / alias: target for alias in unit.names("Alias", "Install")}
    return made


def enable(files: UnitFiles, name: str) -> list[str]:
    unit = files.load(name)
    if unit and unit.masked:
        return [f"Failed to enable unit: Unit file {name} is masked."]
    wanted = links(files, name)
    if not wanted and not _also(unit):
        return ["The unit files have no installation config: it can only be started, or pulled in by others."]
    said = []
    for link, target in wanted.items():
        if not link.is_symlink():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target)
            said.append(f"Created symlink {link} -> {target}.")
    return said + [line for other in _also(unit) for line in enable(files, other)]


def disable(files: UnitFiles, name: str) -> list[str]:
    """All links of that name, wherever they were made."""
    said = []
    for link in dict.fromkeys([*pulling(files, name), *(link for link in links(files, name) if link.is_symlink())]):
        link.unlink(missing_ok=True)
        said.append(f"Removed {link}.")
    return said


def pulling(files: UnitFiles, name: str) -> list[Path]:
    """The links by which others pull the unit in; they may lead nowhere, when its file has gone."""
    directories = [path for kind in ("wants", "requires") for path in (files.root / OWN).glob(f"*.{kind}")]
    return [path / name for path in sorted(directories) if (path / name).is_symlink()]


def mask(files: UnitFiles, name: str) -> list[str]:
    path = files.root / OWN / name
    if path.exists() and not path.is_symlink():
        return [f"Failed to mask unit: File {path} already exists."]
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/null")
    return [f"Created symlink {path} -> /dev/null."]


def unmask(files: UnitFiles, name: str) -> list[str]:
    path = files.root / OWN / name
    if not path.is_symlink() or str(path.readlink()) != "/dev/null":
        return []
    path.unlink()
    return [f"Removed {path}."]


def is_enabled(files: UnitFiles, name: str) -> str:
    unit = files.load(name)
    if unit is None:
        return "not-found"
    if unit.masked:
        return "masked"
    if pulling(files, name):
        return "enabled"
    return "disabled" if unit.sections.get("Install") else "static"


def _also(unit: Unit | None) -> tuple[str, ...]:
    return unit.names("Also", "Install") if unit else ()
