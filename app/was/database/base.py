"""A connection that re-reads its password when a login is refused: rotation must not need a restart.

Django loads this module by name (`ENGINE = "app.was.database"`), and `DATABASES[…]["CREDENTIALS"]` is called for user
and password.
"""

from __future__ import annotations

from typing import Any

import pymysql

pymysql.install_as_MySQLdb()     # before Django's backend is imported: that is what it looks for

from django.db.backends.mysql import base  # noqa: E402

ACCESS_DENIED = 1045


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection({**conn_params, **self._login(fresh=False)})
        # Not pymysql.err.…: loading it again as MySQLdb puts a second copy of that module, and its classes, there.
        except pymysql.OperationalError as refusal:
            if refusal.args[0] != ACCESS_DENIED:
                raise
        return super().get_new_connection({**conn_params, **self._login(fresh=True)})

    def _login(self, *, fresh: bool) -> dict[str, str]:
        credentials = self.settings_dict["CREDENTIALS"](fresh=fresh)
        return {"user": credentials.user, "password": credentials.password}
