"""Listeners and their rules: what a balancer does with what it hears."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rehearsal.provider.aws import Aws
from rehearsal.provider.checks import between
from rehearsal.provider.kind import Kind, Made, Problem
from rehearsal.provider.kinds.balancers import tag, tags_of
from rehearsal.provider.kinds.shapes import camel_tree, only, outputs, params, pascal_tree, tag_list
from rehearsal.provider.values import Props

CONFIGS = {"redirect": "RedirectConfig", "fixedResponse": "FixedResponseConfig",
           "authenticateOidc": "AuthenticateOidcConfig", "authenticateCognito": "AuthenticateCognitoConfig"}
FIELDS = {"hostHeader": "host-header", "pathPattern": "path-pattern", "sourceIp": "source-ip",
          "httpRequestMethod": "http-request-method", "httpHeader": "http-header"}


# --- actions and conditions, both ways -------------------------------------------------------------

def actions(given: Iterable[Props]) -> list[dict[str, Any]]:
    return [_action(action) for action in given]


def _action(action: Props) -> dict[str, Any]:
    found: dict[str, Any] = params(action, "type targetGroupArn order")
    for name, config in CONFIGS.items():
        if action.get(name):
            found[config] = pascal_tree(action[name])
    if action.get("forward"):
        forward = action["forward"]
        groups = [params(group, "weight", arn="TargetGroupArn") for group in forward["targetGroups"]]
        sticky = forward.get("stickiness")
        found["ForwardConfig"] = {"TargetGroups": groups, **({"TargetGroupStickinessConfig": params(
            sticky, "enabled", duration="DurationSeconds")} if sticky else {})}
    return found


def actions_of(live: Iterable[Mapping[str, Any]]) -> list[Props]:
    """The service answers a plain forward with a ForwardConfig as well: one group is written the plain way."""
    return [_action_of(action) for action in live]


def _action_of(live: Mapping[str, Any]) -> Props:
    found = outputs(live, "type")
    for name, config in CONFIGS.items():
        if live.get(config):
            found[name] = camel_tree(live[config])
    groups = (live.get("ForwardConfig") or {}).get("TargetGroups", [])
    if len(groups) > 1:
        found["forward"] = {"targetGroups": [outputs(g, "weight", arn="TargetGroupArn") for g in groups]}
    elif live.get("TargetGroupArn") or groups:
        found["targetGroupArn"] = live.get("TargetGroupArn") or groups[0]["TargetGroupArn"]
    return found


def conditions(given: Iterable[Props]) -> list[dict[str, Any]]:
    found = []
    for condition in given:
        for name, field in FIELDS.items():
            if condition.get(name):
                found.append({"Field": field, f"{name[0].upper()}{name[1:]}Config": pascal_tree(condition[name])})
        if condition.get("queryStrings"):
            found.append({"Field": "query-string",
                          "QueryStringConfig": {"Values": pascal_tree(condition["queryStrings"])}})
    return found


def conditions_of(live: Iterable[Mapping[str, Any]]) -> list[Props]:
    names = {field: name for name, field in FIELDS.items()}
    found = []
    for condition in live:
        if condition["Field"] == "query-string":
            found.append({"queryStrings": camel_tree(condition["QueryStringConfig"]["Values"])})
            continue
        name = names[condition["Field"]]
        config = condition.get(f"{name[0].upper()}{name[1:]}Config") or {"Values": condition.get("Values", [])}
        found.append({name: camel_tree(config)})
    return found


# --- listeners -------------------------------------------------------------------------------------

def _listener(inputs: Props) -> dict[str, Any]:
    certificates = [{"CertificateArn": inputs["certificateArn"]}] if inputs.get("certificateArn") else []
    return {**params(inputs, "port protocol sslPolicy"), "DefaultActions": actions(inputs["defaultActions"]),
            **({"Certificates": certificates} if certificates else {}),
            **({"AlpnPolicy": [inputs["alpnPolicy"]]} if inputs.get("alpnPolicy") else {})}


def shape(live: Mapping[str, Any]) -> Props:
    certificate = only(live.get("Certificates") or [])
    return {**outputs(live, "loadBalancerArn port protocol sslPolicy", arn="ListenerArn"),
            "defaultActions": actions_of(live["DefaultActions"]),
            "certificateArn": certificate["CertificateArn"] if certificate else ""}


def make(aws: Aws, inputs: Props) -> Made:
    tags = tag_list(inputs["tagsAll"])
    live = aws.elbv2.create_listener(LoadBalancerArn=inputs["loadBalancerArn"], **_listener(inputs),
                                     **({"Tags": tags} if tags else {}))["Listeners"][0]
    return Made(live["ListenerArn"], shape(live))


def find(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = only(aws.elbv2.describe_listeners(ListenerArns=[id_])["Listeners"])
    return None if live is None else {**shape(live), "tagsAll": tags_of(aws, id_)}


def seek(aws: Aws, inputs: Props) -> Iterable[str]:
    for live in aws.pages("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=inputs["loadBalancerArn"]):
        if live.get("Port") == inputs.get("port"):
            yield live["ListenerArn"]


# --- rules -----------------------------------------------------------------------------------------

def shape_rule(listener: str, live: Mapping[str, Any]) -> Props:
    return {"arn": live["RuleArn"], "listenerArn": listener, "priority": int(live["Priority"]),
            "actions": actions_of(live["Actions"]), "conditions": conditions_of(live["Conditions"])}


def make_rule(aws: Aws, inputs: Props) -> Made:
    tags = tag_list(inputs["tagsAll"])
    priority = inputs.get("priority") or _next_priority(aws, inputs["listenerArn"])
    live = aws.elbv2.create_rule(
        ListenerArn=inputs["listenerArn"], Priority=priority, Actions=actions(inputs["actions"]),
        Conditions=conditions(inputs["conditions"]), **({"Tags": tags} if tags else {}))["Rules"][0]
    return Made(live["RuleArn"], shape_rule(inputs["listenerArn"], live))


def _next_priority(aws: Aws, listener: str) -> int:
    rules = aws.pages("elbv2", "describe_rules", "Rules", ListenerArn=listener)
    return max([int(rule["Priority"]) for rule in rules if rule["Priority"] != "default"], default=0) + 1


def find_rule(aws: Aws, id_: str, properties: Props) -> Props | None:
    live = only(aws.elbv2.describe_rules(RuleArns=[id_])["Rules"])
    return None if live is None else {**shape_rule(properties["listenerArn"], live), "tagsAll": tags_of(aws, id_)}


def seek_rule(aws: Aws, inputs: Props) -> Iterable[str]:
    for live in aws.pages("elbv2", "describe_rules", "Rules", ListenerArn=inputs["listenerArn"]):
        if live["Priority"] == str(inputs.get("priority")):
            yield live["RuleArn"]


def change_rule(aws: Aws, id_: str, old: Props, new: Props) -> None:
    aws.elbv2.modify_rule(RuleArn=id_, Actions=actions(new["actions"]), Conditions=conditions(new["conditions"]))


def secure(inputs: Props) -> Iterable[Problem]:
    if inputs.get("protocol") in ("HTTPS", "TLS") and "certificateArn" not in inputs:
        yield Problem("certificateArn", f"is required: the listener speaks {inputs['protocol']}")


def _modify(aws: Aws, id_: str, old: Props, new: Props) -> None:
    aws.elbv2.modify_listener(ListenerArn=id_, **_listener(new))


def _drop(method: str, parameter: str) -> Callable[[Aws, str, Props], None]:
    return lambda aws, id_, properties: getattr(aws.elbv2, method)(**{parameter: id_})


KINDS = (
    Kind(urn_type="aws:lb/listener:Listener", make=make, find=find, drop=_drop("delete_listener", "ListenerArn"),
         seek=seek, tag=tag, fixed="loadBalancerArn", required="loadBalancerArn defaultActions port protocol",
         changes={"port protocol sslPolicy certificateArn alpnPolicy defaultActions": _modify},
         checks=(secure, between("port", 1, 65535))),
    Kind(urn_type="aws:lb/listenerRule:ListenerRule", make=make_rule, find=find_rule, seek=seek_rule,
         drop=_drop("delete_rule", "RuleArn"), tag=tag, fixed="listenerArn", sets="conditions values",
         required="listenerArn actions conditions", checks=(between("priority", 1, 50000),),
         changes={"priority": lambda aws, id_, old, new: aws.elbv2.set_rule_priorities(
                      RulePriorities=[{"RuleArn": id_, "Priority": new["priority"]}]),
                  "actions conditions": change_rule}),
)
