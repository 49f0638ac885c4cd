"""What the provider knows of one resource type: the calls that make, find, change and drop it, and its rules.

| field        | meaning                                                                                   |
|--------------|-------------------------------------------------------------------------------------------|
| `make`       | the one call that brings it to life; its id, and its outputs if the answer holds them all |
| `complete`   | what has to follow before it is whole: attributes, waits. Repeatable                      |
| `find`       | the outputs of the living thing, `None` when it is gone                                   |
| `changes`    | property names → the call that changes them in place; a change of any other replaces      |
| `state_only` | properties that no API call carries (`forceDestroy`)                                      |
| `seek`       | ids of living things that could be what `make` made just before it was interrupted        |
| `id_of`      | the id, where the inputs alone decide it: what is replaced must then be deleted first     |

Properties that stand in none of `fixed`, `changes` and `state_only` are refused by `check`: a rehearsal that ignored
them in silence would lie about the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.values import Props

Change = Callable[[Aws, str, Props, Props], object]     # the id, the old properties, the new ones


@dataclass(frozen=True)
class Made:
    """A resource just made. Without outputs it is read back, once it is complete."""

    id: str
    outputs: Props | None = None


@dataclass(frozen=True)
class Naming:
    """How a physical name is made up when the program leaves it open: logical name, `-`, seven random hex digits."""

    property: str = "name"
    longest: int = 255
    lower: bool = False
    prefix: str = ""            # what the service demands before every name: `alias/`
    prefixed_by: str = "namePrefix"


@dataclass(frozen=True)
class Problem:
    """Why inputs cannot be used."""

    property: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One row of the provider's table."""

    urn_type: str
    make: Callable[[Aws, Props], Made]
    find: Callable[[Aws, str, Props], Props | None]
    drop: Callable[[Aws, str, Props], object]
    complete: Callable[[Aws, str, Props], None] | None = None
    fixed: str = ""
    changes: Mapping[str, Change] = field(default_factory=dict)
    state_only: str = ""
    required: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    naming: Naming | None = None
    tag: Change | None = None
    sets: str = ""              # lists whose order means nothing
    documents: str = ""         # JSON in strings
    recomputed: str = ""        # outputs that an update makes anew
    volatile: str = ""          # outputs that move by themselves; never drift
    checks: tuple[Callable[[Props], Iterable[Problem]], ...] = ()
    replaces: Callable[[Props, Props], Iterable[str]] = lambda olds, news: ()    # beyond what is fixed
    id_of: Callable[[Props], str] | None = None
    seek: Callable[[Aws, Props], Iterable[str]] | None = None

    @property
    def inputs(self) -> frozenset[str]:
        tags = ("tags", "tagsAll") if self.tag else ()
        return frozenset([*self.fixed.split(), *self.state_only.split(), *self.updatable, *tags, "region"])

    @property
    def updatable(self) -> frozenset[str]:
        tags = ("tags", "tagsAll") if self.tag else ()
        return frozenset([*" ".join(self.changes).split(), *self.state_only.split(), *tags])
