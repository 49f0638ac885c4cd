"""Hosts: what a machine may be asked for by others, what it carries, and how nobody logs in to it."""

from __future__ import annotations

import base64
import binascii
import gzip
from typing import Any

from infra.policy import kinds
from infra.policy.documents import grants
from infra.policy.rule import Findings, Pack, Subject
from infra.policy.secrets import secrets_in

HOSTS = Pack("HOST")
BOTH = (kinds.LAUNCH_TEMPLATE, kinds.INSTANCE)
DISKS = (*BOTH, kinds.VOLUME)
SESSION = "ssmmessages:OpenControlChannel"


@HOSTS.rule(1, "Hosts answer metadata requests with a token only (IMDSv2)", severity="high",
            controls=("EC2.8", "EC2.170", "CIS 5.7"), of=BOTH)
def metadata_needs_a_token(host: Subject) -> Findings:
    if (host["metadataOptions"] or {}).get("httpTokens") != "required":
        yield host.finding("gives its role's credentials to any request that is made from it",
                           fix='metadata_options with http_tokens="required"')


@HOSTS.rule(2, "Metadata does not travel beyond the host", severity="medium", controls=None, of=BOTH)
def metadata_stays(host: Subject) -> Findings:
    if (host["metadataOptions"] or {}).get("httpPutResponseHopLimit") != 1:
        yield host.finding("answers metadata requests over more than one hop", fix="http_put_response_hop_limit=1")


@HOSTS.rule(3, "Every disk is encrypted", severity="high", controls=("EC2.3", "EC2.181"), of=DISKS)
def disks_are_encrypted(host: Subject) -> Findings:
    for where, disk in disks(host):
        if str(disk.get("encrypted")).lower() != "true":
            yield host.finding(f"{where} is not encrypted", fix="encrypted=True")


@HOSTS.rule(4, "No host has a public address", severity="high", controls=("EC2.9", "EC2.25"), of=BOTH)
def hosts_are_hidden(host: Subject) -> Findings:
    for card in cards(host):
        if str(card.get("associatePublicIpAddress")).lower() != "false":
            yield host.finding("may get a public address", fix="associate_public_ip_address=False")


@HOSTS.rule(5, "User data carries no secret", severity="critical", controls=None, of=BOTH)
def user_data_is_public(host: Subject) -> Findings:
    """Every process of a host can read it, and everybody who may describe the host."""
    for secret in secrets_in(user_data(host)):
        yield host.finding(f"has {secret} in its user data", fix="keep it in Secrets Manager and let the role read it")


@HOSTS.rule(6, "Hosts report every minute", severity="low", controls=None, of=BOTH)
def hosts_are_watched(host: Subject) -> Findings:
    monitoring = host["monitoring"]
    if not (monitoring.get("enabled") if isinstance(monitoring, dict) else monitoring):
        yield host.finding("reports every five minutes: alarms and scaling come late", fix="monitoring enabled")


@HOSTS.rule(7, "Hosts have one network card", severity="low", controls=("EC2.17",), of=kinds.LAUNCH_TEMPLATE)
def one_card(host: Subject) -> Findings:
    if len(cards(host)) != 1:
        yield host.finding(f"has {len(cards(host))} network cards", fix="one, in the private subnets")


@HOSTS.rule(8, "No SSH key is installed", severity="high", controls=None, of=BOTH)
def nobody_has_a_key(host: Subject) -> Findings:
    if host["keyName"]:
        yield host.finding(f"accepts key {host['keyName']} for as long as it lives",
                           fix="remove key_name: sessions go through SSM, with keys of a minute")


@HOSTS.rule(9, "Every host can be reached through SSM, the only way in", severity="medium", controls=("SSM.1",),
            of=BOTH)
def sessions_are_possible(host: Subject) -> Findings:
    role = role_of(host)
    policies = [policy for policy in host.others(kinds.ROLE_POLICY) if policy["role"] == role]
    if not any(SESSION in grant.actions for policy in policies for grant in grants(policy)):
        yield host.finding("has a role without SSM sessions: nobody could look at it", fix="policies.session_manager()")


@HOSTS.rule(10, "Disks of a fleet end with their host", severity="low", controls=None, of=kinds.LAUNCH_TEMPLATE)
def disks_are_not_left_over(host: Subject) -> Findings:
    for where, disk in disks(host):
        if str(disk.get("deleteOnTermination")).lower() != "true":
            yield host.finding(f"{where} stays, and is paid for, after its host", fix="delete_on_termination=True")


def disks(host: Subject) -> list[tuple[str, dict[str, Any]]]:
    """A volume is its own disk; an instance has a root; a template has mappings, or leaves all to the image."""
    if host.resource.type == kinds.VOLUME:
        return [("the volume", host.resource.inputs)]
    if host.resource.type == kinds.INSTANCE:
        return [("the root disk", host["rootBlockDevice"] or {})]
    mappings = host["blockDeviceMappings"] or [{"deviceName": "the root disk"}]
    return [(one["deviceName"], one.get("ebs", {})) for one in mappings]


def cards(host: Subject) -> list[dict[str, Any]]:
    if host.resource.type == kinds.INSTANCE:
        return [host.resource.inputs]
    return host["networkInterfaces"] or [{}]


def user_data(host: Subject) -> str:
    """As the host will see it: decoded and unpacked where it is packed."""
    packed = host["userData"] or host["userDataBase64"] or ""
    try:
        raw = base64.b64decode(packed, validate=True)
        return (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode(errors="replace")
    except (binascii.Error, OSError, EOFError):
        return str(host["userData"] or "")


def role_of(host: Subject) -> Any:
    """Templates name their instance profile by ARN, instances by name."""
    named = host["iamInstanceProfile"]
    for profile in host.others(kinds.PROFILE):
        if named in (profile.resource.outputs.get("name"), {"arn": profile.arn}):
            return profile["role"]
    return None
