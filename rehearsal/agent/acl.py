"""Access control entries of a permission, in the form that `setfacl --set` takes."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.agent.errors import AgentError

PROBLEM = (
    "The deployment failed because of a problem with the acls permission settings in the application specification "
    "file."
)
TYPES = {"m": "mask", "o": "other", "g": "group", "u": "user"}
TYPES |= {name: name for name in TYPES.values()}
DEFAULT = ("d", "default")


@dataclass(frozen=True)
class Ace:
    default: bool
    type: str
    name: str
    permissions: str

    def __str__(self) -> str:
        return f"{'default:' if self.default else ''}{self.type}:{self.name}:{self.permissions}"


def parse(entry: str, *, base: bool = False) -> Ace:
    """Read `[default:][type:]name:permissions`; only the agent itself may set base entries."""
    parts = entry.split(":")
    invalid = AgentError(f"{PROBLEM} Invalid acl entry ({entry}).")
    if not 2 <= len(parts) <= 4 or (len(parts) == 4 and parts[0] not in DEFAULT):
        raise invalid
    default = len(parts) == 4
    type_, name = "", parts[-2]
    if len(parts) >= 3:
        default, type_ = _type(parts[-3], default, invalid)
    type_, name = _named(type_, name)
    if type_ in ("mask", "other") and name:
        raise invalid
    if not base and not default and type_ != "mask" and not name:
        update = "Update the permissions section of the AppSpec file, and then try again."
        raise AgentError(f"{PROBLEM} Use mode to set the base acl entry ({entry}). {update}")
    return Ace(default, type_, name, _permissions(entry, parts[-1]))


def _type(word: str, default: bool, invalid: AgentError) -> tuple[bool, str]:
    if word in DEFAULT and not default:
        return True, ""
    if word not in TYPES:
        raise invalid
    return default, TYPES[word]


def _named(type_: str, name: str) -> tuple[str, str]:
    """`m:rx` and `o:r` have no name; any other word is the name of a user unless a type came before."""
    word = TYPES.get(name) if name in ("m", "mask", "o", "other") else None
    if word is None:
        return type_ or "user", name
    return (type_, word) if type_ else (word, "")


def _permissions(entry: str, word: str) -> str:
    if len(word) == 1 and word in "01234567":
        return "".join(char if int(word) & bit else "-" for char, bit in (("r", 4), ("w", 2), ("x", 1)))
    for char in word:
        if char not in "rwx-":
            raise AgentError(
                f"The deployment failed because the access control list (ACL) named {entry} in the application "
                f"specification file contains an invalid character ({char}). Correct the ACL in the hooks section of "
                "the AppSpec file, and then try again."
            )
    return "".join(char if char in word else "-" for char in "rwx")


class Acl:
    """The entries asked for, and those that were added for the objects it was applied to.

    As in the official agent, additions stay: the next object of the same permission inherits the first one's mask.
    """

    def __init__(self, entries: list[str]) -> None:
        self.entries = [parse(entry) for entry in entries]

    def texts(self) -> list[str]:
        return [str(ace) for ace in self.entries]

    def has_default(self) -> bool:
        return any(ace.default for ace in self.entries)

    def complete(self, mode: int) -> list[str]:
        """Add what `setfacl --set` requires besides, from the object's mode."""
        owner, group, other = list(f"{mode & 0o777:03o}")
        self._add(f":{owner}", f"g::{group}", f"o::{other}")
        if self._has(False, named=True) and not self._has(False, "mask"):
            self._add(f"m::{group}")
        if self.has_default():
            self._complete_default(owner, group, other)
        return self.texts()

    def _complete_default(self, owner: str, group: str, other: str) -> None:
        for type_, entry in (("user", f"d::{owner}"), ("group", f"d:g::{group}"), ("other", f"d:o:{other}")):
            if not self._has(True, type_, named=False):
                self._add(entry)
        if self._has(True, named=True) and not self._has(True, "mask"):
            groups = [ace for ace in self.entries if ace.default and ace.type == "group" and not ace.name]
            self._add(str(groups[0]).replace("group:", "mask", 1))

    def _has(self, default: bool, type_: str | None = None, *, named: bool | None = None) -> bool:
        return any(
            ace.default is default and type_ in (None, ace.type) and named in (None, bool(ace.name))
            for ace in self.entries
        )

    def _add(self, *entries: str) -> None:
        self.entries += [parse(entry, base=True) for entry in entries]
