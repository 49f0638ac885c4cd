"""Unit files as systemd finds them: the first directory that has one wins, drop-ins add, templates take an instance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rehearsal.fleet.boxd.words import is_true, seconds, specified

DIRECTORIES = ("etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system")
KINDS = (".service", ".target", ".timer", ".socket", ".path", ".mount", ".slice")
Sections = dict[str, dict[str, list[str]]]


@dataclass(frozen=True)
class Unit:
    name: str
    paths: tuple[Path, ...]         # the file, then its drop-ins
    sections: Sections
    wanted: tuple[str, ...]         # by Wants=, and by symbolic links in NAME.wants
    required: tuple[str, ...]
    masked: bool = False

    @property
    def kind(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def description(self) -> str:
        return self.one("Unit", "Description", self.name)

    def all(self, section: str, key: str) -> list[str]:
        return [specified(value, self.name) for value in self.sections.get(section, {}).get(key, [])]

    def one(self, section: str, key: str, default: str = "") -> str:
        return (self.all(section, key) or [default])[-1]

    def flag(self, section: str, key: str, default: bool = False) -> bool:
        return is_true(self.one(section, key, "yes" if default else "no"))

    def span(self, section: str, key: str, default: float) -> float:
        told = self.one(section, key)
        return seconds(told) if told else default

    def names(self, key: str, section: str = "Unit") -> tuple[str, ...]:
        return tuple(name for value in self.all(section, key) for name in value.split())

    @property
    def after(self) -> tuple[str, ...]:
        """A target is reached when all that it pulls in has been started."""
        return self.names("After") + (self.wanted + self.required if self.kind == "target" else ())


def full_name(name: str) -> str:
    return name if name.endswith(KINDS) else f"{name}.service"


def parsed(text: str, into: Sections | None = None) -> Sections:
    """Adds to what is there; an empty value forgets what was said before."""
    sections: Sections = {} if into is None else into
    section = ""
    for line in _lines(text):
        if line.startswith("["):
            section = line.strip("[]")
            continue
        key, sign, value = line.partition("=")
        if not sign:
            continue
        values = sections.setdefault(section, {}).setdefault(key.strip(), [])
        values.append(value.strip()) if value.strip() else values.clear()
    return sections


def _lines(text: str) -> Iterator[str]:
    held = ""
    for raw in text.splitlines():
        if raw.lstrip()[:1] in ("#", ";"):
            continue
        if raw.endswith("\\"):
            held += raw[:-1] + " "
            continue
        line, held = (held + raw).strip(), ""
        if line:
            yield line


@dataclass(frozen=True)
class UnitFiles:
    """The unit files below a root directory."""

    root: Path = Path("/")

    def directories(self) -> list[Path]:
        return [self.root / part for part in DIRECTORIES]

    def find(self, name: str) -> Path | None:
        """The file of a unit; a template's for an instance."""
        for candidate in _candidates(name):
            for directory in self.directories():
                path = directory / candidate
                if path.exists() or path.is_symlink():
                    return path
        return None

    def load(self, name: str) -> Unit | None:
        path = self.find(name)
        drop_ins = self._drop_ins(name)
        if path is None:
            return None
        real = self._followed(path)
        if real == Path("/dev/null"):
            return Unit(name, (path,), {}, (), (), masked=True)
        if real.name != path.name and "@" not in name:
            name = real.name        # an alias
        sections: Sections = {}
        for part in (real, *drop_ins):
            parsed(part.read_text(), sections)
        unit = Unit(name, (path, *drop_ins), sections, (), ())
        return Unit(name, (path, *drop_ins), sections, self._pulled(unit, "Wants", "wants"),
                    self._pulled(unit, "Requires", "requires") + unit.names("BindsTo"))

    def _followed(self, path: Path) -> Path:
        """Where a link leads, with absolute links read below our root."""
        while path.is_symlink():
            target = path.readlink()
            if str(target) == "/dev/null":
                return target
            path = self.root / str(target).lstrip("/") if target.is_absolute() else path.parent / target
        return path

    def _drop_ins(self, name: str) -> list[Path]:
        found: dict[str, Path] = {}
        for directory in reversed(self.directories()):
            for candidate in reversed(_candidates(name)):
                for path in sorted((directory / f"{candidate}.d").glob("*.conf")):
                    found[path.name] = path
        return [found[key] for key in sorted(found)]

    def _pulled(self, unit: Unit, key: str, suffix: str) -> tuple[str, ...]:
        links = {link.name for directory in self.directories() for link in directory.glob(f"{unit.name}.{suffix}/*")}
        return tuple(dict.fromkeys([*unit.names(key), *sorted(links)]))

    def all_names(self) -> list[str]:
        names = {path.name for directory in self.directories() if directory.is_dir() for path in directory.iterdir()
                 if path.name.endswith(KINDS) and not path.is_dir()}
        return sorted(names)


def _candidates(name: str) -> list[str]:
    stem, _, kind = name.rpartition(".")
    prefix, at, instance = stem.partition("@")
    return [name, f"{prefix}@.{kind}"] if at and instance else [name]
