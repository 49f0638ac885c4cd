"""Stops a deployment and has CodeDeploy bring the last good release back to the hosts that were changed."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines import deployments
from pipelines.deployments import Deployment
from pipelines.door import Call, Clock, Door, Refusal

OVER = "DeploymentAlreadyCompletedException"
PAUSE = 0.5


@dataclass(frozen=True)
class Stopped:
    deployment: Deployment
    in_time: bool           # False: it was over already

    @property
    def words(self) -> str:
        if not self.in_time:
            return f"{self.deployment.id} was over already: {self.deployment.status}"
        if self.deployment.rollback_id:
            return f"{self.deployment.id} is stopped; CodeDeploy rolls back as {self.deployment.rollback_id}"
        if self.deployment.over:
            return f"{self.deployment.id} is stopped; {self.deployment.rollback_message or 'no rollback was begun'}"
        return f"{self.deployment.id} is being stopped; CodeDeploy rolls back once what runs on the hosts has ended"


def request(deployment_id: str) -> Call:
    return Call("codedeploy", "stop_deployment", {"deploymentId": deployment_id, "autoRollbackEnabled": True})


def stop(door: Door, deployment_id: str, *, patience: float = 5.0, clock: Clock | None = None) -> Stopped:
    """Returns soon: who was interrupted has seconds. `coko watch` follows the rest."""
    clock = clock or Clock()
    try:
        door.send(request(deployment_id))
    except Refusal as refusal:
        if refusal.code != OVER:
            raise
        return Stopped(deployments.get(door, deployment_id), False)
    deadline = clock.now() + patience
    while True:
        now = deployments.get(door, deployment_id)
        if (now.over and (now.rollback_id or now.rollback_message)) or clock.now() >= deadline:
            return Stopped(now, True)
        clock.sleep(PAUSE)
