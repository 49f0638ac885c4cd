"""Which hosts a deployment is for, and in which order: unhealthy first, then unknown, old and current ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..machine.lifecycle import BLUE, GREEN, Kind
from ..machine.signals import Abort, Found, TargetsFound
from ..ports import Fleet, TagFilter
from ..store import Store
from ..store.deployments import Record
from ..store.groups import Group, HostRevision
from .plans import kind_of, target_groups


def resolve(fleet: Fleet, store: Store, record: Record, group: Group) -> TargetsFound | Abort:
    """Look the deployment's hosts up. May raise PortError."""
    balanced = bool(target_groups(record.request))
    kind = kind_of(record.request)
    if "_hosts" in record.request:
        names = [(name, "") for name in record.request["_hosts"]]
        balanced = balanced and record.creator != "autoscaling"
    elif "_teams" in record.request:
        names = [(name, colour) for colour in (BLUE, GREEN) for name in record.request["_teams"][colour]]
    elif kind is Kind.BLUE_GREEN:
        names = _both_fleets(fleet, group, record)
    else:
        names = [(name, "") for name in environment(fleet, store, group)]
    return _in_order(store, record, names, balanced=balanced)


def _both_fleets(fleet: Fleet, group: Group, record: Record) -> list[tuple[str, str]]:
    green = cloud_hosts(fleet, _as_group(record.request["targetInstances"]))
    blue = [name for name in cloud_hosts(fleet, group.document) if name not in green]
    return [(name, GREEN) for name in green] + [(name, BLUE) for name in blue]


def _as_group(target_instances: Mapping[str, Any]) -> dict[str, Any]:
    """targetInstances calls its tag filters otherwise than a group does."""
    return {**target_instances, "ec2TagFilters": target_instances.get("tagFilters")}


def _in_order(store: Store, record: Record, names: list[tuple[str, str]], *, balanced: bool) -> TargetsFound | Abort:
    known = store.groups.host_revisions(record.group_id)
    key = record.revision_key
    if record.request.get("updateOutdatedInstancesOnly"):
        kept = [each for each in names if rank(known.get(each[0]), key) != CURRENT]
        if names and not kept:
            return Abort("NO_INSTANCES", "Every instance of the deployment group already runs this revision.")
        names = kept
    ordered = sorted(names, key=lambda each: (rank(known.get(each[0]), key), each[0]))
    return TargetsFound(tuple(Found(name, colour, balanced and name.startswith("i-")) for name, colour in ordered))


UNHEALTHY, UNKNOWN, OLD, CURRENT = range(4)


def rank(said: HostRevision | None, key: str) -> int:
    """The order in which hosts are deployed to."""
    if said is None:
        return UNKNOWN
    if not said.ok:
        return UNHEALTHY
    return CURRENT if said.revision == key else OLD


def environment(fleet: Fleet, store: Store, group: Group) -> list[str]:
    """All hosts of a group: instances, and registered on-premises hosts."""
    return [*cloud_hosts(fleet, group.document), *on_premises_hosts(store, group.document)]


def cloud_hosts(fleet: Fleet, document: Mapping[str, Any]) -> list[str]:
    found: dict[str, None] = {}
    asgs = document.get("autoScalingGroups") or []
    if asgs:
        found.update(dict.fromkeys(each.id for each in fleet.members(asgs) if each.in_service))
    sets = tag_sets(document, "ec2TagFilters", "ec2TagSet", "ec2TagSetList")
    if sets:
        found.update(dict.fromkeys(each.id for each in fleet.tagged(sets) if each.alive))
    return sorted(found)


def on_premises_hosts(store: Store, document: Mapping[str, Any]) -> list[str]:
    sets = tag_sets(document, "onPremisesInstanceTagFilters", "onPremisesTagSet", "onPremisesTagSetList")
    if not sets:
        return []
    registered = [host for host in store.hosts.on_premises() if host.deregistered is None]
    return [host.name for host in registered if all(matches(filters, host.tags) for filters in sets)]


def matches(filters: Iterable[TagFilter], tags: list[dict[str, str]]) -> bool:
    flat = {tag["Key"]: tag.get("Value", "") for tag in tags}
    return any(one.matches(flat) for one in filters)


def tag_sets(document: Mapping[str, Any], flat: str, grouped: str, listed: str) -> list[list[TagFilter]]:
    """A flat list of filters is one set; a tag set is several, all of which must match."""
    sets = [document[flat]] if document.get(flat) else []
    sets += (document.get(grouped) or {}).get(listed) or []
    return [[tag_filter(each) for each in filters] for filters in sets if filters]


def tag_filter(raw: Mapping[str, Any]) -> TagFilter:
    kind = raw.get("Type") or ("KEY_AND_VALUE" if "Value" in raw and "Key" in raw else "KEY_ONLY")
    return TagFilter(str(raw.get("Key", "")), str(raw.get("Value", "")), str(kind))
