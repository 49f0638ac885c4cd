"""Auto Scaling, ours entirely: moto's knows no bounds, no zones, no hooks that wait and no refresh.

| module    | its part                                                                  |
|-----------|---------------------------------------------------------------------------|
| model     | groups, members, hooks, policies, refreshes: what is remembered           |
| capacity  | pure: which members to start, where, and which to end                     |
| fleet     | starting and ending them through EC2 and ELBv2                            |
| step      | what goes on by itself: from Pending to InService to gone                 |
| refreshes | pure: the next move of an instance refresh                                |
| api_*     | the operations                                                            |
"""

from __future__ import annotations

from rehearsal.cloud.services.autoscaling import (  # noqa: F401  (each registers its operations)
    api_attachments,
    api_groups,
    api_hooks,
    api_instances,
    api_policies,
    api_processes,
    api_refresh,
    api_tags,
    step,
)
from rehearsal.cloud.services.autoscaling.model import ANSWERS

__all__ = ["ANSWERS"]
