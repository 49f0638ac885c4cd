"""The WAS tier's files: the code it runs, its templates, the static files as a fallback, units, and the installer."""

from __future__ import annotations

from pathlib import Path

APP = Path(__file__).resolve().parent.parent
CODE = ("was/**/*.py", "was/**/*.html", "web/manifest.py", "web/__init__.py", "web/assets/*", "__init__.py")
NOT_CODE = ("was/install.py", "was/manage.py")


def contents() -> dict[str, bytes]:
    code = {f"app/{path.relative_to(APP)}": path.read_bytes() for pattern in CODE for path in sorted(APP.glob(pattern))
            if path.is_file() and str(path.relative_to(APP)) not in NOT_CODE}
    units = {f"systemd/{path.name}": path.read_bytes() for path in sorted((APP / "was" / "systemd").iterdir())}
    return {**code, **units, "install.py": (APP / "was" / "install.py").read_bytes()}
