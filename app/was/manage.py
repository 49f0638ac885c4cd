"""For developers: `python -m app.was.manage makemigrations`, `… shell`, `… dbshell`."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.was.project.settings")
    execute_from_command_line(["app.was.manage", *sys.argv[1:]])


if __name__ == "__main__":
    main()
