"""Pure: where the next instances go and which ones end, by AWS's rules: spread over the zones, oldest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from rehearsal.cloud.errors import validation
from rehearsal.cloud.services.autoscaling.model import Group, Member


def bounds(minimum: int, maximum: int, desired: int) -> None:
    """Refuse sizes that contradict one another."""
    if minimum < 0 or maximum < 0:
        raise validation("Min and max bounds must not be negative")
    if maximum < minimum:
        raise validation(f"Max bound, {maximum}, must be greater than or equal to min bound, {minimum}")
    if not minimum <= desired <= maximum:
        raise validation(f"Desired capacity:{desired} must be between the specified min size:{minimum} and max "
                         f"size:{maximum}")


def counted(group: Group) -> list[Member]:
    return [m for m in group.members if m.counts]


def missing(group: Group) -> int:
    """How many instances are too few; negative when there are too many."""
    refresh = group.refresh
    return group.desired + (refresh.expected if refresh else 0) - len(counted(group))


def next_subnets(group: Group, count: int) -> list[str]:
    """One subnet for each new instance: always the one that has fewest."""
    load = Counter(dict.fromkeys(group.subnets, 0))
    load.update(m.subnet for m in counted(group) if m.subnet in load)
    chosen = []
    for _ in range(count):
        subnet = min(group.subnets, key=lambda s: (load[s], group.subnets.index(s)))
        load[subnet] += 1
        chosen.append(subnet)
    return chosen


def next_to_end(group: Group, count: int, current: Callable[[Member], bool]) -> list[Member]:
    """The zone with most first; there, instances of an old template before others, and the oldest of those."""
    left = [m for m in counted(group) if not m.protected]
    chosen: list[Member] = []
    for _ in range(min(count, len(left))):
        load = Counter(m.zone for m in left)
        victim = min(left, key=lambda m: (m.healthy, -load[m.zone], current(m), m.launched, m.id))
        left.remove(victim)
        chosen.append(victim)
    return chosen


def is_of(wanted: dict[str, str], member: Member) -> bool:
    """Whether the member was started from that very template and version."""
    same = member.template.get("LaunchTemplateId") == wanted.get("LaunchTemplateId")
    return same and member.template.get("Version") == wanted.get("Version")


def adjusted(kind: str, change: int, current: int, smallest_step: int = 0) -> int:
    """The capacity a scaling policy asks for."""
    if kind == "ExactCapacity":
        return change
    if kind == "ChangeInCapacity":
        return current + change
    exact = current * change / 100
    step = int(exact) if abs(exact) >= 1 else (1 if exact > 0 else -1 if exact < 0 else 0)
    if abs(step) < smallest_step:
        step = smallest_step if change > 0 else -smallest_step
    return current + step


def step_for(steps: Iterable[dict[str, float]], breach: float) -> int | None:
    """The adjustment of the step that a breach (metric minus threshold) falls into."""
    for step in steps:
        low, high = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
        above = low is None or (breach >= low if breach >= 0 else breach > low)
        below = high is None or (breach < high if breach >= 0 else breach <= high)
        if above and below:
            return int(step["ScalingAdjustment"])
    return None
