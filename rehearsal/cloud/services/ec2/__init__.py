"""EC2: moto's, with launch templates that launch, rules that keep their descriptions, and deletes that are refused.

| module    | its part                                                              |
|-----------|-----------------------------------------------------------------------|
| templates | launch templates: versions made from versions, their own tags         |
| instances | starting from a template: all of it, not only image and type          |
| rules     | security group rules and their descriptions                           |
| deletes   | what is still used cannot be deleted                                  |
| flow_logs | to a bucket with a prefix, to a log group                             |
"""

from __future__ import annotations

from rehearsal.cloud.services.ec2 import (  # noqa: F401  (each registers its operations)
    deletes,
    flow_logs,
    instances,
    rules,
    templates,
)
from rehearsal.cloud.services.ec2.table import ANSWERS

__all__ = ["ANSWERS"]
