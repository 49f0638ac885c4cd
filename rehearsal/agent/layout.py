"""Where the agent keeps things below its root, and what it remembers there from deployment to deployment.

    <group>/<deployment>/{bundle.tar, deployment-archive/, logs/scripts.log}
    deployment-instructions/<group>{-install.json, -cleanup, _last_successful_install, _most_recent_install}
    deployment-logs/codedeploy-agent-deployments.log
    ongoing-deployment/<deployment>            holds the identifier of the command that is being executed
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from rehearsal.agent.spec import DeploymentSpec

STALE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Layout:
    root: Path

    @property
    def instructions(self) -> Path:
        return self.root / "deployment-instructions"

    @property
    def ongoing(self) -> Path:
        return self.root / "ongoing-deployment"

    @property
    def deployments_log(self) -> Path:
        return self.root / "deployment-logs" / "codedeploy-agent-deployments.log"

    def deployment(self, spec: DeploymentSpec) -> Path:
        return self.root / spec.group_id / spec.deployment_id

    def archive(self, spec: DeploymentSpec) -> Path:
        return self.deployment(spec) / "deployment-archive"

    def bundle(self, spec: DeploymentSpec) -> Path:
        return self.deployment(spec) / "bundle.tar"

    def cleanup_file(self, group_id: str) -> Path:
        return self.instructions / f"{group_id}-cleanup"

    def install_file(self, group_id: str) -> Path:
        return self.instructions / f"{group_id}-install.json"

    def last_successful(self, group_id: str) -> Path | None:
        return _pointer(self.instructions / f"{group_id}_last_successful_install")

    def most_recent(self, group_id: str) -> Path | None:
        return _pointer(self.instructions / f"{group_id}_most_recent_install")

    def mark_last_successful(self, spec: DeploymentSpec) -> None:
        self._mark(spec, "last_successful")

    def mark_most_recent(self, spec: DeploymentSpec) -> None:
        self._mark(spec, "most_recent")

    def _mark(self, spec: DeploymentSpec, what: str) -> None:
        self.instructions.mkdir(parents=True, exist_ok=True)
        pointer = self.instructions / f"{spec.group_id}_{what}_install"
        pointer.write_text(str(self.deployment(spec)), encoding="utf-8")

    def forget_old(self, spec: DeploymentSpec, max_revisions: int) -> None:
        """Keep so many revisions of the group with this one, and the last successful one whatever its age."""
        group = self.deployment(spec).parent
        others = [path for path in group.iterdir() if path != self.deployment(spec)]
        extra = len(others) - max_revisions + 1
        kept = self.last_successful(spec.group_id)
        old = sorted((path for path in others if path != kept), key=lambda path: path.stat().st_mtime_ns)
        for path in old[: max(extra, 0)]:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def begin(self, deployment_id: str, command_id: str) -> None:
        self.ongoing.mkdir(parents=True, exist_ok=True)
        (self.ongoing / deployment_id).write_text(command_id, encoding="utf-8")

    def end(self, deployment_id: str) -> None:
        (self.ongoing / deployment_id).unlink(missing_ok=True)

    def interrupted(self) -> list[str]:
        """The commands that were being executed when the agent last ended; those of a day ago are dropped."""
        if not self.ongoing.is_dir():
            return []
        found = sorted(self.ongoing.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for path in found:
            if time.time() - path.stat().st_mtime > STALE_SECONDS:
                path.unlink()
        return [path.read_text(encoding="utf-8") for path in found if path.exists()]

    def forget_interrupted(self) -> None:
        shutil.rmtree(self.ongoing, ignore_errors=True)


def _pointer(path: Path) -> Path | None:
    try:
        return Path(path.read_text(encoding="utf-8").rstrip("\n"))
    except FileNotFoundError:
        return None
