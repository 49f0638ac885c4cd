"""The table that EC2's modules register their operations in."""

from __future__ import annotations

from rehearsal.cloud.answers import Answers

ANSWERS = Answers("ec2")
