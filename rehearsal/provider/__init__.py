"""The rehearsal's provider, with two front doors: this one, in-process, and `cli`, which drives Pulumi's own command.

Both offer `preview`, `apply`, `refresh` and `destroy` with the same arguments, and both end in the same handlers
(`provider.py`, `kinds/`), so both make the same resources. `state` is the rehearsal's directory (`.rehearsal`).
"""

from __future__ import annotations

from pathlib import Path

from rehearsal.provider.events import Change, Outcome, Progress, Report, Step, render
from rehearsal.provider.project import ROOT, Project

__all__ = ["Change", "Outcome", "Progress", "Project", "Report", "Step", "apply", "destroy", "preview", "refresh",
           "render"]


def apply(stack: str, *, endpoint: str, state: Path, report: Report, root: Path = ROOT) -> Outcome:
    """Bring the cloud at `endpoint` to what the program describes."""
    from rehearsal.provider import engine  # Pulumi's SDK takes a third of a second: only those who run it pay
    return engine.apply(Project(root, stack), endpoint=endpoint, state=state, report=report)


def preview(stack: str, *, endpoint: str, state: Path, report: Report, root: Path = ROOT) -> Outcome:
    """What `apply` would do; changes nothing."""
    from rehearsal.provider import engine
    return engine.preview(Project(root, stack), endpoint=endpoint, state=state, report=report)


def refresh(stack: str, *, endpoint: str, state: Path, report: Report, root: Path = ROOT) -> Outcome:
    """Record what the cloud has become, so that the next preview shows the way back."""
    from rehearsal.provider import engine
    return engine.refresh(Project(root, stack), endpoint=endpoint, state=state, report=report)


def destroy(stack: str, *, endpoint: str, state: Path, report: Report, root: Path = ROOT) -> Outcome:
    """Delete everything that the state knows, in reverse order of need."""
    from rehearsal.provider import engine
    return engine.destroy(Project(root, stack), endpoint=endpoint, state=state, report=report)
