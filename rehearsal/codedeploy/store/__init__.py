"""What the service remembers: everything, in one SQLite file."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from .catalog import Applications, Configs, Revisions
from .db import Database, StateUnusable
from .deployments import Deployments
from .groups import Groups
from .hosts import Hosts, Launches, Outbox
from .tags import Tags

__all__ = ["StateUnusable", "Store"]


class Store:
    """The repositories over one database."""

    def __init__(self, path: str | Path) -> None:
        self.db = Database(path)
        self.applications = Applications(self.db)
        self.revisions = Revisions(self.db)
        self.configs = Configs(self.db)
        self.groups = Groups(self.db)
        self.deployments = Deployments(self.db)
        self.hosts = Hosts(self.db)
        self.launches = Launches(self.db)
        self.outbox = Outbox(self.db)
        self.tags = Tags(self.db)

    def transaction(self) -> AbstractContextManager[None]:
        return self.db.transaction()

    def close(self) -> None:
        self.db.close()
